"""Contact lists: how one is made, and how they are listed (contract sheet, A15 and A17)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from functools import partial
from typing import Any, TypedDict, Unpack

from attrs import Attribute, evolve, field, frozen
from attrs.validators import optional

from devino_async.address_book.fields import ContactField, ListField
from devino_async.answers import read_document, refusal
from devino_async.converter import read_object, write_body, write_object
from devino_async.fields import as_tuple, optional_flag
from devino_async.ids import read_id
from devino_async.paging import rows_reader
from devino_async.problems import invalid
from devino_async.query import (
    Filters,
    clock_text,
    filtered,
    flag,
    minutes,
    parameters,
    text,
    whole,
    words,
)
from devino_async.rules import check_text, several
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Request
from omni_common.redaction import shown_key

__all__ = [
    "LISTS_PATH",
    "ContactList",
    "ListFilters",
    "ListType",
    "create_list_request",
    "lists_request",
    "read_list_id",
    "read_lists",
]

LISTS_PATH = "/address-book-api/contact-groups"
"""Where lists are made, listed and deleted; the vendor's own word for a list is contact group."""


class ListType(StrEnum):
    """What a list is for."""

    STANDARD = "STANDARD"
    STOPLIST = "STOPLIST"
    PUSH = "PUSH"
    """Its contacts have push info."""
    OMNI_API = "OMNI_API"
    """Made by Devino itself: it cannot be created by hand, and lists do not show it."""


class ListFilters(TypedDict, total=False):
    """Which lists are asked for; what is not given does not filter."""

    name: str
    """The list's name; whether a part of it suffices is not documented."""
    created_from: datetime
    """Begin of the range of the creation date, ``from``: a wall-clock time of the account (T30)."""
    created_to: datetime
    """End of that range, ``to``."""
    type: ListType | str | Collection[ListType | str]
    """One type or several (T16)."""
    zone_offset: timedelta
    """Whole minutes ahead of UTC (T35). What Devino does with it is not documented."""
    auto_delete_enabled: bool
    """Whether contacts are deleted automatically."""


@frozen(kw_only=True)
class ContactList:
    """A contact list.

    Times are naive, since Devino names no zone (T29, T30).

    Attributes:
        contact_group_id: The list's id: ``list_id`` of the other calls.
        company_id: Whose it is.
        name: Its name.
        creation_date: When it was made.
        last_update: When it was changed.
        fields: The fields that its contacts have.
        contacts_count: How many contacts it has (T21).
        segments_count: How many segments it has.
        type: A value of :class:`ListType`, or a word that is not documented.
        auto_delete_enabled: Whether its contacts are deleted automatically.
        raw: The object as it came.
    """

    contact_group_id: str | None = None
    company_id: str | None = None
    name: str | None = None
    creation_date: datetime | None = None
    last_update: datetime | None = None
    fields: tuple[ListField, ...] = ()
    contacts_count: int | None = None
    segments_count: int | None = None
    type: str | None = field(default=None, repr=shown_key)
    auto_delete_enabled: bool | None = None
    raw: Any = field(default=None, repr=False, hash=False)


def _check_can_be_made(_: object, attribute: Attribute[Any], value: object) -> None:
    if value == ListType.OMNI_API:
        raise invalid(attribute.name, "must not be OMNI_API: such lists cannot be created by hand")


@frozen(kw_only=True)
class _NewList:
    name: str = field(validator=check_text)
    type: str | None = field(default=None, validator=optional([check_text, _check_can_be_made]))
    fields: tuple[ContactField, ...] = field(
        default=(), converter=as_tuple, validator=several(ContactField)
    )
    auto_delete_enabled: bool | None = optional_flag()


def create_list_request(
    name: str,
    *,
    type: ListType | str | None = None,  # noqa: A002 - the vendor's word
    fields: Iterable[ContactField] = (),
    auto_delete_enabled: bool | None = None,
) -> Request:
    """``POST /address-book-api/contact-groups``; it makes another list each time.

    Raises:
        InvalidMessageError: A value is malformed, or the type is one that cannot be created.
    """
    new = _NewList(name=name, type=type, fields=fields, auto_delete_enabled=auto_delete_enabled)
    return Request(
        "POST",
        LISTS_PATH,
        Operation.SEND,
        body=write_body(write_object(new), name="fields"),
        makes="list",
    )


def read_list_id(answer: Answer) -> str | Failure | None:
    """Read the id of a list that was made.

    A refusal has no ``code``: it is told by its reasons, or by a ``result`` of null (T3). An answer
    that holds both an id and reasons proves nothing.
    """
    document = read_document(answer)
    if not isinstance(document, dict):
        return None
    list_id = read_id(document.get("result"))
    is_null = "result" in document and document["result"] is None
    refused = refusal({**document, "code": "REJECTED"} if is_null else document, answer.status)
    if refused is None:
        return list_id
    if list_id is not None:
        return Failure(FailureKind.UNREADABLE, "an id beside a refusal", raw=document)
    return evolve(refused, raw=document)


def lists_request(
    *,
    limit: int | None = None,
    offset: int | None = None,
    zone: tzinfo | None = None,
    **filters: Unpack[ListFilters],
) -> Request:
    """``GET /address-book-api/contact-groups``.

    *limit* is how many lists are asked for, *offset* how many are left out; :class:`ListFilters`
    describes the filters. *zone* is the account's, where it is known: it lets times name a zone.

    Raises:
        InvalidQueryError: A value is malformed; ``field`` names the parameter.
        TypeError: There is no such filter.
    """
    page = parameters(
        ("limit", whole(limit, name="limit", least=1)), ("offset", whole(offset, name="offset"))
    )
    clock = partial(clock_text, zone=zone)
    known: Filters = {
        "name": ("name", text),
        "created_from": ("from", clock),
        "created_to": ("to", clock),
        "type": ("type", words),
        "zone_offset": ("zoneOffset", minutes),
        "auto_delete_enabled": ("autoDeleteEnabled", flag),
    }
    return Request("GET", LISTS_PATH, Operation.READ, query=page + filtered(known, filters))


read_lists = rows_reader(partial(read_object, ContactList))
"""Read an answer to :func:`lists_request`."""
