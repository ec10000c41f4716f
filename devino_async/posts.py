"""Devino's posts as events that all vendors share: SMS, letters, and messages through OMNI.

None is signed (T68). The events of ``devino_async.sms``, ``.email`` and ``.omni`` hold everything
that Devino says; these hold what all vendors have words for, and the post itself as ``raw``.

A post that cannot be one of the area it came to is refused whole, so that another area's never
becomes an event that says nothing: one that names no message, or has no field for what became of
it. Where that field is there and holds nothing, the state is UNKNOWN, and the others of the post
are read too. But a status of an SMS cannot be told from one of OMNI's, where
nothing beside the status is certain to be there: each needs a URL of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import evolve

from devino_async.email import EmailEvent, read_callbacks as read_email
from devino_async.ids import read_id
from devino_async.omni import OmniEvent, read_callbacks as read_omni
from devino_async.omni.reference import read_callback_data
from devino_async.problems import phone_problem
from devino_async.sms import IncomingSms, SmsStatusEvent, read_callbacks as read_sms, read_incoming
from devino_async.zone import moment
from omni_common.callbacks import (
    CallbackArea,
    Event,
    IncomingMessage,
    Subscription,
    SubscriptionChanged,
    event_reader,
)
from omni_common.message import Channel
from omni_common.report import DeliveryFault, DeliveryReport, PartReport

__all__ = ["EMAIL", "OMNI", "SMS", "SMS_INCOMING"]

T = TypeVar("T")

_NAME = "devino"


def _area(
    name: str,
    read: Callable[[bytes], tuple[T, ...]],
    is_such: Callable[[T], bool],
    event_of: Callable[[T], Event],
) -> CallbackArea:
    return CallbackArea(
        name=name, read=event_reader(name, read, is_such=is_such, event_of=event_of)
    )


def _is_sms_status(event: SmsStatusEvent) -> bool:
    # A trigger is a step of a scenario: OMNI's, although it has the same id and status.
    names_one = _id(event.raw) is not None and not _holds(event.raw, "triggerId")
    return names_one and "status" in event.raw


def _sms_report(event: SmsStatusEvent) -> DeliveryReport:
    part = PartReport(
        channel=Channel.SMS,
        state=event.state,
        id=_id(event.raw),
        raw_state=event.status,
        at=event.ts,
        raw_at=_as_text(event.raw.get("ts")),
        error=_fault(event.error_code),
    )
    return DeliveryReport.of_parts(f"devino:sms:{part.id}", [part], raw=event.raw)


def _is_incoming_sms(event: IncomingSms) -> bool:
    has_content = event.sender is not None and event.text is not None
    return has_content or event.incoming_message_id is not None


def _incoming_sms(event: IncomingSms) -> IncomingMessage:
    return IncomingMessage(
        provider=_NAME,
        id=event.incoming_message_id,
        channel=Channel.SMS,
        sender=_with_plus(event.sender),
        recipient=event.to,
        text=event.text,
        at=event.ts,
        raw=event.raw,
    )


def _is_email_event(event: EmailEvent) -> bool:
    names_one = _id(event.raw) is not None or event.email is not None
    return names_one and "event" in event.raw


def _email_event(event: EmailEvent) -> Event:
    vendor_id, at = _id(event.raw), moment(event.date_time, None)
    id = "" if vendor_id is None else f"devino:email:{vendor_id}"
    if event.state is None:
        return SubscriptionChanged(
            provider=_NAME,
            change=_change(event.event),
            id=id,
            channel=Channel.EMAIL,
            address=event.email,
            at=at,
            raw=event.raw,
        )
    part = PartReport(
        channel=Channel.EMAIL,
        state=event.state,
        id=vendor_id,
        raw_state=event.event,
        at=at,
        raw_at=_as_text(event.raw.get("dateTime")),
    )
    return DeliveryReport.of_parts(id, [part], raw=event.raw)


def _is_omni_event(event: OmniEvent) -> bool:
    # Only the status is documented to be always there; without any of the others it says nothing.
    names = ("messageId", "callbackData", "contactId", "triggerId", "email", "pushToken")
    return "status" in event.raw and any(_holds(event.raw, name) for name in names)


def _omni_event(event: OmniEvent) -> Event:
    """What happened to one channel's share of a message.

    Which channel it is follows from the trigger, if the message carries its channels along. No
    document says what the id of a later channel's report is, so the part has none: its reference
    and its channel tell reports apart.
    """
    vendor_id = _id(event.raw)
    id = "" if vendor_id is None else f"devino:omni:{vendor_id}"
    reference, steps = read_callback_data(event.callback_data)
    channel = _channel(event.trigger_id, steps)
    if event.state is None:
        return SubscriptionChanged(
            provider=_NAME,
            change=_change(event.status),
            id=id,
            reference=reference,
            channel=channel,
            address=event.email,
            at=event.ts,
            raw=event.raw,
        )
    part = PartReport(
        channel=channel or "unknown",
        state=event.state,
        raw_state=event.status,
        at=event.ts,
        raw_at=_as_text(event.raw.get("ts")),
        error=_fault(event.error_code),
    )
    return evolve(
        DeliveryReport.of_parts(id, [part], raw=event.raw),
        reference=reference,
        partial=len(steps) != 1,
        channels=tuple(steps.values()),
        provider=_NAME,
    )


def _channel(trigger_id: str | None, steps: dict[str, Channel | str]) -> Channel | str | None:
    """The channel of a step; of a message with one channel also where no step is named."""
    if trigger_id is None and len(steps) == 1:
        return next(iter(steps.values()))
    return steps.get(trigger_id or "")


def _change(word: str | None) -> Subscription:
    return Subscription((word or "").casefold())


def _fault(code: int | None) -> DeliveryFault | None:
    return DeliveryFault(str(code)) if code else None


def _id(raw: Any) -> str | None:
    return read_id(raw.get("messageId"))


def _holds(raw: Any, name: str) -> bool:
    return raw.get(name) is not None


def _as_text(value: Any) -> str | None:
    """A time as it came, whether text or a number."""
    is_time = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if is_time else None


def _with_plus(number: str | None) -> str | None:
    """A phone number, which Devino writes without its plus (T53); anything else as it is."""
    if number is None or phone_problem(number) is not None:
        return number
    return f"+{number.removeprefix('+')}"


SMS = _area("devino.sms", read_sms, _is_sms_status, _sms_report)
"""Statuses of SMS (contract sheet, A2)."""
SMS_INCOMING = _area("devino.sms_incoming", read_incoming, _is_incoming_sms, _incoming_sms)
"""SMS that people send to the account (contract sheet, A3)."""
EMAIL = _area("devino.email", read_email, _is_email_event, _email_event)
"""What happens to letters, and what their recipients do (contract sheet, A8b)."""
OMNI = _area("devino.omni", read_omni, _is_omni_event, _omni_event)
"""What happens to messages through OMNI (contract sheet, A14)."""
