"""The detail report of e-mail: which letters it holds, and how each is written (A8c)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.email_behaviour import EmailBehaviour, MissingTask, RowStatus
from devino_async.sandbox.email_letters import ReportedLetter
from devino_async.sandbox.email_states import EmailEvent
from devino_async.sandbox.report_pages import (
    OWNER,
    SELECTION,
    Selection,
    page_of,
    read_query,
    read_selection,
)

__all__ = ["DetailQuestion", "detail_page", "read_detail_question"]

_ORDER_FIELDS = {
    "COMPANY_ID": "companyId",
    "COMPANY_NAME": "companyName",
    "EVENT_DATE_TIME": "eventDateTime",
    "MESSAGE_ID": "messageId",
    "PRICE": "price",
    "RECIPIENT": "recipient",
    "SENT_DATE_TIME": "sentDateTime",
    "SOURCE_ADDRESS": "sourceAddress",
    "SOURCE_NAME": "sourceName",
    "STATUS": "status",
    "SUBJECT": "subject",
    "TASK_ID": "taskId",
    "TASK_NAME": "taskName",
    "TASK_TYPE": "taskType",
    "TRIGGER_CONTACT_GROUP": "list",
    "TRIGGER_SEGMENT": "segment",
    "IS_CONTACT_GROUP_DELETED": "isListDeleted",
    "IS_TRIGGER_SEGMENT_DELETED": "isSegmentDeleted",
    "TRIGGER_ID": "triggerId",
    "USER_ID": "userId",
    "USER_LOGIN": "userLogin",
}
_NOT_IN_THE_EXAMPLE = ("taskName", "taskType", "list", "segment", "isSegmentDeleted")
_FILTERS = frozenset({"order", "orderBy", "recipient", "sourceAddress", "status", "userId"})
_FILTER_WORDS = frozenset(
    {
        "DELIVERED",
        "IN_PROGRESS",
        "READ",
        "REDIRECT",
        "UNDELIVERED",
        "SUBSCRIBED",
        "UNSUBSCRIBED",
    }
)
_FILTER_WORD_OF: Mapping[str, str] = {
    EmailEvent.ACCEPTED: "IN_PROGRESS",
    EmailEvent.SENT: "IN_PROGRESS",
    EmailEvent.DELIVERED: "DELIVERED",
    EmailEvent.EXPIRED: "UNDELIVERED",
    EmailEvent.OPENED: "READ",
    EmailEvent.CLICKED: "REDIRECT",
    EmailEvent.BOUNCED: "UNDELIVERED",
    EmailEvent.REJECTED: "UNDELIVERED",
    EmailEvent.SUBSCRIBED: "SUBSCRIBED",
    EmailEvent.UNSUBSCRIBED: "UNSUBSCRIBED",
    # A complaint has no word of its own there; only an opened letter brings one about.
    EmailEvent.COMPLAINED: "READ",
    # Words of transactional messages that letters of the e-mail call do not have.
    "UNDELIVERABLE": "UNDELIVERED",
    "DELETED": "UNDELIVERED",
}


@frozen(kw_only=True)
class DetailQuestion:
    """What a detail report is asked for."""

    selection: Selection
    descending: bool
    order_by: str
    """The name of the field in a row."""
    recipient: str | None
    source_address: str | None
    status: str | None
    """In the words of the filter."""
    user_id: str | None

    def takes(self, letter: ReportedLetter) -> bool:
        """Whether *letter* belongs to the report."""
        return (
            self.selection.takes(
                letter.message_id,
                letter.sent_at,
                task_id=letter.task_id,
                trigger_id=letter.trigger_id,
            )
            and self.recipient in {None, letter.recipient}
            and self.source_address in {None, letter.source_address}
            and self.status in {None, _filter_word(letter)}
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
    newest_first = "DESC" if behaviour.email.newest_first else "ASC"
    order_by = asked.choice("orderBy", _ORDER_FIELDS) or "SENT_DATE_TIME"
    return DetailQuestion(
        selection=read_selection(asked, ahead=behaviour.status_offset),
        descending=(asked.choice("order", {"ASC", "DESC"}) or newest_first) == "DESC",
        order_by=_ORDER_FIELDS[order_by],
        recipient=asked.text("recipient"),
        source_address=asked.text("sourceAddress"),
        status=asked.choice("status", _FILTER_WORDS),
        user_id=asked.id("userId"),
    )


def detail_page(
    letters: Iterable[ReportedLetter], question: DetailQuestion, behaviour: EmailBehaviour
) -> dict[str, Any]:
    """The page that *question* asks for, of all *letters* of the account."""
    rows = [
        _values(letter, question.selection, behaviour)
        for letter in letters
        if question.takes(letter)
    ]
    rows.sort(key=lambda row: _sortable(row[question.order_by]), reverse=question.descending)
    return page_of(
        [_written(row, behaviour) for row in rows],
        limit=question.selection.limit,
        offset=question.selection.offset,
        with_total=behaviour.with_total,
        numbers=behaviour.page_numbers,
    )


def _values(
    letter: ReportedLetter, selection: Selection, behaviour: EmailBehaviour
) -> dict[str, Any]:
    """Every field of a row, before the behaviour decides how it is written."""
    last = letter.events[-1]
    uses_filter_words = behaviour.row_status is RowStatus.FILTER_WORDS
    words = {event.word for event in letter.events}
    is_free = EmailEvent.REJECTED in words and EmailEvent.SENT not in words
    return {
        "messageId": letter.message_id,
        "recipient": letter.recipient,
        "sourceAddress": letter.source_address,
        "sourceName": letter.source_name,
        "sentDateTime": selection.clock(letter.sent_at),
        "status": _filter_word(letter) if uses_filter_words else last.word,
        "eventDateTime": selection.clock(last.at + behaviour.event_offset),
        "subject": letter.subject,
        **OWNER,
        "taskId": _number(letter.task_id),
        "taskName": letter.task_name,
        "taskType": letter.task_type,
        "triggerId": _number(letter.trigger_id),
        "price": Decimal(0) if is_free else Decimal(1),
        "list": None,
        "isListDeleted": False,
        "segment": None,
        "isSegmentDeleted": False,
    }


def _written(row: Mapping[str, Any], behaviour: EmailBehaviour) -> dict[str, Any]:
    """A row as it stands in the answer."""
    written = dict(row)
    for name in ("taskId", "triggerId"):
        if row[name] is None and behaviour.missing_task is MissingTask.ABSENT:
            del written[name]
        elif row[name] is None and behaviour.missing_task is MissingTask.ZERO:
            written[name] = 0
    if behaviour.trigger_id_as_text and written.get("triggerId") is not None:
        written["triggerId"] = str(written["triggerId"])
    price = f"{row['price']:.4f}"
    written["price"] = price if behaviour.price_as_text else float(price)
    if behaviour.deleted_as_word:
        written |= dict.fromkeys(("isListDeleted", "isSegmentDeleted"), "No")
    if not behaviour.all_fields:
        for name in _NOT_IN_THE_EXAMPLE:
            del written[name]
    return written


def _filter_word(letter: ReportedLetter) -> str:
    word = letter.events[-1].word
    return _FILTER_WORD_OF.get(word, word)


def _number(id: str | None) -> int | None:
    return None if id is None else int(id)


def _sortable(value: Any) -> tuple[bool, Any]:
    """*value*, so that it can be compared with others of its kind; None comes before them."""
    return (value is not None, value)
