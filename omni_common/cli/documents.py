"""The library's objects as JSON documents with stable keys: no bodies, no raw answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from omni_common import redaction
from omni_common.cli.output import Output
from omni_common.cli.usage import UsageError
from omni_common.errors import Attempt, OmniError
from omni_common.message import Channel
from omni_common.receipt import Part
from omni_common.redaction import shown_key, shown_time
from omni_common.report import DeliveryFault, DeliveryReport, PartReport, Price

__all__ = ["attempts", "error", "nothing_done", "parts", "refuse_urls", "report", "shown_id"]

_NOTHING_DONE: dict[str, dict[str, Any]] = {
    "send": {
        "outcome": "not_sent",
        "id": None,
        "provider": None,
        "reference": None,
        "to": None,
        "parts": [],
        "attempts": [],
    },
    "bulk": {"rows": 0, "messages": 0, "outcomes": None},
    "status": {"messages": []},
    "cancel": {"outcome": "not_cancelled", "id": None, "attempts": []},
    "outbox run": {"ended": None, "states": {}, "paused": None},
    "outbox status": {
        "states": {},
        "deliveries": {},
        "paused": None,
        "next_due": None,
        "bytes": None,
    },
    "outbox list": {"messages": [], "more": None},
    "outbox cancel": {"cancelled": 0, "not_cancelled": 0, "messages": []},
    "outbox resend": {"queued": 0, "not_queued": 0, "messages": []},
    "outbox purge": {"purged": 0, "bytes_before": None, "bytes": None},
}
"""By command: what its document holds when it did not get as far as to do anything."""


def nothing_done(tokens: Sequence[str], found: OmniError | UsageError) -> dict[str, Any]:
    """The document of the command that *tokens* say, and that failed before it did anything."""
    commands = (" ".join(tokens[:length]) for length in (2, 1))
    held = next(filter(None, map(_NOTHING_DONE.get, commands)), {})
    return {**held, "error": error(found)}


def error(found: OmniError | UsageError) -> dict[str, Any]:
    """What went wrong; ``retry_after`` is seconds."""
    if isinstance(found, UsageError):
        return _error("UsageError", found.text, field=found.field)
    return _error(
        type(found).__name__,
        found.text,
        field=_key(found.field),
        vendor_code=_key(found.vendor_code),
        retry_after=_seconds(found.retry_after),
    )


def _error(
    kind: str,
    text: str,
    *,
    field: str | None = None,
    vendor_code: str | None = None,
    retry_after: float | None = None,
) -> dict[str, Any]:
    return {
        "class": kind,
        "text": text,
        "field": field,
        "vendor_code": vendor_code,
        "retry_after": retry_after,
    }


def attempts(made: Iterable[Attempt]) -> list[dict[str, Any]]:
    """Every request begun; ``waited`` is seconds."""
    return [
        {
            "number": attempt.number,
            "started_at": attempt.started_at.isoformat(),
            "sent": attempt.sent,
            "status": attempt.status,
            "detail": attempt.detail,
            "waited": _seconds(attempt.waited),
        }
        for attempt in made
    ]


def parts(accepted: Iterable[Part], output: Output) -> list[dict[str, Any]]:
    """The channels of a receipt."""
    return [
        {
            "channel": shown_key(part.channel),
            "id": part.id,
            "sender": None if part.sender is None else output.words(part.sender),
        }
        for part in accepted
    ]


def report(found: DeliveryReport, output: Output) -> dict[str, Any]:
    """A delivery report and the reports of its channels."""
    return {
        "state": found.state.value,
        "is_final": found.is_final,
        "channel": _channel(found.channel),
        "at": _moment(found.at),
        "fault": _fault(found.error, output),
        "price": _price(found.price),
        "parts": [_part(part, output) for part in found.parts],
    }


def refuse_urls(ids: Iterable[str]) -> None:
    """Refuse to ask a vendor about a connection URL, and so to show it the credentials in there.

    Raises:
        UsageError: One of the *ids* is a URL.
    """
    if any("://" in id for id in ids):
        raise UsageError("an id is expected, and a URL was given", field="ID")


def shown_id(id: str, output: Output) -> str:
    """An id as it was typed, unless it is none: it may be a number that went astray."""
    return redaction.shown_id(id) if ":" in id else output.recipient(id)


def _part(found: PartReport, output: Output) -> dict[str, Any]:
    return {
        "channel": _channel(found.channel),
        "id": found.id,
        "state": found.state.value,
        "raw_state": _key(found.raw_state),
        "at": _moment(found.at),
        "raw_at": None if found.raw_at is None else shown_time(found.raw_at),
        "fault": _fault(found.error, output),
        "price": _price(found.price),
    }


def _fault(found: DeliveryFault | None, output: Output) -> dict[str, Any] | None:
    if found is None:
        return None
    text = None if found.text is None else output.words(found.text)
    return {"code": _key(found.code), "text": text}


def _price(found: Price | None) -> dict[str, Any] | None:
    """Money as text: a JSON number is a float to many readers."""
    if found is None:
        return None
    each = found.per_segment
    return {
        "total": str(found.total),
        "per_segment": None if each is None else str(each),
        "segments": found.segments,
        "currency": found.currency,
    }


def _channel(channel: Channel | str | None) -> str | None:
    return _key(channel)


def _key(word: str | None) -> str | None:
    """A vendor's code, or its word for a field, a channel or a state."""
    return None if word is None else shown_key(word)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()
