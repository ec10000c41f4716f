"""Every SMS that the emulated account sent, whichever call it came by, as the reports see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from devino_async.sandbox.omni_steps import steps_on
from devino_async.sandbox.states import CHANNEL
from omni_common.redaction import mask_number, mask_sender, mask_text
from omni_common.sandbox import Ledger, LedgerEntry, StateChange
from omni_common.segments import segments

__all__ = ["ReportedSms", "messages_until"]

_TRAFFIC = {"HIGH": "SERVICE", "REALTIME": "TRANSACTIONAL"}
"""By the priority of a message: what the vendor's SMS page says each is used for."""
_ADVERTISING = "ADVERTISING"


@frozen
class SmsEvent:
    """What happened to a message; ``word`` is in capitals, as in callbacks."""

    at: datetime
    word: str
    error_code: int = 0


@frozen(kw_only=True)
class ReportedSms:
    """A message to one recipient, with all that has happened to it, oldest first."""

    message_id: str
    segment_ids: tuple[str, ...]
    recipient: str = field(repr=mask_number)
    source_address: str | None = field(repr=mask_sender)
    text: str = field(repr=mask_text)
    sent_at: datetime
    """When it was sent, or will be."""
    events: tuple[SmsEvent, ...]
    traffic: str = _ADVERTISING
    contact_id: str | None = None
    task_id: str | None = None
    """Of the campaign that it belongs to; None for a message that was sent by itself."""
    task_name: str | None = None
    task_type: str | None = None
    trigger_id: str | None = None

    @property
    def newest(self) -> SmsEvent:
        """What happened last."""
        return self.events[-1]


def messages_until(ledger: Ledger, now: datetime) -> Iterator[ReportedSms]:
    """The messages that were begun by *now*, oldest first.

    Those are the messages of the SMS call, and the steps of transactional messages that went out by
    SMS.
    """
    for entry in ledger:
        if entry.origin == "send":
            yield _own(entry, now)
        elif entry.origin == "omni_send":
            yield from _steps(entry, now)


def _own(entry: LedgerEntry, now: datetime) -> ReportedSms:
    return ReportedSms(
        message_id=entry.id,
        segment_ids=entry.parts,
        recipient=entry.to.removeprefix("+"),
        source_address=entry.content["from"],
        text=entry.text,
        sent_at=max(entry.accepted_at, entry.send_at or entry.accepted_at),
        events=_events(entry.history(now)),
        traffic=_TRAFFIC.get(entry.content.get("priority", ""), _ADVERTISING),
    )


def _steps(entry: LedgerEntry, now: datetime) -> Iterator[ReportedSms]:
    """The SMS among the steps of a transactional message, by their triggers."""
    for step in steps_on(CHANNEL, entry, now):
        template: Mapping[str, Any] = step.template["smsTemplate"]
        text = template.get("text") or ""
        yield ReportedSms(
            message_id=entry.id,
            segment_ids=_consecutive(entry.id, segments(text).count),
            # A contact without a number has a step that is rejected at once.
            recipient=(step.contact.get("phone") or "").removeprefix("+"),
            source_address=template.get("from"),
            text=text,
            sent_at=step.changes[0].at,
            events=_events(step.changes),
            contact_id=entry.content.get("contactId"),
            task_id=entry.content["taskId"],
            task_name=entry.content["taskName"],
            task_type=entry.content["taskType"],
            trigger_id=step.trigger_id,
        )


def _consecutive(first: str, count: int) -> tuple[str, ...]:
    """Ids of segments, the first one the message's own (A1)."""
    return tuple(str(int(first) + position) for position in range(count))


def _events(changes: Iterable[StateChange]) -> tuple[SmsEvent, ...]:
    return tuple(
        SmsEvent(change.at, change.state.upper(), change.detail.get("errorCode", 0))
        for change in changes
    )
