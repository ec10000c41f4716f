"""A shared message as an SMS of Devino's: which words map onto which."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from devino_async.converter import write_object
from devino_async.routes.route import extra_of, extra_problems, invalid_for
from devino_async.sms.message import LONGEST_TEXT, SmsMessage, SmsPriority, length_problem
from devino_async.zone import in_utc
from omni_common.errors import NotSentError
from omni_common.message import Message, Priority, Sms

__all__ = ["check_sms", "sender_of", "sms_of", "wire_of"]

_SECOND = timedelta(seconds=1)

_PRIORITIES = {
    Priority.LOW: SmsPriority.LOW,
    Priority.NORMAL: SmsPriority.MEDIUM,
    Priority.HIGH: SmsPriority.HIGH,
    Priority.REALTIME: SmsPriority.REALTIME,
}
# What ``extra`` may not touch: recipient, content, time and callback belong to the message itself.
_RESERVED = frozenset({"to", "text", "scheduledTime", "callbackUrl"})


def sender_of(message: Message, default_sender: str | None) -> str | None:
    """The sender that *message* goes out with: ``extra`` has the last word."""
    sender = extra_of(message).get("from", message.content[0].sender or default_sender)
    return sender if isinstance(sender, str) else None


def wire_of(message: Message, default_sender: str | None) -> dict[str, Any]:
    """*message*, which passed the checks, as the JSON object that Devino takes."""
    content = message.content[0]
    sender = content.sender or default_sender
    if not sender or not _is_plain(message):
        return write_object(sms_of(message, default_sender))
    plain: dict[str, Any] = {
        "from": sender,
        "to": (message.phone or "").removeprefix("+"),
        "text": content.text,
    }
    if content.ttl is not None:
        plain["validity"] = content.ttl // _SECOND
    extra = extra_of(message)
    return {**plain, **extra} if extra else plain


def _is_plain(message: Message) -> bool:
    """Whether *message* asks for nothing beside its text, sender and ttl.

    It needs no message of Devino's own class: that would demand nothing of it that has not been
    checked, and making a million of them takes as long as making the messages themselves.
    """
    return (
        message.send_at is None
        and message.priority is None
        and message.callback_url is None
        and message.metadata is None
        and message.phone is not None
    )


def sms_of(message: Message, default_sender: str | None) -> SmsMessage:
    """*message*, which passed the checks, as Devino takes it."""
    content = message.content[0]
    return SmsMessage(
        sender=content.sender or default_sender or "",
        to=message.phone or "",
        text=content.text or "",
        validity=content.ttl,
        scheduled_time=message.send_at,
        priority=None if message.priority is None else _PRIORITIES[message.priority],
        callback_url=message.callback_url,
        options=message.metadata,
        extra=extra_of(message),
    )


def check_sms(message: Message, default_sender: str | None) -> Iterator[NotSentError]:
    """What Devino's own rules say against *message*, beyond its capabilities."""
    for content in message.content:
        if isinstance(content, Sms):
            if not (content.sender or default_sender):
                text = "devino needs a sender: Sms(..., sender=...), or the setting sender"
                yield invalid_for(message, text, "sender")
            # A text too long for any alphabet is against the capabilities already.
            if len(content.text) <= LONGEST_TEXT and (problem := length_problem(content.text)):
                yield invalid_for(message, f"text {problem}", "text")
    if message.send_at is not None and in_utc(message.send_at) is None:
        yield invalid_for(message, "send_at must not lie after the year 9999 in UTC", "send_at")
    yield from extra_problems(message, _RESERVED)
