"""Details of the letters that were sent: what can be asked, and the rows (contract sheet, A8c)."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any, TypedDict, Unpack

from attrs import field, frozen

from devino_async.email.status import EmailDetailStatus, email_state
from devino_async.paging import page_reader
from devino_async.query import (
    Filters,
    Query,
    choice,
    digits,
    filtered,
    minutes,
    parameters,
    text,
    whole,
)
from devino_async.selection import SortOrder
from omni_common.exchange import Operation, Request
from omni_common.redaction import mask_number, mask_sender, mask_text, shown_key
from omni_common.report import DeliveryState

__all__ = ["EmailDetail", "EmailDetailFilters", "EmailField", "detail_request", "read_detail"]


class EmailField(StrEnum):
    """Names of a row's fields, for ``order_by``."""

    COMPANY_ID = "COMPANY_ID"
    COMPANY_NAME = "COMPANY_NAME"
    EVENT_DATE_TIME = "EVENT_DATE_TIME"
    MESSAGE_ID = "MESSAGE_ID"
    PRICE = "PRICE"
    RECIPIENT = "RECIPIENT"
    SENT_DATE_TIME = "SENT_DATE_TIME"
    SOURCE_ADDRESS = "SOURCE_ADDRESS"
    SOURCE_NAME = "SOURCE_NAME"
    STATUS = "STATUS"
    SUBJECT = "SUBJECT"
    TASK_ID = "TASK_ID"
    TASK_NAME = "TASK_NAME"
    TASK_TYPE = "TASK_TYPE"
    TRIGGER_CONTACT_GROUP = "TRIGGER_CONTACT_GROUP"
    """In a row: ``list``."""
    TRIGGER_SEGMENT = "TRIGGER_SEGMENT"
    """In a row: ``segment``."""
    IS_CONTACT_GROUP_DELETED = "IS_CONTACT_GROUP_DELETED"
    """In a row: ``is_list_deleted``."""
    IS_TRIGGER_SEGMENT_DELETED = "IS_TRIGGER_SEGMENT_DELETED"
    """In a row: ``is_segment_deleted``."""
    TRIGGER_ID = "TRIGGER_ID"
    USER_ID = "USER_ID"
    USER_LOGIN = "USER_LOGIN"


class EmailDetailFilters(TypedDict, total=False):
    """What narrows and shapes details, beside the choice of letters; all of it is optional."""

    order: SortOrder
    """``order``: ascending or descending."""
    order_by: EmailField | str
    """``orderBy``, where SMS has ``orderField`` (T14): what to sort by; a name that this version
    does not know is sent as it is."""
    recipient: str
    """``recipient``: the recipient's address."""
    source_address: str
    """``sourceAddress``: the sender's address."""
    status: EmailDetailStatus | str
    """``status``: a word that this version does not know is sent as it is."""
    time_offset: timedelta
    """``timeOffset``: the recipient's time zone, as Devino calls it and says no more; whole
    minutes, three hours for Moscow (T35)."""
    user_id: str | int
    """``userId``: who sent it, digits."""


@frozen(kw_only=True)
class EmailDetail:
    """One letter to one recipient, as Devino's report has it.

    A field is None where the report does not hold it. Nothing can be said of the order of the two
    times (T62).

    Attributes:
        message_id: The id that the send gave.
        recipient: The recipient's address.
        source_address: The sender's address.
        source_name: The sender's name.
        sent_date_time: When it was sent, naive: Devino names no zone (T30).
        event_date_time: When the status last changed, naive likewise.
        status: Devino's word; see :attr:`state`.
        subject: The letter's subject.
        company_id: Id of the company.
        company_name: Its name.
        user_id: Id of the user who sent it.
        user_login: The user's login, which is often a phone number.
        task_id: Id of the campaign.
        task_name: The campaign's name.
        task_type: The campaign's type.
        trigger_id: Id of the campaign's trigger.
        price: What it cost; the currency is not told. Devino writes it as text (T21).
        list: Name of the contact list that the campaign was sent to.
        segment: Name of that list's segment.
        is_list_deleted: Whether the list was deleted.
        is_segment_deleted: Whether the segment was deleted; the vendor's table speaks of the
            list here, too, which looks like a slip.
        raw: The row as it came.
    """

    message_id: str | None = None
    recipient: str | None = field(default=None, repr=mask_number)
    source_address: str | None = field(default=None, repr=mask_number)
    source_name: str | None = field(default=None, repr=mask_sender)
    sent_date_time: datetime | None = None
    event_date_time: datetime | None = None
    status: str | None = field(default=None, repr=shown_key)
    subject: str | None = field(default=None, repr=mask_text)
    company_id: str | None = None
    company_name: str | None = None
    user_id: str | None = None
    user_login: str | None = field(default=None, repr=mask_number)
    task_id: str | None = None
    task_name: str | None = None
    task_type: str | None = field(default=None, repr=shown_key)
    trigger_id: str | None = None
    price: Decimal | None = None
    list: str | None = None
    segment: str | None = None
    is_list_deleted: bool | None = None
    is_segment_deleted: bool | None = None
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def state(self) -> DeliveryState | None:
        """The shared word for ``status`` (T57, T58).

        None for SUBSCRIBED and UNSUBSCRIBED, which are events: the letter was delivered, or the
        recipient could not have done it, but Devino does not say so.
        """
        return email_state(self.status)


read_detail = page_reader(EmailDetail)
"""Read the answer to a :func:`detail_request`."""


def row_key(row: EmailDetail) -> Hashable | None:
    """What tells a row from all others: a scenario may have several letters under one id."""
    return None if row.message_id is None else (row.message_id, row.trigger_id)


def detail_request(
    selected: Query, *, limit: int, offset: int = 0, **filters: Unpack[EmailDetailFilters]
) -> Request:
    """``GET /email-statistics/statistics/detail`` (T10).

    Args:
        selected: Which letters, from :func:`~devino_async.selection.select`.
        limit: Rows on the page, at least 1.
        offset: Rows before it, counted from 0 (T64).
        **filters: See :class:`EmailDetailFilters`.

    Raises:
        InvalidQueryError: A value is not of the documented kind; ``field`` names it.
        TypeError: There is no such filter.
    """
    page = parameters(
        ("limit", whole(limit, name="limit", least=1, required=True)),
        ("offset", whole(offset, name="offset", required=True)),
    )
    query = selected + page + filtered(_FILTERS, filters)
    return Request("GET", "/email-statistics/statistics/detail", Operation.READ, query=query)


_FILTERS: Filters = {
    "order": ("order", partial(choice, kind=SortOrder)),
    "order_by": ("orderBy", text),
    "recipient": ("recipient", text),
    "source_address": ("sourceAddress", text),
    "status": ("status", text),
    "time_offset": ("timeOffset", minutes),
    "user_id": ("userId", digits),
}
