"""The detail report of SMS: which messages it holds, and how each is written (A5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from attrs import frozen

from devino_async.sandbox.behaviour import DevinoBehaviour, EmptyFields
from devino_async.sandbox.report_behaviour import ReportBehaviour, SmsRowStatus
from devino_async.sandbox.report_messages import ReportedSms
from devino_async.sandbox.report_pages import (
    OWNER,
    SELECTION,
    ReportQuery,
    Selection,
    page_of,
    read_query,
    read_selection,
)
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError

__all__ = ["DetailQuestion", "detail_page", "read_detail_question"]

_Row: TypeAlias = tuple[ReportedSms, str]
"""A message, and the id of the segment that the row is about."""

_FIELDS = (
    *("COMPANY_ID", "COMPANY_NAME", "CONTACT_ID", "COUNTRY_ID", "COUNTRY_NAME", "ERROR_CODE"),
    *("EVENT_DATE_TIME", "MESSAGE_ID", "MOG_ID", "MOG_NAME", "MO_ID", "MO_NAME", "PRICE"),
    *("PROVIDER_MESSAGE_ID", "RECIPIENT", "RECIPIENT_ZONE_NAME", "ROUTE", "SEGMENT_COUNT"),
    *("SEGMENT_ID", "SENT_DATE_TIME", "SOURCE_ADDRESS", "STATUS", "TASK_ID", "TASK_NAME"),
    *("TASK_TYPE", "TEMPLATE", "TEMPLATE_ID", "TEXT", "TRAFFIC", "TRIGGER_CONTACT_GROUP"),
    *("IS_CONTACT_GROUP_DELETED", "TRIGGER_ID", "USER_ID", "USER_LOGIN"),
)


def _key(name: str) -> str:
    """The key in a row of what the parameters call *name*: ``taskId`` for ``TASK_ID``."""
    first, *others = name.lower().split("_")
    return first + "".join(map(str.capitalize, others))


_KEYS = {name: _key(name) for name in _FIELDS}
_NOT_IN_THE_EXAMPLE = frozenset(
    {
        "contactId",
        "price",
        "providerMessageId",
        "route",
        "segmentCount",
        "template",
        "templateId",
    }
)
_FILTERS = frozenset(
    {
        "bySegments",
        "calculateTotalCount",
        "countryId",
        "mogId",
        "order",
        "orderField",
        "outFields",
        "recipient",
        "searchText",
        "sourceAddress",
        "status",
        "userId",
    }
)
_FILTER_WORDS = frozenset({"DELIVERED", "IN_PROGRESS", "REDIRECT", "REJECTED", "UNDELIVERED"})
_FILTER_WORD_OF: Mapping[str, str] = {
    "ACCEPTED": "IN_PROGRESS",
    "SCHEDULED": "IN_PROGRESS",
    "ENROUTE": "IN_PROGRESS",
    "SENT": "IN_PROGRESS",
    "DELIVERED": "DELIVERED",
    "OPENED": "DELIVERED",
    "CLICKED": "REDIRECT",
    "REJECTED": "REJECTED",
    # The filter has five words for what callbacks have more for; a message that ended otherwise
    # can only be one of these.
    "UNDELIVERABLE": "UNDELIVERED",
    "EXPIRED": "UNDELIVERED",
    "DELETED": "UNDELIVERED",
    "UNKNOWN": "UNDELIVERED",
}
_COUNTRIES = {"7": (12, "Russia"), "372": (31, "Estonia"), "375": (47, "Belarus")}
"""Id and name by the calling code; the first id is the vendor's, the others are made up."""
_OPERATOR = {"mogId": 11, "mogName": "MOG", "moId": 234, "moName": "Operator Name"}
_DIGITS = re.compile(r"[0-9]{1,40}", re.ASCII)
_PHONE = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)


@frozen(kw_only=True)
class DetailQuestion:
    """What a detail report is asked for."""

    selection: Selection
    by_segments: bool
    with_total: bool
    descending: bool
    order_by: str | None
    """The key in a row; None for the time of the sending."""
    keys: tuple[str, ...]
    """What a row may hold; nothing for what it usually does."""
    country_id: str | None
    mog_id: str | None
    recipient: str | None
    search_text: str | None
    source_address: str | None
    status: str | None
    """In the words of the filter."""
    user_id: str | None

    def takes(self, message: ReportedSms) -> bool:
        """Whether *message* belongs to the report."""
        country_id, _ = _country(message.recipient)
        return (
            self.selection.takes(
                message.message_id,
                message.sent_at,
                task_id=message.task_id,
                trigger_id=message.trigger_id,
            )
            and self.country_id in {None, str(country_id)}
            and self.mog_id in {None, str(_OPERATOR["mogId"])}
            and self.recipient in {None, message.recipient}
            and (self.search_text is None or self.search_text in message.text)
            and self.source_address in {None, message.source_address}
            and self.status in {None, _filter_word(message)}
            and self.user_id in {None, str(OWNER["userId"])}
        )


def read_detail_question(query: str, behaviour: DevinoBehaviour) -> DetailQuestion:
    """What the raw query string of a detail report asks for.

    Raises:
        RequestRefusedError: It is not what the vendor's documents allow.
    """
    asked = read_query(
        query, known=SELECTION | _FILTERS, accepts_unknown=behaviour.accepts_unknown_fields
    )
    newest_first = "DESC" if behaviour.reports.newest_first else "ASC"
    order_field = asked.choice("orderField", _KEYS)
    return DetailQuestion(
        selection=_selection(asked, behaviour),
        by_segments=asked.truth("bySegments") or False,
        with_total=asked.truth("calculateTotalCount") or False,
        descending=(asked.choice("order", {"ASC", "DESC"}) or newest_first) == "DESC",
        order_by=None if order_field is None else _KEYS[order_field],
        keys=_out_keys(asked),
        country_id=asked.id("countryId"),
        mog_id=asked.id("mogId"),
        recipient=_recipient(asked, behaviour),
        search_text=asked.text("searchText"),
        source_address=asked.text("sourceAddress"),
        status=asked.choice("status", _FILTER_WORDS),
        user_id=asked.id("userId"),
    )


def detail_page(
    messages: Iterable[ReportedSms], question: DetailQuestion, behaviour: DevinoBehaviour
) -> dict[str, Any]:
    """The page that *question* asks for, of all *messages* of the account."""
    found = [message for message in messages if question.takes(message)]
    found.sort(key=lambda message: _place(message, question, behaviour))
    if question.descending:
        found.reverse()
    page = page_of(
        _counted(found, question, behaviour.reports),
        limit=question.selection.limit,
        offset=question.selection.offset,
        with_total=question.with_total,
        numbers=behaviour.reports.page_numbers,
    )
    page["data"] = [
        _written(_values(row, question.selection, behaviour), question, behaviour)
        for counted in page["data"]
        for row in counted
    ]
    if not behaviour.reports.has_more:
        del page["more"]
    return page


def _selection(asked: ReportQuery, behaviour: DevinoBehaviour) -> Selection:
    selection = read_selection(asked, ahead=behaviour.status_offset)
    for message_id in selection.message_ids:
        if not _DIGITS.fullmatch(message_id):  # declared as integers, of whatever length (T19)
            raise RequestRefusedError(Reason("invalid", "messageIds", message_id))
    return selection


def _out_keys(asked: ReportQuery) -> tuple[str, ...]:
    for name in asked.texts("outFields"):
        if name not in _KEYS:
            raise RequestRefusedError(Reason("invalid", "outFields", name))
    return tuple(_KEYS[name] for name in asked.texts("outFields"))


def _recipient(asked: ReportQuery, behaviour: DevinoBehaviour) -> str | None:
    phone = asked.text("recipient")
    digits = phone.removeprefix("+") if phone is not None and behaviour.accepts_plus else phone
    if digits is not None and not _PHONE.fullmatch(digits):
        raise RequestRefusedError(Reason("to.format.invalid", "recipient", phone))
    return digits


def _counted(
    messages: list[ReportedSms], question: DetailQuestion, behaviour: ReportBehaviour
) -> list[tuple[_Row, ...]]:
    """The rows of *messages*, those together that ``limit`` and ``offset`` count as one."""
    if not question.by_segments:
        return [((message, message.segment_ids[0]),) for message in messages]
    split = [tuple((message, id) for id in message.segment_ids) for message in messages]
    return [(row,) for rows in split for row in rows] if behaviour.offset_counts_segments else split


def _place(message: ReportedSms, question: DetailQuestion, behaviour: DevinoBehaviour) -> Any:
    """What *message* is sorted by; nothing comes before something."""
    if question.order_by is None:
        return message.sent_at
    values = _values((message, message.segment_ids[0]), question.selection, behaviour)
    value = values[question.order_by]
    return (value is not None, value)


def _values(row: _Row, selection: Selection, behaviour: DevinoBehaviour) -> dict[str, Any]:
    """Every field of a row, before the behaviour decides how it is written."""
    message, segment_id = row
    uses_filter_words = behaviour.reports.row_status is SmsRowStatus.FILTER_WORDS
    country_id, country_name = _country(message.recipient)
    return {
        "messageId": message.message_id,
        "sentDateTime": selection.clock(message.sent_at),
        "segmentId": segment_id,
        "sourceAddress": message.source_address,
        "recipient": message.recipient,
        "status": _filter_word(message) if uses_filter_words else message.newest.word,
        "eventDateTime": selection.clock(message.newest.at + behaviour.reports.event_offset),
        **OWNER,
        "countryId": country_id,
        "countryName": country_name,
        **_OPERATOR,
        "taskId": _number(message.task_id),
        "taskName": message.task_name,
        "taskType": message.task_type,
        "triggerId": _number(message.trigger_id),
        "text": message.text,
        "errorCode": message.newest.error_code,
        "traffic": message.traffic,
        "recipientZoneName": "UTC +03:00",
        "triggerContactGroup": None,
        "isContactGroupDeleted": False,
        "contactId": message.contact_id,
        "price": Decimal("1.0000"),
        "providerMessageId": f"{int(segment_id):x}",
        "route": "SMSGW101",
        "segmentCount": len(message.segment_ids),
        "template": None,
        "templateId": None,
    }


def _written(
    values: Mapping[str, Any], question: DetailQuestion, behaviour: DevinoBehaviour
) -> dict[str, Any]:
    """A row as it stands in the answer."""
    if question.keys:
        written = {key: value for key, value in values.items() if key in question.keys}
    elif behaviour.reports.all_fields:
        written = dict(values)
    else:
        written = {key: values[key] for key in values if key not in _NOT_IN_THE_EXAMPLE}
    return {
        key: _as_json(value, behaviour.reports)
        for key, value in written.items()
        if value is not None or behaviour.empty_fields is not EmptyFields.ABSENT
    }


def _as_json(value: Any, behaviour: ReportBehaviour) -> Any:
    match value:
        case bool():
            return ("Yes" if value else "No") if behaviour.deleted_as_word else value
        case int():
            return str(value) if behaviour.numbers_as_text else value
        case Decimal():
            return str(value) if behaviour.price_as_text else float(value)
        case _:
            return value


def _filter_word(message: ReportedSms) -> str:
    return _FILTER_WORD_OF.get(message.newest.word, "IN_PROGRESS")


def _country(recipient: str) -> tuple[int | None, str | None]:
    codes = (recipient[:length] for length in (3, 2, 1))
    return next((_COUNTRIES[code] for code in codes if code in _COUNTRIES), (None, None))


def _number(id: str | None) -> int | None:
    return None if id is None else int(id)
