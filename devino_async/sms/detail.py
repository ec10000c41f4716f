"""Details of the messages that were sent: what can be asked, and the rows (contract sheet, A5)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any, TypedDict, Unpack

from attrs import field, frozen

from devino_async.answers import state_of
from devino_async.paging import page_reader
from devino_async.problems import invalid_query, is_list, phone_problem
from devino_async.query import (
    Filters,
    Query,
    choice,
    digits,
    filtered,
    flag,
    minutes,
    parameters,
    text,
    whole,
)
from devino_async.selection import SortOrder
from omni_common.errors import ReadError
from omni_common.exchange import Operation, Request
from omni_common.redaction import mask_number, mask_sender, mask_text, shown_key
from omni_common.report import DeliveryState

__all__ = [
    "SmsDetail",
    "SmsDetailFilters",
    "SmsDetailStatus",
    "SmsField",
    "SmsTraffic",
    "detail_request",
    "read_detail",
    "row_key",
    "row_step",
]


class SmsField(StrEnum):
    """Names of a row's fields, for ``order_field`` and ``out_fields``.

    The vendor's text calls ``SEGMENT_COUNT`` by another name once; its list decides (T77).
    """

    COMPANY_ID = "COMPANY_ID"
    COMPANY_NAME = "COMPANY_NAME"
    CONTACT_ID = "CONTACT_ID"
    COUNTRY_ID = "COUNTRY_ID"
    COUNTRY_NAME = "COUNTRY_NAME"
    ERROR_CODE = "ERROR_CODE"
    EVENT_DATE_TIME = "EVENT_DATE_TIME"
    MESSAGE_ID = "MESSAGE_ID"
    MOG_ID = "MOG_ID"
    MOG_NAME = "MOG_NAME"
    MO_ID = "MO_ID"
    MO_NAME = "MO_NAME"
    PRICE = "PRICE"
    PROVIDER_MESSAGE_ID = "PROVIDER_MESSAGE_ID"
    RECIPIENT = "RECIPIENT"
    RECIPIENT_ZONE_NAME = "RECIPIENT_ZONE_NAME"
    ROUTE = "ROUTE"
    SEGMENT_COUNT = "SEGMENT_COUNT"
    SEGMENT_ID = "SEGMENT_ID"
    SENT_DATE_TIME = "SENT_DATE_TIME"
    SOURCE_ADDRESS = "SOURCE_ADDRESS"
    STATUS = "STATUS"
    TASK_ID = "TASK_ID"
    TASK_NAME = "TASK_NAME"
    TASK_TYPE = "TASK_TYPE"
    TEMPLATE = "TEMPLATE"
    TEMPLATE_ID = "TEMPLATE_ID"
    TEXT = "TEXT"
    TRAFFIC = "TRAFFIC"
    TRIGGER_CONTACT_GROUP = "TRIGGER_CONTACT_GROUP"
    IS_CONTACT_GROUP_DELETED = "IS_CONTACT_GROUP_DELETED"
    TRIGGER_ID = "TRIGGER_ID"
    USER_ID = "USER_ID"
    USER_LOGIN = "USER_LOGIN"


class SmsDetailStatus(StrEnum):
    """What details can be filtered by; these are not the words of callbacks (T58)."""

    DELIVERED = "DELIVERED"
    IN_PROGRESS = "IN_PROGRESS"
    """On its way to the operator."""
    REDIRECT = "REDIRECT"
    """The recipient followed a link in it."""
    REJECTED = "REJECTED"
    """Refused by the operator or by Devino."""
    UNDELIVERED = "UNDELIVERED"


class SmsTraffic(StrEnum):
    """Kinds of traffic."""

    ADVERTISING = "ADVERTISING"
    AUTHORIZATION = "AUTHORIZATION"
    INCOMING = "INCOMING"
    SERVICE = "SERVICE"
    TRANSACTIONAL = "TRANSACTIONAL"


class SmsDetailFilters(TypedDict, total=False):
    """What narrows and shapes details, beside the choice of messages; all of it is optional."""

    by_segments: bool
    """``bySegments``: one row for each segment of a message instead of one for the message. Where
    ``out_fields`` are given, ``MESSAGE_ID`` and ``SEGMENT_ID`` have to be among them for more than
    one page to be read, since whether pages count segments or messages is not documented."""
    calculate_total_count: bool
    """``calculateTotalCount``: have pages tell ``total`` and ``pages``."""
    country_id: str | int
    """``countryId``, digits."""
    mog_id: str | int
    """``mogId``: the group of mobile operators, digits."""
    order: SortOrder
    """``order``: ascending or descending."""
    order_field: SmsField | str
    """``orderField``: what to sort by; a name that this version does not know is sent as it is."""
    out_fields: Sequence[SmsField | str]
    """``outFields``: the only fields that rows shall have; the others are None then (T16)."""
    recipient: str
    """``recipient``: a phone number, with or without ``+``; sent without (T53)."""
    search_text: str
    """``searchText``: only messages that hold it."""
    source_address: str
    """``sourceAddress``: the sender's name."""
    status: SmsDetailStatus | str
    """``status``: a word that this version does not know is sent as it is."""
    time_offset: timedelta
    """``timeOffset``: the recipient's time zone, as Devino calls it and says no more; whole
    minutes, three hours for Moscow (T35)."""
    user_id: str | int
    """``userId``: who sent it, digits."""


@frozen(kw_only=True)
class SmsDetail:
    """One message, or with ``by_segments`` one segment, as Devino's report has it.

    A field is None where the report does not hold it: which fields there are is Devino's choice
    unless ``out_fields`` names them. Nothing can be said of the order of the two times (T62).

    Attributes:
        message_id: The id that the send gave.
        segment_id: The id of the segment. In the vendor's example it equals the message's, from
            which it is inferred that a message's first segment has the message's own.
        sent_date_time: When it was sent, naive: Devino names no zone (T30).
        event_date_time: When the status last changed, naive likewise.
        source_address: The sender's name.
        recipient: The recipient's phone number, without ``+``.
        status: Devino's word; see :attr:`state`.
        company_id: Id of the company.
        company_name: Its name.
        user_id: Id of the user who sent it.
        user_login: The user's login, which is often a phone number.
        country_id: Id of the recipient's country.
        country_name: Its name.
        mog_id: Id of the group that the recipient's operator belongs to.
        mog_name: Its name.
        mo_id: Id of the recipient's operator.
        mo_name: Its name.
        task_id: ``taskId``: id of the campaign that it was sent by.
        task_name: The campaign's name.
        task_type: The campaign's type, such as ``SIMPLE``.
        trigger_id: Id of the campaign's trigger.
        text: Its text.
        error_code: 0 for none; what the others mean is not documented.
        traffic: The kind of traffic; see :class:`SmsTraffic`.
        recipient_zone_name: The recipient's time zone, such as ``UTC +03:00``.
        trigger_contact_group: Name of the contact list that the task was sent to.
        is_contact_group_deleted: Whether that list was deleted; Devino writes ``"No"`` (T26).
        contact_id: The recipient's id in the contact list.
        price: Price of one segment; the currency is not told.
        provider_message_id: The operator's id of it.
        route: The route that it took, such as ``SMSGW101``.
        segment_count: How many segments it has.
        template: Name of its template.
        template_id: Id of its template.
        raw: The row as it came.
    """

    message_id: str | None = None
    segment_id: str | None = None
    sent_date_time: datetime | None = None
    event_date_time: datetime | None = None
    source_address: str | None = field(default=None, repr=mask_sender)
    recipient: str | None = field(default=None, repr=mask_number)
    status: str | None = field(default=None, repr=shown_key)
    company_id: str | None = None
    company_name: str | None = None
    user_id: str | None = None
    user_login: str | None = field(default=None, repr=mask_number)
    country_id: str | None = None
    country_name: str | None = None
    mog_id: str | None = None
    mog_name: str | None = None
    mo_id: str | None = None
    mo_name: str | None = None
    task_id: str | None = None
    task_name: str | None = None
    task_type: str | None = field(default=None, repr=shown_key)
    trigger_id: str | None = None
    text: str | None = field(default=None, repr=mask_text)
    error_code: int | None = None
    traffic: str | None = field(default=None, repr=shown_key)
    recipient_zone_name: str | None = None
    trigger_contact_group: str | None = None
    is_contact_group_deleted: bool | None = None
    contact_id: str | None = None
    price: Decimal | None = None
    provider_message_id: str | None = None
    route: str | None = field(default=None, repr=shown_key)
    segment_count: int | None = None
    template: str | None = None
    template_id: str | None = None
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def state(self) -> DeliveryState:
        """The shared word for ``status``; UNKNOWN where there is none (T57, T58)."""
        return state_of(self.status)


read_detail = page_reader(SmsDetail)
"""Read the answer to a :func:`detail_request`."""


def detail_request(
    selected: Query, *, limit: int, offset: int = 0, **filters: Unpack[SmsDetailFilters]
) -> Request:
    """``GET /sms-stat/detail``.

    Args:
        selected: Which messages, from :func:`~devino_async.selection.select`.
        limit: Rows on the page, at least 1.
        offset: Rows before it, counted from 0 (T64).
        **filters: See :class:`SmsDetailFilters`.

    Raises:
        InvalidQueryError: A value is not of the documented kind; ``field`` names it.
        TypeError: There is no such filter.
    """
    page = parameters(
        ("limit", whole(limit, name="limit", least=1, required=True)),
        ("offset", whole(offset, name="offset", required=True)),
    )
    query = selected + page + filtered(_FILTERS, filters)
    return Request("GET", "/sms-stat/detail", Operation.READ, query=query)


def row_key(row: SmsDetail, *, by_segments: bool) -> Hashable | None:
    """What tells *row* from all others: its segment, or its message where rows are messages.

    A scenario may have several messages under one id, each by a trigger of its own.
    """
    id = row.segment_id if by_segments else row.message_id
    return None if id is None else (row.message_id, row.trigger_id, id)


def row_step(rows: Sequence[SmsDetail], *, limit: int, by_segments: bool) -> int:
    """How far *rows* surely move the offset: by the number of messages among them.

    Whether ``limit`` and ``offset`` count messages or segments where ``bySegments`` is set is not
    documented. If they count segments, the next page begins with rows that are here already, so
    that nothing is passed over in either case.

    Raises:
        ReadError: The rows do not tell to which message they belong, and may be segments.
    """
    message_ids = {row.message_id for row in rows}
    if None not in message_ids:
        return len(message_ids)
    if len(rows) > 1 and (by_segments or len(rows) > limit):
        msg = "without MESSAGE_ID among out_fields the next page of segments cannot be found"
        raise ReadError(msg, provider="devino")
    return len(rows)


def _names(values: Any, *, name: str) -> Any:
    if values is None:
        return None
    if not is_list(values) or not values:
        raise invalid_query(name, "must be a list of at least one name")
    return [text(value, name=name, required=True) for value in values]


def _phone(value: Any, *, name: str) -> Any:
    if value is None:
        return None
    if (problem := phone_problem(value)) is not None:
        raise invalid_query(name, problem)
    return value.removeprefix("+")


_FILTERS: Filters = {
    "by_segments": ("bySegments", flag),
    "calculate_total_count": ("calculateTotalCount", flag),
    "country_id": ("countryId", digits),
    "mog_id": ("mogId", digits),
    "order": ("order", partial(choice, kind=SortOrder)),
    "order_field": ("orderField", text),
    "out_fields": ("outFields", _names),
    "recipient": ("recipient", _phone),
    "search_text": ("searchText", text),
    "source_address": ("sourceAddress", text),
    "status": ("status", text),
    "time_offset": ("timeOffset", minutes),
    "user_id": ("userId", digits),
}
