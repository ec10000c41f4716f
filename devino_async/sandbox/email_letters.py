"""Every letter that the emulated account sent, whichever call it came by, as the reports see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from devino_async.sandbox.email_states import CHANNEL, EmailEvent
from devino_async.sandbox.omni_steps import steps_on
from omni_common.redaction import mask_number, mask_text
from omni_common.sandbox import Ledger, LedgerEntry, StateChange

__all__ = ["ReportedLetter", "letters_until", "unsubscribed_until"]


@frozen
class LetterEvent:
    """What happened to a letter; ``word`` is in capitals, as in callbacks."""

    at: datetime
    word: str


@frozen(kw_only=True)
class ReportedLetter:
    """A letter to one recipient, with all that has happened to it, oldest first."""

    message_id: str
    recipient: str = field(repr=mask_number)
    source_address: str | None = field(repr=mask_text)
    source_name: str | None = field(repr=mask_text)
    subject: str | None = field(repr=mask_text)
    events: tuple[LetterEvent, ...]
    task_id: str | None = None
    """Of the campaign that it belongs to; None for a letter that was sent by itself."""
    task_name: str | None = None
    task_type: str | None = None
    trigger_id: str | None = None

    @property
    def sent_at(self) -> datetime:
        """When the vendor began with it."""
        return self.events[0].at


def letters_until(ledger: Ledger, now: datetime) -> Iterator[ReportedLetter]:
    """The letters that were begun by *now*, oldest first.

    Those are the letters of the e-mail call, and the steps of transactional messages that went out
    by e-mail.
    """
    for entry in ledger:
        if entry.origin == "email_send":
            yield _own(entry, now)
        elif entry.origin == "omni_send":
            yield from _steps(entry, now)


def unsubscribed_until(ledger: Ledger, now: datetime) -> set[str]:
    """The addresses, in small letters, whose last word by *now* was to want no more letters."""
    said = sorted(
        (
            (event.at, event.word, letter.recipient.lower())
            for letter in letters_until(ledger, now)
            for event in letter.events
        ),
        key=lambda each: each[0],
    )
    found: set[str] = set()
    for _, word, address in said:
        if word == EmailEvent.UNSUBSCRIBED:
            found.add(address)
        elif word == EmailEvent.SUBSCRIBED:
            found.discard(address)
    return found


def _own(entry: LedgerEntry, now: datetime) -> ReportedLetter:
    sender = entry.content["Sender"]
    return ReportedLetter(
        message_id=entry.id,
        recipient=entry.to,
        source_address=sender["Address"],
        source_name=sender.get("Name"),
        subject=entry.content["Subject"],
        events=_events(entry.history(now)),
    )


def _steps(entry: LedgerEntry, now: datetime) -> Iterator[ReportedLetter]:
    """The letters among the steps of a transactional message, by their triggers."""
    for step in steps_on(CHANNEL, entry, now):
        template: Mapping[str, Any] = step.template["emailTemplate"]
        yield ReportedLetter(
            message_id=entry.id,
            # A contact without an address has a step that is rejected at once.
            recipient=step.contact.get("email") or "",
            source_address=template.get("sourceAddress"),
            source_name=template.get("sourceName"),
            subject=template.get("subject"),
            events=_events(step.changes),
            task_id=entry.content["taskId"],
            task_name=entry.content["taskName"],
            task_type=entry.content["taskType"],
            trigger_id=step.trigger_id,
        )


def _events(changes: list[StateChange] | tuple[StateChange, ...]) -> tuple[LetterEvent, ...]:
    return tuple(LetterEvent(change.at, change.state.upper()) for change in changes)
