"""SMS over Devino: models, requests and answers as pure data, and the resource that carries them.

Wire facts: the contract sheet, A1 and A4; the traps are named where they are met.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any, TypeGuard

from attrs import evolve, field, frozen

from devino_async.answers import (
    Reason,
    match_ids,
    read_reasons,
    refusal,
    separate_questions,
    state_of,
)
from devino_async.problems import invalid, is_sendable
from devino_async.sms.message import SmsMessage, to_wire
from devino_async.zone import parse_time
from omni_common.converter import JsonError, dumps, loads
from omni_common.errors import ForeignIdError, Outcome
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Request
from omni_common.report import merge
from omni_common.transport import Transport

__all__ = [
    "LARGEST_BATCH",
    "LARGEST_STATUS_QUESTION",
    "SmsResource",
    "SmsResult",
    "SmsStatus",
    "is_message_id",
    "match_statuses",
    "read_results",
    "read_statuses",
    "send_request",
    "statuses_request",
]

LARGEST_BATCH = 32_000
"""Messages in one call of ``POST /sms/messages``."""
LARGEST_STATUS_QUESTION = 500
"""Ids in one call of ``POST /sms-stat/statuses/get-by-ids``."""

_INDEXED_REF = re.compile(r"messages\[([0-9]+)\]")


@frozen
class SmsResult:
    """What became of one message of a send.

    ``outcome`` follows the code: ``OK`` with an id is accepted, ``REJECTED`` is not sent, anything
    else is unknown. ``segment_ids`` is filled when ``include_segment_id`` was asked for.
    """

    outcome: Outcome
    code: str | None
    message_id: str | None = None
    segment_ids: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)


@frozen
class SmsStatus:
    """The status of one message.

    ``message_id`` is the id that was asked for, even where the answer gives a rounded one (T18).
    ``status`` is Devino's own word, None where it gives none. ``status_date_time`` is naive, since
    Devino names no zone (T30); should it name one after all, the time is aware.
    """

    message_id: str
    status: str | None
    status_date_time: datetime | None = None
    raw: Any = field(default=None, repr=False, hash=False)


def send_request(
    messages: Sequence[SmsMessage], *, include_segment_id: bool = False, shorten_url: bool = False
) -> Request:
    """``POST /sms/messages``.

    Raises:
        InvalidMessageError: There are no messages, too many, or one that JSON cannot hold.
    """
    if not 1 <= len(messages) <= LARGEST_BATCH:
        raise invalid("messages", f"of one call must be 1 to {LARGEST_BATCH}")
    query = {"includeSegmentId": include_segment_id, "shortenUrl": shorten_url}
    try:
        body = dumps({"messages": [to_wire(message) for message in messages]})
    except JsonError as error:
        raise invalid("extra", f"cannot be written as JSON: {error}") from error
    return Request(
        "POST",
        "/sms/messages",
        Operation.SEND,
        body=body,
        query=tuple((name, "true") for name, wanted in query.items() if wanted),
    )


def read_results(answer: Answer, count: int) -> tuple[SmsResult, ...] | Failure | None:
    """Read the answer to a send of *count* messages.

    Results are told apart by their position. A number of results other than *count*, an id given
    twice, or a reason that names another position means that positions cannot be trusted, so that
    nothing is known of any message.
    """
    try:
        document = loads(answer.body)
    except JsonError:
        return None
    items = document.get("result") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return refusal(document, answer.status)
    results = tuple(_read_result(item) for item in items)
    if len(results) != count:
        return Failure(FailureKind.UNREADABLE, "the number of results is another", raw=document)
    ids = [result.message_id for result in results if result.message_id is not None]
    if len(set(ids)) != len(ids):
        return Failure(FailureKind.UNREADABLE, "an id was given twice", raw=document)
    if any(_names_another(result, index) for index, result in enumerate(results)):
        return Failure(FailureKind.UNREADABLE, "results are out of place", raw=document)
    return results


def _read_result(item: Any) -> SmsResult:
    if not isinstance(item, dict):
        return SmsResult(Outcome.UNKNOWN, None, raw=item)
    code = item.get("code")
    code = code if isinstance(code, str) else None
    message_id = _id_text(item.get("messageId"))
    segment_ids = item.get("segmentsId")
    reasons = read_reasons(item)
    outcome = Outcome.UNKNOWN
    if code == "REJECTED":
        outcome = Outcome.NOT_SENT
    elif code == "OK" and message_id is not None:
        outcome = Outcome.ACCEPTED
    ids = [_id_text(value) for value in segment_ids] if isinstance(segment_ids, list) else []
    return SmsResult(
        outcome,
        code,
        message_id=message_id,
        segment_ids=tuple(value for value in ids if value is not None),
        reasons=reasons,
        raw=item,
    )


def _names_another(result: SmsResult, index: int) -> bool:
    found = (_INDEXED_REF.match(reason.ref or "") for reason in result.reasons)
    return any(match is not None and match.group(1) != str(index) for match in found)


def _id_text(value: Any) -> str | None:
    """An id as text; a JSON number is taken exactly (T18), anything else is no id."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if is_message_id(value) else None


def is_message_id(text: object) -> TypeGuard[str]:
    """Whether *text* can be an id of Devino's at all; all that is known of them is that (T19)."""
    return isinstance(text, str) and bool(text) and is_sendable(text)


def statuses_request(message_ids: Sequence[str]) -> Request:
    """``POST /sms-stat/statuses/get-by-ids``: asks only, although it is a POST.

    Raises:
        ForeignIdError: One of *message_ids* cannot be an id.
    """
    if not all(map(is_message_id, message_ids)):
        msg = "an id of a message is text with at least one character, as Devino gave it"
        raise ForeignIdError(msg, provider="devino")
    return Request(
        "POST",
        "/sms-stat/statuses/get-by-ids",
        Operation.READ,
        body=dumps(list(message_ids)),
    )


def read_statuses(answer: Answer) -> tuple[SmsStatus, ...] | Failure | None:
    """Read the statuses as they came, each with the id that the answer itself gives."""
    try:
        document = loads(answer.body)
    except JsonError:
        return None
    items = document.get("result") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return refusal(document, answer.status)
    return tuple(status for item in items if (status := _read_status(item)) is not None)


def _read_status(item: Any) -> SmsStatus | None:
    if not isinstance(item, dict) or (message_id := _id_text(item.get("smsId"))) is None:
        return None
    status = item.get("status")
    return SmsStatus(
        message_id,
        status if isinstance(status, str) else None,
        parse_time(item.get("statusDateTime")),
        raw=item,
    )


def match_statuses(asked: Sequence[str], statuses: Sequence[SmsStatus]) -> dict[str, SmsStatus]:
    """Join statuses to the ids asked for; see :func:`~devino_async.answers.match_ids`.

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
    state = state_of(one.status)
    return one if merge([state, state_of(other.status)]) is state else other


class SmsResource:
    """``DevinoClient.sms``: send text messages and ask what became of them."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def send(
        self,
        messages: Sequence[SmsMessage],
        *,
        include_segment_id: bool = False,
        shorten_url: bool = False,
    ) -> list[SmsResult]:
        """Send up to 32,000 messages in one call; returns one result per message, in order.

        A message that Devino rejects does not raise: look at each result's ``outcome``.

        Args:
            messages: What to send.
            include_segment_id: Ask for the ids of the segments, too.
            shorten_url: Have links shortened; Devino then reports CLICKED.

        Raises:
            NotSentError: The whole call was refused or never left.
            OutcomeUnknownError: Nothing certain is known of any of the messages.
        """
        count = len(messages)
        request = send_request(
            messages, include_segment_id=include_segment_id, shorten_url=shorten_url
        )
        results = await self._transport.exchange(
            request,
            lambda answer: read_results(answer, count),
            timeout=self._transport.settings.bulk_timeout if count > 1 else None,
        )
        return list(results)

    async def statuses(self, message_ids: Iterable[str]) -> list[SmsStatus | None]:
        """Ask for the statuses of any number of messages, 500 a call.

        Ids that an answer does not tell apart, because it rounds them (T18), are asked for again
        in further calls.

        Returns:
            One entry per id, in order; None for an id that Devino does not know.

        Raises:
            ReadError: An answer did not come or could not be read.
            ForeignIdError: One of *message_ids* cannot be an id.
            TypeError: *message_ids* is one id instead of several.
        """
        if isinstance(message_ids, str):
            raise TypeError("statuses takes ids: put a single one into a list")
        asked = list(message_ids)
        distinct = list(dict.fromkeys(asked))
        found: dict[str, SmsStatus] = {}
        for start in range(0, len(distinct), LARGEST_STATUS_QUESTION):
            chunk = distinct[start : start + LARGEST_STATUS_QUESTION]
            statuses = await self._ask(chunk)
            found |= match_statuses(chunk, statuses)
            for again in separate_questions(chunk, [status.message_id for status in statuses]):
                found |= match_statuses(again, await self._ask(again))
        return [found.get(message_id) for message_id in asked]

    async def _ask(self, message_ids: Sequence[str]) -> tuple[SmsStatus, ...]:
        return await self._transport.exchange(statuses_request(message_ids), read_statuses)
