"""The contacts of a list (contract sheet, A18)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from attrs import evolve, field, frozen

from devino_async.address_book.fields import StoredField
from devino_async.converter import read_object
from devino_async.paging import rows_reader
from devino_async.query import Filters, filtered, flag, minutes, parameters, text, whole
from devino_async.zone import parse_time
from omni_common.exchange import Operation, Request
from omni_common.redaction import mask_number, mask_text, shown_key

__all__ = [
    "Contact",
    "ContactFilters",
    "StoredPushInfo",
    "UnsubscribedChannel",
    "UnsubscribedData",
    "contacts_request",
    "read_contacts",
]

_CHANGED = "last update"
"""How the vendor's table names ``lastUpdate`` (T77)."""


class ContactFilters(TypedDict, total=False):
    """Which contacts of a list are asked for, and in which order.

    The words that Devino knows for operators, subscription channels and subscription states are not
    documented, nor is what sorts when no field is named: what is given here is passed on as it is.
    """

    desc_order: bool
    """Whether the order is descending."""
    push_token: str
    """Token of a device."""
    query_name: str
    """The field that the filter looks at."""
    query_operator: str
    """How it compares."""
    query_value: str
    """What it compares with."""
    segment_id: str
    """A segment of the list."""
    sort_by_field: str
    """The field that the contacts are sorted by."""
    subscription_channel: str
    """A channel that people subscribe to."""
    subscription_state: str
    """Whether they did."""
    zone_offset: timedelta
    """Whole minutes ahead of UTC (T35). What Devino does with it is not documented."""


@frozen(kw_only=True)
class StoredPushInfo:
    """A device of a contact's.

    Attributes:
        app_id: The application on it.
        os: Number of its operating system; what the numbers mean is not documented.
        push_token: What the device is reached by.
        raw: The object as it came.
    """

    app_id: str | None = None
    os: int | None = None
    push_token: str | None = field(default=None, repr=mask_text)
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class UnsubscribedChannel:
    """A channel that a contact wants nothing from.

    Attributes:
        channel: The channel; its words are not all documented.
        unsubscribed_at: When the contact said so; naive (T30). Declared as a number and shown as
            text, of which only text is read (T22).
        unsubscribed_type: ``SPAM``, the only documented word.
        raw: The object as it came.
    """

    channel: str | None = field(default=None, repr=shown_key)
    unsubscribed_at: datetime | None = None
    unsubscribed_type: str | None = field(default=None, repr=shown_key)
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class UnsubscribedData:
    """What a contact wants nothing at: a number, an address or a device.

    Attributes:
        company_id: Whose messages are unwanted.
        data: The phone number, the e-mail address or the device's token.
        data_type: Which of them it is; its words are not all documented.
        channel_list: The channels concerned.
        updated_at: When this was changed; naive (T30).
        raw: The object as it came.
    """

    company_id: str | None = None
    data: str | None = field(default=None, repr=mask_number)
    data_type: str | None = field(default=None, repr=shown_key)
    channel_list: tuple[UnsubscribedChannel, ...] = ()
    updated_at: datetime | None = None
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class Contact:
    """A contact of a list.

    Times are naive, since Devino names no zone (T29, T30).

    Attributes:
        contact_id: The contact's id, text of hexadecimal digits and a hyphen (T19).
        company_id: Whose contact it is.
        contact_group_id: The list that it is in: ``list_id`` of the calls.
        creation_date: When it was added.
        last_update: When it was changed; read under either of its names (T77).
        phone: Its number, digits without ``+`` (T53).
        email: Its e-mail address.
        fields: The list's fields, and what the contact has in them.
        unsubscribed_data: What it unsubscribed from.
        push_info: Its devices.
        raw: The object as it came.
    """

    contact_id: str | None = None
    company_id: str | None = None
    contact_group_id: str | None = None
    creation_date: datetime | None = None
    last_update: datetime | None = None
    phone: str | None = field(default=None, repr=mask_number)
    email: str | None = field(default=None, repr=mask_number)
    fields: tuple[StoredField, ...] = ()
    unsubscribed_data: tuple[UnsubscribedData, ...] = ()
    push_info: tuple[StoredPushInfo, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)


def contacts_request(
    list_id: str,
    *,
    limit: int | None = None,
    offset: int | None = None,
    **filters: Unpack[ContactFilters],
) -> Request:
    """``GET /address-book-api/contacts/http/range``.

    *list_id* is the vendor's ``contactGroupId``, *limit* how many contacts are asked for, *offset*
    how many are left out; :class:`ContactFilters` describes the rest.

    Raises:
        InvalidQueryError: A value is malformed; ``field`` names the parameter.
        TypeError: There is no such filter.
    """
    page = parameters(
        ("contactGroupId", text(list_id, name="list_id", required=True)),
        ("limit", whole(limit, name="limit", least=1)),
        ("offset", whole(offset, name="offset")),
    )
    return Request(
        "GET",
        "/address-book-api/contacts/http/range",
        Operation.READ,
        query=page + filtered(_FILTERS, filters),
    )


_FILTERS: Filters = {
    "desc_order": ("descOrder", flag),
    "push_token": ("pushToken", text),
    "query_name": ("queryName", text),
    "query_operator": ("queryOperator", text),
    "query_value": ("queryValue", text),
    "segment_id": ("segmentId", text),
    "sort_by_field": ("sortByField", text),
    "subscription_channel": ("subscriptionChannel", text),
    "subscription_state": ("subscriptionState", text),
    "zone_offset": ("zoneOffset", minutes),
}


def _read_contact(item: Any) -> Contact | None:
    contact = read_object(Contact, item)
    if contact is None or contact.last_update is not None:
        return contact
    return evolve(contact, last_update=parse_time(item.get(_CHANGED)))


read_contacts = rows_reader(_read_contact)
"""Read an answer to :func:`contacts_request`."""
