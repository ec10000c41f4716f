"""What Messente's answers prove, in the terms of the transport: a result, a refusal, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal

from attrs import evolve

from messente_async import _values as values
from messente_async.answers import (
    Addressed,
    BulkItem,
    Contradiction,
    MessenteErrors,
    OmnimessageCreated,
    failure_of,
    read_bulk,
    read_errors,
    read_sent,
    read_status,
)
from messente_async.message import shared_field
from messente_async.report import DeliveryReportResponse
from omni_common.converter import JsonError, loads
from omni_common.exchange import Answer, Failure, FailureKind, Reader
from omni_common.retry import kind_of_status

__all__ = [
    "NOT_FOUND",
    "bulk_reader",
    "cancelled_reader",
    "item_failure",
    "report_reader",
    "sent_reader",
]

NOT_FOUND = "101"
"""The code for an id that Messente does not know; to a cancellation also for one already sent."""

_SUCCESS = range(200, 300)
# Statuses that say when to come again, or that a server gave up: what they prove does not depend on
# the words that come with them.
_STATUS_DECIDES = frozenset(
    {
        FailureKind.TIMED_OUT_UPSTREAM,
        FailureKind.TOO_EARLY,
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_FAILED,
        FailureKind.UNAVAILABLE,
    }
)
_CODE = re.compile(r"[0-9]{1,5}", re.ASCII)


def sent_reader(sent: Addressed) -> Reader[OmnimessageCreated]:
    """A reader for the answer to sending *sent*."""

    def read(answer: Answer) -> OmnimessageCreated | Failure | None:
        item = read_sent(answer, sent)
        match item:
            case MessenteErrors():
                return _refusal(item, answer.status)
            case Contradiction():
                return item_failure(item)
        return item

    return read


def bulk_reader(sent: Sequence[Addressed]) -> Reader[tuple[BulkItem, ...]]:
    """A reader for the answer to sending *sent*, as they are now, in one call."""
    as_they_are = tuple(sent)

    def read(answer: Answer) -> tuple[BulkItem, ...] | Failure | None:
        return read_bulk(answer, as_they_are) or _whole_refusal(answer)

    return read


def report_reader(omnimessage_id: str) -> Reader[DeliveryReportResponse | MessenteErrors]:
    """A reader for the answer to a question for states; errors stand for "no such message".

    A report that names another message than the one asked for is none. Its items may (T52).
    """

    def read(answer: Answer) -> DeliveryReportResponse | MessenteErrors | Failure | None:
        report = read_status(answer)
        if report is not None and answer.status in _SUCCESS:
            named = report.raw.get("omnimessage_id")
            if named is None or values.identifier(named) == omnimessage_id:
                return report
            return Failure(FailureKind.UNREADABLE, "a report about another message", raw=report.raw)
        errors = read_errors(answer)
        if errors is not None and answer.status == HTTPStatus.NOT_FOUND and _says_not_found(errors):
            return errors
        return _whole_refusal(answer)

    return read


def cancelled_reader(omnimessage_id: str) -> Reader[Literal[True]]:
    """A reader for the answer to a cancellation.

    Confirmed by a 2xx with an empty JSON object, as Messente documents it (B4), or with one that
    names this message and says nothing else.
    """

    def read(answer: Answer) -> Literal[True] | Failure | None:
        refusal = _whole_refusal(answer)
        if refusal is not None or answer.status not in _SUCCESS:
            return refusal
        return True if _only_names(omnimessage_id, answer.body) else None

    return read


def item_failure(item: MessenteErrors | Contradiction) -> Failure:
    """What a refused or contradictory item of a bulk call proves; unknown codes prove nothing."""
    if isinstance(item, Contradiction):
        return Failure(FailureKind.UNREADABLE, item.reason, raw=item.raw)
    return _known(item) or _unknown(item, FailureKind.UNREADABLE)


def _whole_refusal(answer: Answer) -> Failure | None:
    errors = read_errors(answer)
    return None if errors is None else _refusal(errors, answer.status)


def _refusal(errors: MessenteErrors, status: int) -> Failure:
    by_status = kind_of_status(status)
    known = _known(errors)
    if known is None:
        return _unknown(errors, by_status)
    return evolve(known, kind=by_status) if by_status in _STATUS_DECIDES else known


def _known(errors: MessenteErrors) -> Failure | None:
    failure = failure_of(errors)
    return None if failure is None else evolve(failure, field=shared_field(failure.field))


def _unknown(errors: MessenteErrors, kind: FailureKind) -> Failure:
    """The failure of codes that are not known, of which one is named if it is a code at all."""
    codes = (error.code or "" for error in errors.errors)
    code = next(filter(_CODE.fullmatch, codes), None)
    return Failure(kind, "unknown error code", vendor_code=code, raw=errors.raw)


def _says_not_found(errors: MessenteErrors) -> bool:
    return any(item.code == NOT_FOUND for item in errors.errors)


def _only_names(omnimessage_id: str, body: bytes) -> bool:
    """Whether *body* is a JSON object that holds nothing, or this id alone."""
    try:
        document = loads(body)
    except JsonError:
        return False
    if document == {}:
        return True
    if not isinstance(document, dict) or document.keys() != {"omnimessage_id"}:
        return False
    return values.identifier(document["omnimessage_id"]) == omnimessage_id
