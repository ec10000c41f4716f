"""Fields of contacts, which texts use as macros: declared by a list, filled by its contacts.

Wire facts: the contract sheet, A15 to A18. Beside a list's own fields, every contact has the basic
ones: name, surname, phone, email, gender (``gender.male``, ``gender.female``), country, city,
birthdate, CreationDate, LastUpdate, timezone and pushInfo.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import optional

from devino_async.converter import wire
from devino_async.fields import as_tuple
from devino_async.problems import invalid
from devino_async.rules import check_json, check_line, number
from omni_common.redaction import mask_text
from omni_common.rules import is_sendable

__all__ = ["ContactField", "FieldType", "FieldValue", "ListField", "StoredField"]


class FieldType(IntEnum):
    """What a field holds; declared as text and written as a number (T22)."""

    DATE_TIME = 0
    BOOLEAN = 1
    INTEGER = 2
    TEXT = 3
    OBJECT = 5
    DATE = 8


def _is_text(value: object) -> bool:
    return isinstance(value, str) and is_sendable(value)


def _check_values(_: object, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, tuple) or not all(map(_is_text, value)):
        raise invalid(attribute.name, "must be a list of texts of whole characters")


def _check_value(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is None:
        raise invalid(attribute.name, "must not be None")
    check_json(_, attribute, value)


def _held(value: Any) -> Any:
    """*value*, as a list of our own if it is one, or a tuple."""
    return list(value) if isinstance(value, list | tuple) else value


@frozen
class ContactField:
    """A field that the contacts of a new list have beside the basic ones.

    Attributes:
        name: The field's name, by which texts and contacts call it; ``fields[].name``.
        display_name: Its name in the personal account.
        type: What it holds: a :class:`FieldType`, or the number of a type that is not documented.
        values: What it may hold, where only some values are possible: ``["gender.male",
            "gender.female"]``.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    name: str = field(validator=check_line)
    display_name: str | None = field(default=None, validator=optional(check_line))
    type: int | None = field(default=None, validator=optional(number()), metadata=wire(write=int))
    values: tuple[str, ...] = field(default=(), converter=as_tuple, validator=_check_values)


@frozen
class FieldValue:
    """What one contact has in one of its fields.

    Attributes:
        name: The field's name.
        value: What JSON can hold, as it is written: text as in the vendor's example, or a list,
            which ``value`` is declared as (T22). How dates and truths are written is not
            documented.
        type: What the field holds; the vendor's example says it again with each value.
        display_name: The field's name in the personal account.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    name: str = field(validator=check_line)
    value: Any = field(repr=mask_text, hash=False, converter=_held, validator=_check_value)
    type: int | None = field(
        default=None, kw_only=True, validator=optional(number()), metadata=wire(write=int)
    )
    display_name: str | None = field(default=None, kw_only=True, validator=optional(check_line))


@frozen(kw_only=True)
class ListField:
    """A field of a list, as Devino describes it.

    Attributes:
        name: The field's name.
        display_name: Its name in the personal account.
        type: What it holds: the value of a :class:`FieldType`, or a number not documented.
        values: What it may hold, where only some values are possible.
        is_default: Whether it is shown unless asked otherwise.
        raw: The object as it came.
    """

    name: str | None = None
    display_name: str | None = None
    type: int | None = None
    values: tuple[str, ...] = ()
    is_default: bool | None = None
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class StoredField:
    """A field of a contact, as Devino describes it: a list's field and what the contact has in it.

    Attributes:
        name: The field's name.
        display_name: Its name in the personal account.
        type: What it holds: the value of a :class:`FieldType`, or a number not documented.
        value: What the contact has in it, as Devino wrote it: text or a list (T22), or None. See
            :attr:`texts` for one form of both.
        values: What it may hold, where only some values are possible.
        is_default: Whether it is shown unless asked otherwise.
        raw: The object as it came.
    """

    name: str | None = None
    display_name: str | None = None
    type: int | None = None
    value: Any = field(default=None, repr=mask_text, hash=False)
    values: tuple[str, ...] = ()
    is_default: bool | None = None
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts in :attr:`value`: none, one or several."""
        values = self.value if isinstance(self.value, list) else [self.value]
        return tuple(value for value in values if isinstance(value, str))
