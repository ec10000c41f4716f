"""What the address book lists: which rows match, in which order, and how each is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import frozen

from devino_async.sandbox.address_book_answers import written_list_id
from devino_async.sandbox.address_book_behaviour import ValueForm
from devino_async.sandbox.address_book_rules import BASIC_FIELDS, HIDDEN_TYPE, LIST_TYPES
from devino_async.sandbox.behaviour import DevinoBehaviour, EmptyFields
from devino_async.sandbox.contacts import Contact, ContactBook, ContactList, Unsubscription
from devino_async.sandbox.report_pages import OWNER, ReportQuery
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError

__all__ = ["CONTACT_PARAMETERS", "LIST_PARAMETERS", "contact_rows", "list_rows"]

T = TypeVar("T")

LIST_PARAMETERS = frozenset(
    {"limit", "offset", "name", "from", "to", "type", "zoneOffset", "autoDeleteEnabled"}
)
CONTACT_PARAMETERS = frozenset(
    {
        *("contactGroupId", "limit", "offset", "descOrder", "sortByField", "zoneOffset"),
        *("queryName", "queryOperator", "queryValue", "segmentId", "pushToken"),
        *("subscriptionChannel", "subscriptionState"),
    }
)
_DATES = frozenset({"CreationDate", "LastUpdate", "creationDate", "lastUpdate"})
"""The dates of a contact, as macros and as answers name them."""


@frozen
class _Clock:
    """The wall clock that dates are told by."""

    ahead: timedelta
    separator: str

    def shows(self, at: datetime) -> datetime:
        return (at + self.ahead).replace(tzinfo=None, microsecond=0)

    def text(self, at: datetime) -> str:
        return self.shows(at).isoformat(sep=self.separator)


def list_rows(
    book: ContactBook, query: ReportQuery, behaviour: DevinoBehaviour
) -> Sequence[Mapping[str, Any]]:
    """The page of lists that *query* asks for. Dates are written with a ``T`` (T29).

    Raises:
        RequestRefusedError: A parameter is wrong.
    """
    clock = _clock(query, "T", behaviour)
    name, types = query.text("name"), query.texts("type")
    begin, end = query.time("from"), query.time("to")
    auto_delete = query.truth("autoDeleteEnabled")
    for word in types:
        if word not in LIST_TYPES:
            raise RequestRefusedError(Reason("invalid", "type", word))

    def matches(each: ContactList) -> bool:
        made = clock.shows(each.created_at)
        return (
            each.type != HIDDEN_TYPE
            and (name is None or _is_named(each.name, name, behaviour))
            and (not types or each.type in types)
            and (begin is None or begin <= made)
            and (end is None or made <= end)
            and auto_delete in {None, each.auto_delete_enabled}
        )

    found = [each for each in book if matches(each)]
    if behaviour.address_book.newest_first:
        found.reverse()
    return [_list_row(each, clock, behaviour) for each in _page(found, query, behaviour)]


def contact_rows(
    book: ContactBook, query: ReportQuery, behaviour: DevinoBehaviour
) -> Sequence[Mapping[str, Any]]:
    """The page of contacts that *query* asks for. Dates are written with a space (T29).

    The words for operators, channels and states of subscriptions are not documented: any operator
    compares for equality, and channels and states choose nothing. There are no segments, so that
    nobody is in one.

    Raises:
        RequestRefusedError: A parameter is wrong, or there is no such list.
    """
    list_id = query.needed("contactGroupId")
    if list_id not in book.lists:
        raise RequestRefusedError(Reason("invalid", "contactGroupId", list_id))
    contacts = book.lists[list_id]
    clock = _clock(query, " ", behaviour)
    name, value = query.text("queryName"), query.text("queryValue")
    segment, token = query.text("segmentId"), query.text("pushToken")
    for unknown in ("queryOperator", "subscriptionChannel", "subscriptionState"):
        query.text(unknown)

    def matches(each: Contact) -> bool:
        return (
            segment is None
            and (token is None or any(token == device["pushToken"] for device in each.push_info))
            and (name is None or value in each.values(name))
        )

    found = _sorted(filter(matches, contacts.contacts.values()), query, clock, behaviour)
    page = _page(found, query, behaviour)
    return [_contact_row(each, contacts, clock, behaviour) for each in page]


def _sorted(
    contacts: Iterable[Contact], query: ReportQuery, clock: _Clock, behaviour: DevinoBehaviour
) -> list[Contact]:
    name, descending = query.text("sortByField"), query.truth("descOrder")
    if name is None:
        newest_first = behaviour.address_book.newest_first if descending is None else descending
        return list(contacts)[:: -1 if newest_first else 1]

    def key(each: Contact) -> tuple[str, ...]:
        return (clock.text(each.created_at),) if name in _DATES else each.values(str(name))

    return sorted(contacts, key=key, reverse=bool(descending))


def _page(found: Sequence[T], query: ReportQuery, behaviour: DevinoBehaviour) -> Sequence[T]:
    limit, offset = query.number("limit", least=1), query.number("offset", least=0) or 0
    sizes = [limit or behaviour.address_book.default_limit, behaviour.address_book.longest_page]
    size = min((each for each in sizes if each is not None), default=len(found))
    return found[offset : offset + size]


def _clock(query: ReportQuery, separator: str, behaviour: DevinoBehaviour) -> _Clock:
    usual, asked = behaviour.address_book.dates_offset, query.minutes("zoneOffset")
    moves = behaviour.address_book.zone_offset_moves_dates
    return _Clock(usual if asked is None or not moves else asked, separator)


def _is_named(name: str, asked: str, behaviour: DevinoBehaviour) -> bool:
    return asked in name if behaviour.address_book.name_is_part else asked == name


def _list_row(each: ContactList, clock: _Clock, behaviour: DevinoBehaviour) -> dict[str, Any]:
    def count(number: int) -> str | int:
        return str(number) if behaviour.address_book.counts_as_text else number

    return {
        "contactGroupId": written_list_id(each.id, behaviour),
        "companyId": OWNER["companyId"],
        "name": each.name,
        "creationDate": clock.text(each.created_at),
        "lastUpdate": clock.text(each.updated_at),
        "fields": [_field_row(declared, behaviour) for declared in (*BASIC_FIELDS, *each.fields)],
        "contactsCount": count(len(each.contacts)),
        "segmentsCount": count(0),
        "type": each.type,
        "autoDeleteEnabled": each.auto_delete_enabled,
    }


def _contact_row(
    each: Contact, contacts: ContactList, clock: _Clock, behaviour: DevinoBehaviour
) -> dict[str, Any]:
    row = {
        "contactId": each.id,
        "companyId": OWNER["companyId"],
        "contactGroupId": written_list_id(contacts.id, behaviour),
        "creationDate": clock.text(each.created_at),
        behaviour.address_book.last_update_key: clock.text(each.created_at),
        "phone": each.phone,
        "email": each.email,
        "fields": _filled_rows(each, contacts, behaviour),
        "unsubscribedData": [_unsubscribed(one, clock) for one in each.unsubscriptions] or None,
        "pushInfo": [dict(device) for device in each.push_info] or None,
    }
    return _without_nothing(row, behaviour)


def _filled_rows(
    each: Contact, contacts: ContactList, behaviour: DevinoBehaviour
) -> list[dict[str, Any]]:
    """The contact's fields: those of its list first, then those that no list declares."""
    filled = {one["name"]: one for one in each.fields}
    declared = {one["name"]: one for one in (*BASIC_FIELDS, *contacts.fields)}
    shown = declared if behaviour.address_book.shows_empty_fields else {}
    names = [name for name in declared if name in filled or name in shown]
    names += [name for name in filled if name not in declared]
    rows = []
    for name in names:
        row = {**declared.get(name, {}), **filled.get(name, {})}
        value = row.get("value")
        if isinstance(value, str) and behaviour.address_book.value_form is ValueForm.LIST:
            row["value"] = [value]
        rows.append(_field_row(row, behaviour))
    return rows


def _field_row(declared: Mapping[str, Any], behaviour: DevinoBehaviour) -> dict[str, Any]:
    row = {name: declared.get(name) for name in ("name", "displayName", "type", "isDefault")}
    row |= {name: declared.get(name) or None for name in ("value", "values")}
    return _without_nothing(row, behaviour)


def _unsubscribed(one: Unsubscription, clock: _Clock) -> dict[str, Any]:
    """Two times in one record, each in another form (T29)."""
    return {
        "companyId": OWNER["companyId"],
        "data": one.address,
        "dataType": "EMAIL" if "@" in one.address else "PHONE",
        "channelList": [
            {
                "channel": one.channel,
                "unsubscribedAt": clock.shows(one.at).isoformat(),
                "unsubscribedType": "SPAM",
            }
        ],
        "updatedAt": clock.text(one.at),
    }


def _without_nothing(row: dict[str, Any], behaviour: DevinoBehaviour) -> dict[str, Any]:
    if behaviour.empty_fields is EmptyFields.NULL:
        return row
    return {name: value for name, value in row.items() if value is not None}
