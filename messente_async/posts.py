"""Messente's posts as events that all vendors share: delivery reports, and messages from people.

Both are signed, each with a secret of its own (T69). The events of ``messente_async.callbacks``
hold everything that Messente says; these hold what all vendors have words for, and the post itself
as ``raw``.

A post that cannot be one of the area it came to is refused whole, so that another area's never
becomes an event that says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from attrs import evolve

from messente_async.callbacks import (
    SIGNATURE_HEADER,
    DeliveryReportEvent,
    InboundMessage,
    read_delivery_report,
    read_inbound,
    sign,
)
from messente_async.delivery import ID_PREFIX, channel_of, part_report
from omni_common.callbacks import CallbackArea, Event, IncomingMessage, event_reader
from omni_common.report import DeliveryReport

__all__ = ["DELIVERY", "INBOUND"]

T = TypeVar("T")

_NAME = "messente"
_DIGITS = re.compile(r"[1-9][0-9]{6,14}")
"""A phone number without its plus; Messente's own example has one (T53)."""


def _area(
    name: str,
    read: Callable[[bytes], tuple[T, ...]],
    is_such: Callable[[T], bool],
    event_of: Callable[[T], Event],
) -> CallbackArea:
    reader = event_reader(name, read, is_such=is_such, event_of=event_of)
    return CallbackArea(name=name, read=reader, signature_header=SIGNATURE_HEADER, sign=sign)


def _is_report(event: DeliveryReportEvent) -> bool:
    # Not the status: while a message is worked on it is null, or not even there (T47).
    return event.omnimessage_id is not None or event.message_id is not None


def _report(event: DeliveryReportEvent) -> DeliveryReport:
    """News of one channel; after its failure another may have its turn (T59)."""
    id = "" if event.omnimessage_id is None else f"{ID_PREFIX}{event.omnimessage_id}"
    return evolve(DeliveryReport.of_parts(id, [part_report(event)], raw=event.raw), partial=True)


def _is_from_person(message: InboundMessage) -> bool:
    has_content = message.sender is not None and message.text is not None
    return has_content or message.msg_id is not None


def _incoming(message: InboundMessage) -> IncomingMessage:
    return IncomingMessage(
        provider=_NAME,
        id=message.msg_id,
        channel=channel_of(message.channel) if message.channel else None,
        sender=_with_plus(message.sender),
        recipient=message.recipient,
        text=message.text,
        at=message.time,
        raw=message.raw,
    )


def _with_plus(number: str | None) -> str | None:
    return f"+{number}" if number is not None and _DIGITS.fullmatch(number) else number


DELIVERY = _area("messente.delivery", read_delivery_report, _is_report, _report)
"""Delivery reports, signed with the password of the API key that sent the message (B5)."""
INBOUND = _area("messente.inbound", read_inbound, _is_from_person, _incoming)
"""Messages from people, signed with the shared secret of the account's inbound numbers (B6)."""
