"""Statuses of messages by their ids (contract sheet, A4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from devino_async.answers import read_result, state_of, text_or_none
from devino_async.ids import is_id, match_ids, read_rounded_id
from devino_async.problems import invalid_query, is_list
from devino_async.zone import parse_time
from omni_common.converter import dumps
from omni_common.errors import ForeignIdError
from omni_common.exchange import Answer, Failure, Operation, Request
from omni_common.redaction import shown_key
from omni_common.report import DeliveryState, merge

__all__ = [
    "LARGEST_STATUS_QUESTION",
    "SmsStatus",
    "StatusItems",
    "check_ids",
    "match_statuses",
    "read_status_items",
    "read_statuses",
    "statuses_request",
]

LARGEST_STATUS_QUESTION = 500
"""Ids in one call of ``POST /sms-stat/statuses/get-by-ids``."""


@frozen
class SmsStatus:
    """The status of one message.

    ``message_id``, the vendor's ``smsId``, is the id that was asked for, even where the answer
    gives a rounded one (T18).
    ``status`` is Devino's own word, None where it gives none; see :attr:`state`.
    ``status_date_time`` is naive, since Devino names no zone (T30); should it name one after all,
    the time is aware.
    """

    message_id: str
    status: str | None = field(repr=shown_key)
    status_date_time: datetime | None = None
    raw: Any = field(default=None, repr=False, hash=False)

    @property
    def state(self) -> DeliveryState:
        """The shared word for ``status``; UNKNOWN where there is none for it (T57)."""
        return state_of(self.status)


@frozen
class StatusItems:
    """What an answer holds: the statuses that can be read, and how many items cannot."""

    statuses: tuple[SmsStatus, ...]
    unread: int


def check_ids(message_ids: Sequence[Any]) -> None:
    """Refuse what cannot be ids.

    Raises:
        ForeignIdError: One of them is none.
    """
    if not all(map(is_id, message_ids)):
        msg = "an id of a message is text that is not blank, as Devino gave it"
        raise ForeignIdError(msg, provider="devino")


def statuses_request(message_ids: Sequence[str]) -> Request:
    """``POST /sms-stat/statuses/get-by-ids``: asks only, although it is a POST.

    Raises:
        ForeignIdError: One of *message_ids* cannot be an id.
        InvalidQueryError: They are no list.
    """
    if not is_list(message_ids):
        raise invalid_query("message_ids", "must be a list of ids")
    check_ids(message_ids)
    return Request(
        "POST",
        "/sms-stat/statuses/get-by-ids",
        Operation.READ,
        body=dumps(list(message_ids)),
    )


def read_statuses(answer: Answer) -> tuple[SmsStatus, ...] | Failure | None:
    """Read the statuses as they came, each with the id that the answer itself gives.

    Items without an id are left out.
    """
    items = read_status_items(answer)
    return items.statuses if isinstance(items, StatusItems) else items


def read_status_items(answer: Answer) -> StatusItems | Failure | None:
    """The same, and how many items have no id."""
    items = read_result(answer, list)
    if not isinstance(items, list):
        return items
    statuses = tuple(status for item in items if (status := _read_status(item)) is not None)
    return StatusItems(statuses, len(items) - len(statuses))


def _read_status(item: Any) -> SmsStatus | None:
    if not isinstance(item, dict) or (message_id := read_rounded_id(item.get("smsId"))) is None:
        return None
    return SmsStatus(
        message_id,
        text_or_none(item.get("status")),
        parse_time(item.get("statusDateTime")),
        raw=item,
    )


def match_statuses(asked: Sequence[str], statuses: Sequence[SmsStatus]) -> dict[str, SmsStatus]:
    """Join statuses to the ids asked for; see :func:`~devino_async.ids.match_ids`.

    Of several statuses of one message the furthest counts (T60).
    """
    meant = match_ids(asked, [status.message_id for status in statuses])
    matched: dict[str, SmsStatus] = {}
    for status in statuses:
        if (message_id := meant.get(status.message_id)) is not None:
            known = matched.get(message_id, status)
            matched[message_id] = evolve(_further(known, status), message_id=message_id)
    return matched


def _further(one: SmsStatus, other: SmsStatus) -> SmsStatus:
    return one if merge([one.state, other.state]) is one.state else other
