"""Sending SMS: the call, and what became of each message (contract sheet, A1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from devino_async.answers import (
    Reason,
    outcome_of,
    read_document,
    read_reasons,
    refusal,
    text_or_none,
)
from devino_async.converter import write_body, write_object
from devino_async.ids import read_id
from devino_async.problems import check_count, check_list, invalid
from devino_async.query import flag
from devino_async.results import in_place
from devino_async.sms.message import SmsMessage
from omni_common.errors import Outcome
from omni_common.exchange import Answer, Failure, Operation, Request
from omni_common.redaction import shown_key

__all__ = ["LARGEST_BATCH", "SmsResult", "read_results", "send_request", "send_wire_request"]

LARGEST_BATCH = 32_000
"""Messages in one call of ``POST /sms/messages``."""


@frozen
class SmsResult:
    """What became of one message of a send.

    ``outcome`` follows the code: ``OK`` with an id is accepted, ``REJECTED`` is not sent, anything
    else is unknown, as is what contradicts itself: ``OK`` with reasons, ``REJECTED`` with an id.
    ``segment_ids``, the vendor's ``segmentsId``, is filled when ``include_segment_id`` was asked
    for.
    """

    outcome: Outcome
    code: str | None = field(repr=shown_key)
    message_id: str | None = None
    segment_ids: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)


def send_request(
    messages: Sequence[SmsMessage], *, include_segment_id: bool = False, shorten_url: bool = False
) -> Request:
    """``POST /sms/messages``.

    Raises:
        InvalidMessageError: There is no list of messages, or one of too few or too many, or one of
            them is something that JSON cannot hold; or a flag is not a bool.
    """
    check_list(messages, SmsMessage, most=LARGEST_BATCH)
    flag(include_segment_id, name="include_segment_id", required=True, refusal=invalid)
    flag(shorten_url, name="shorten_url", required=True, refusal=invalid)
    query = {"includeSegmentId": include_segment_id, "shortenUrl": shorten_url}
    asked = tuple((name, "true") for name, wanted in query.items() if wanted)
    return send_wire_request([write_object(message) for message in messages], asked)


def send_wire_request(
    wires: Sequence[Mapping[str, Any]], query: tuple[tuple[str, str], ...] = ()
) -> Request:
    """``POST /sms/messages`` of messages that are JSON objects already.

    Raises:
        InvalidMessageError: There are too few or too many, or one holds what JSON cannot.
    """
    check_count(wires, most=LARGEST_BATCH)
    body = write_body({"messages": wires})
    return Request("POST", "/sms/messages", Operation.SEND, body, query)


def read_results(answer: Answer, count: int) -> tuple[SmsResult, ...] | Failure | None:
    """Read the answer to a send of *count* messages.

    Results are told apart by their position; where that cannot be trusted, nothing is known of any
    message: see :func:`~devino_async.results.in_place`.
    """
    document = read_document(answer)
    items = document.get("result") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return refusal(document, answer.status)
    return in_place(tuple(map(_read_result, items)), count, document)


def _read_result(item: Any) -> SmsResult:
    if not isinstance(item, dict):
        return SmsResult(Outcome.UNKNOWN, None, raw=item)
    code, message_id = text_or_none(item.get("code")), read_id(item.get("messageId"))
    reasons = read_reasons(item)
    outcome = outcome_of(code, id=message_id, reasons=reasons)
    if outcome is Outcome.ACCEPTED and message_id is None:
        outcome = Outcome.UNKNOWN
    segments = item.get("segmentsId")
    ids = map(read_id, segments) if isinstance(segments, list) else ()
    return SmsResult(
        outcome,
        code,
        message_id=message_id,
        segment_ids=tuple([id for id in ids if id is not None]),
        reasons=reasons,
        raw=item,
    )
