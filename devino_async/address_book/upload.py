"""Adding contacts to a list (contract sheet, A16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from attrs import Attribute, evolve, field, frozen
from attrs.validators import optional

from devino_async.address_book.fields import FieldValue
from devino_async.answers import Reason, outcome_of, read_document, read_reasons, refusal
from devino_async.converter import read_object, write_body, write_object
from devino_async.fields import WITHOUT_PLUS, as_tuple
from devino_async.ids import is_id, read_id
from devino_async.problems import invalid
from devino_async.query import digits, minutes, parameters
from devino_async.rules import check_email_address, check_line, check_phone, number, several
from omni_common.errors import NotSentError, Outcome, OutcomeUnknownError
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Request
from omni_common.redaction import mask_number, mask_text, shown_key

__all__ = ["ContactResult", "ContactUpload", "NewContact", "PushInfo", "read_contact_results"]

_DUPLICATE = "DUPLICATE_VALUE"


@frozen
class PushInfo:
    """A device that push notifications reach a contact on; for lists of the type PUSH only.

    Attributes:
        app_id: The application on it.
        os: Number of its operating system; what the numbers mean is not documented.
        push_token: What the device is reached by.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    app_id: str = field(validator=check_line)
    os: int = field(validator=number())
    push_token: str = field(repr=mask_text, validator=check_line)


@frozen(kw_only=True)
class NewContact:
    """A contact to be added to a list.

    Devino declares all of it optional. That it must not be entirely empty is our own rule.

    Attributes:
        phone: E.164 digits, with or without ``+``; sent without (T53).
        email: An e-mail address.
        fields: What it has in the list's fields, the basic ones among them.
        push_info: Its devices.

    Raises:
        InvalidMessageError: A value is malformed, or there is none at all; ``field`` names what.
    """

    phone: str | None = field(
        default=None, repr=mask_number, validator=optional(check_phone), metadata=WITHOUT_PLUS
    )
    email: str | None = field(
        default=None, repr=mask_number, validator=optional(check_email_address)
    )
    fields: tuple[FieldValue, ...] = field(
        default=(), converter=as_tuple, validator=several(FieldValue)
    )
    push_info: tuple[PushInfo, ...] = field(
        default=(), converter=as_tuple, validator=several(PushInfo)
    )

    def __attrs_post_init__(self) -> None:
        if self.phone is None and self.email is None and not self.fields and not self.push_info:
            raise invalid("phone", "or email, fields or push_info must be given")


@frozen(kw_only=True)
class ContactResult:
    """What became of one contact of an upload.

    Attributes:
        contact: The contact as it was given.
        outcome: ACCEPTED if Devino says OK and gives an id; NOT_SENT if it was not added; UNKNOWN
            if the answer says neither or both, or was lost: the contact may be in the list.
        code: ``OK`` or ``REJECTED``.
        contact_id: Its id, text of hexadecimal digits and a hyphen (T19).
        localization_key: Why it was refused, such as ``DUPLICATE_VALUE``; the words are open.
        field_name: The field at fault, by the vendor's name.
        display_name: The same field as the personal account shows it.
        description: The vendor's sentence; it may quote the value, so it is left out of the repr.
        reasons: Reasons in the form of other calls, should there be any.
        error: Why the whole call failed that the contact was part of; None if the call was answered
            contact by contact.
        raw: The vendor's item for it.
    """

    contact: NewContact
    outcome: Outcome
    code: str | None = field(default=None, repr=shown_key)
    contact_id: str | None = None
    localization_key: str | None = field(default=None, repr=shown_key)
    field_name: str | None = field(default=None, repr=shown_key)
    display_name: str | None = None
    description: str | None = field(default=None, repr=mask_text)
    reasons: tuple[Reason, ...] = ()
    error: NotSentError | OutcomeUnknownError | None = None
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def is_duplicate(self) -> bool:
        """Whether it was refused because the list has its like: see ``duplicate_check_field``."""
        return self.outcome is Outcome.NOT_SENT and self.localization_key == _DUPLICATE


@frozen(kw_only=True)
class _Item:
    code: str | None = field(default=None, repr=shown_key)
    description: str | None = None


@frozen(kw_only=True)
class _Inner:
    localization_key: str | None = field(default=None, repr=shown_key)
    field_name: str | None = field(default=None, repr=shown_key)
    display_name: str | None = None


def _list_number(list_id: str | int) -> int | None:
    return digits(list_id, name="list_id", required=True, refusal=invalid)


def _check_field_name(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is not None and not is_id(value):
        raise invalid(attribute.name, "must be the name of a field, such as phone")


def _minutes(zone_offset: timedelta | None) -> str | None:
    return minutes(zone_offset, name="zone_offset", refusal=invalid)


@frozen(kw_only=True)
class ContactUpload:
    """Where contacts go, and what they are compared by: what all calls of one upload share.

    Attributes:
        list_id: The list's id, ``contactGroupId``; written as a JSON number, exactly (T20).
        duplicate_check_field: Name of the field in which a contact must differ from those that the
            list has. It is declared as a number and shown as a name, which is what is sent (T23).
        zone_offset: What the contacts' time is ahead of UTC: sent in whole minutes (T35).

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    list_id: int = field(converter=_list_number)
    duplicate_check_field: str | None = field(default=None, validator=_check_field_name)
    zone_offset: str | None = field(default=None, converter=_minutes)

    def request(self, contacts: Sequence[NewContact]) -> Request:
        """``POST /address-book-api/contacts/batch``; it adds the contacts each time.

        Raises:
            InvalidMessageError: There are no contacts, or some that JSON cannot hold.
            TypeError: One of them is none.
        """
        if not contacts:
            raise invalid("contacts", "of one call must be one or more")
        for contact in contacts:
            if not isinstance(contact, NewContact):
                raise TypeError(f"an upload takes contacts, not {type(contact).__name__}")
        body: dict[str, Any] = {
            "contactGroupId": self.list_id,
            "contacts": [write_object(contact) for contact in contacts],
        }
        if self.duplicate_check_field is not None:
            body["duplicateCheckField"] = self.duplicate_check_field
        return Request(
            "POST",
            "/address-book-api/contacts/batch",
            Operation.SEND,
            body=write_body(body, name="contacts"),
            query=parameters(("zoneOffset", self.zone_offset)),
            makes="contacts",
        )


def read_contact_results(
    answer: Answer, contacts: Sequence[NewContact]
) -> tuple[ContactResult, ...] | Failure | None:
    """Read the answer to an upload of *contacts*: a result for each, in their order.

    Results are told apart by their position alone, so that another number of them means that
    nothing is known of any contact. Nor is anything known of contacts that got the same id.
    """
    document = read_document(answer)
    items = document.get("result") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return refusal(document, answer.status)
    if len(items) != len(contacts):
        return Failure(FailureKind.UNREADABLE, "the number of results is another", raw=document)
    results = tuple(map(_read_result, contacts, items))
    times = Counter(result.contact_id for result in results if result.contact_id is not None)
    return tuple(
        evolve(result, outcome=Outcome.UNKNOWN) if times[result.contact_id or ""] > 1 else result
        for result in results
    )


def _read_result(contact: NewContact, item: Any) -> ContactResult:
    """One result: an id is what it holds with OK, and why not with REJECTED (T4), never both."""
    outer = read_object(_Item, item)
    if outer is None:
        return ContactResult(contact=contact, outcome=Outcome.UNKNOWN, raw=item)
    within = item.get("result")
    inner = read_object(_Inner, within) or _Inner()
    contact_id = read_id(within.get("contactId")) if isinstance(within, dict) else None
    reasons = read_reasons(item)
    outcome = outcome_of(outer.code, id=contact_id, reasons=reasons or inner.localization_key or ())
    if outcome is Outcome.ACCEPTED and contact_id is None:
        outcome = Outcome.UNKNOWN
    return ContactResult(
        contact=contact,
        outcome=outcome,
        code=outer.code,
        contact_id=contact_id,
        localization_key=inner.localization_key,
        field_name=inner.field_name,
        display_name=inner.display_name,
        description=outer.description,
        reasons=reasons,
        raw=item,
    )
