"""What Messente answers and reports, as pure functions of what was decided."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from messente_async.sandbox.behaviour import (
    BulkItems,
    CancelledStatus,
    ErrorBody,
    InboundForm,
    ItemIds,
    MessenteBehaviour,
    TimestampZone,
    Unset,
    UntriedChannels,
)
from messente_async.sandbox.rules import Submission
from messente_async.sandbox.schema import Kind, Problem
from messente_async.sandbox.states import Part
from omni_common.sandbox import LedgerEntry, Reply, StateChange
from omni_common.segments import segments

__all__ = [
    "ErrorCode",
    "accepted",
    "bulk_items",
    "error_body",
    "error_reply",
    "inbound_body",
    "refused",
    "report_body",
    "signature",
    "status_body",
    "wordless_reply",
]

_PRICES = {"sms": Decimal("0.05"), "viber": Decimal("0.03")}
_OTHER_PRICE = Decimal("0.04")
_ZONES = {TimestampZone.NONE: "", TimestampZone.Z: "Z", TimestampZone.OFFSET: "+00:00"}
_INBOUND_CONTENTS: dict[InboundForm, Callable[[str, str], dict[str, Any]]] = {
    InboundForm.FLAT: lambda text, _: {"text": text},
    InboundForm.OBJECT: lambda text, _: {"text": {"body": text}},
    InboundForm.OWN_KEY: lambda text, channel: {channel: {"type": "text", "body": text}},
}
_OTHER_ID = "00000000-0000-4000-8000-000000000000"
_PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Come back later</body></html>"


class ErrorCode(Enum):
    """The vendor's codes for errors of a request (contracts F), each with its title."""

    NOT_FOUND = ("101", "Not found")
    FORBIDDEN = ("102", "Forbidden")
    UNAUTHORIZED = ("103", "Unauthorized")
    SERVER_ERROR = ("104", "Internal Server Error")
    INVALID_DATA = ("105", "Invalid data")
    MISSING_DATA = ("106", "Missing data")
    METHOD_NOT_ALLOWED = ("107", "Method not allowed")


def error_body(code: ErrorCode, detail: str, source: str | None = None) -> dict[str, Any]:
    """Return the body of an answer with one error."""
    return {"errors": [_error(code, detail, source)]}


def error_reply(status: int, code: ErrorCode, detail: str, source: str | None = None) -> Reply:
    """Return an answer with one error."""
    return Reply.json(status, error_body(code, detail, source))


def _error(code: ErrorCode, detail: str, source: str | None) -> dict[str, Any]:
    number, title = code.value
    return {"title": title, "detail": detail, "code": number, "source": source}


def refused(problems: Sequence[Problem], behaviour: MessenteBehaviour) -> dict[str, Any]:
    """Return what is said of an omnimessage that has *problems*."""
    named = problems[:1] if behaviour.first_error_only else problems
    codes = {Kind.MISSING: ErrorCode.MISSING_DATA}
    return {
        "errors": [
            _error(codes.get(problem.kind, ErrorCode.INVALID_DATA), problem.detail, problem.source)
            for problem in named
        ]
    }


def wordless_reply(status: int, body: ErrorBody, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an answer whose only message is its HTTP status."""
    match body:
        case ErrorBody.ERRORS:
            reply = error_body(ErrorCode.SERVER_ERROR, "The request could not be served now")
            return Reply.json(status, reply, headers)
        case ErrorBody.HTML:
            return Reply(status, _PAGE, "text/html; charset=utf-8", headers or {})
        case ErrorBody.EMPTY:
            return Reply(status, b"", "text/plain", headers or {})


def accepted(
    id: str, submission: Submission, parts: Sequence[Part], behaviour: MessenteBehaviour
) -> dict[str, Any]:
    """Return what is said of an accepted omnimessage."""
    messages = [
        {"channel": part.message.channel, "message_id": part.id, "sender": part.message.sender}
        for part in parts
    ]
    to = _to(submission.to, behaviour)
    return _with_extra({"messages": messages, "omnimessage_id": id, "to": to}, behaviour)


def bulk_items(items: Sequence[Any], behaviour: MessenteBehaviour) -> list[Any]:
    """Return the items of a bulk answer as *behaviour* arranges them."""
    match behaviour.bulk_items:
        case BulkItems.IN_ORDER:
            return list(items)
        case BulkItems.REVERSED:
            return list(reversed(items))
        case BulkItems.ONE_SHORT:
            return list(items[:-1])


def status_body(
    entry: LedgerEntry, parts: Sequence[Part], behaviour: MessenteBehaviour, now: datetime
) -> dict[str, Any]:
    """Return what the status call says of an omnimessage at *now*."""
    newest = {change.part: change for change in entry.history(now)}
    if entry.cancelled_at is not None and behaviour.cancelled is CancelledStatus.EMPTY:
        parts = ()
    items = [
        _status_item(entry, part, newest.get(part.id), behaviour)
        for part in parts
        if part.id in newest or behaviour.untried_channels is UntriedChannels.LISTED
    ]
    body = {"omnimessage_id": entry.id, "to": _to(entry.to, behaviour), "statuses": items}
    return _with_extra(body, behaviour)


def report_body(
    entry: LedgerEntry, part: Part, change: StateChange, behaviour: MessenteBehaviour
) -> bytes:
    """Return the body of the delivery report that tells of *change* (contracts B5)."""
    item = _status_item(entry, part, change, behaviour)
    report = {**item, "to": _to(entry.to, behaviour), "omnimessage_id": entry.id}
    return json.dumps(report).encode()


def inbound_body(
    ids: tuple[str, str],
    text: str,
    *,
    sender: str,
    recipient: str,
    channel: str,
    at: datetime,
    behaviour: MessenteBehaviour,
) -> bytes:
    """Return the body that tells of a person's message (contracts B6)."""
    form = InboundForm.FLAT if channel == "sms" else behaviour.inbound
    message_id, sub_message_id = ids
    body = {
        "msg_id": message_id,
        "sub_msg_id": sub_message_id,
        "channel": channel,
        "recipient": recipient,
        "time": at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
        **_INBOUND_CONTENTS[form](text, channel),
        "sender": sender,
    }
    return json.dumps(_with_extra(body, behaviour)).encode()


def signature(secret: str, body: bytes) -> str:
    """Return the ``X-Messente-Signature`` of a callback's raw *body* (contracts B7)."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _status_item(
    entry: LedgerEntry, part: Part, change: StateChange | None, behaviour: MessenteBehaviour
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "status": change.state if change else None,
        "channel": part.message.channel,
        "message_id": part.id,
        "sender": part.message.sender,
        "error": change.detail["error"] if change else None,
        "err": change.detail["err"] if change else behaviour.err_before_report,
    }
    item |= {} if behaviour.unset is Unset.ABSENT else {"timestamp": None, "price_info": None}
    if change is not None:
        item["timestamp"] = _timestamp(change.at, behaviour)
    if change is not None and _is_priced(change, behaviour):
        item["price_info"] = _price(part)
    if behaviour.item_ids is not ItemIds.ABSENT:
        item["to"] = _to(entry.to, behaviour)
        item["omnimessage_id"] = entry.id if behaviour.item_ids is ItemIds.SAME else _OTHER_ID
    return _with_extra(item, behaviour)


def _timestamp(at: datetime, behaviour: MessenteBehaviour) -> str:
    digits = "microseconds" if behaviour.timestamp_microseconds else "seconds"
    return at.replace(tzinfo=None).isoformat(timespec=digits) + _ZONES[behaviour.timestamp_zone]


def _is_priced(change: StateChange, behaviour: MessenteBehaviour) -> bool:
    sent = {"ACK", "ACCEPTD"} if behaviour.price_when_sent else set()
    return change.state in {"DELIVRD", "SEEN", *sent}


def _price(part: Part) -> dict[str, Any]:
    price = _PRICES.get(part.message.channel, _OTHER_PRICE)
    count = segments(part.message.text).count if part.message.channel == "sms" else 1
    return {"part_price": str(price), "parts_count": count, "total_price": str(price * count)}


def _to(to: str, behaviour: MessenteBehaviour) -> str:
    return to.removeprefix("+") if behaviour.to_without_plus else to


def _with_extra(data: dict[str, Any], behaviour: MessenteBehaviour) -> dict[str, Any]:
    return {**data, "added_later": {"version": 3}} if behaviour.extra_keys else data
