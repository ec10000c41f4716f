"""One SMS as Devino takes it, and what each of its fields may hold (contract sheet, A1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from attrs import Attribute, field, frozen

from devino_async.problems import by_rule, check_phone, invalid
from devino_async.zone import in_utc
from omni_common.redaction import mask_number, mask_sender, mask_text, mask_url
from omni_common.rules import check_optional_url, check_text, check_text_mapping
from omni_common.segments import Encoding, segments

__all__ = [
    "LONGEST_TEXT",
    "LONGEST_VALIDITY",
    "LONGEST_WIDE_TEXT",
    "SmsMessage",
    "SmsPriority",
    "length_problem",
    "to_wire",
]

LONGEST_TEXT = 34_170
"""Characters of a text in the GSM alphabet."""
LONGEST_WIDE_TEXT = 17_085
"""Characters of any other text."""
LONGEST_VALIDITY = timedelta(seconds=259_200)


class SmsPriority(StrEnum):
    """How urgent a message is; any other word makes Devino reject it (T41)."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    REALTIME = "REALTIME"


def _check_length(_: object, attribute: Attribute[Any], value: str) -> None:
    if (problem := length_problem(value)) is not None:
        raise invalid(attribute.name, problem)


def _check_validity(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is None:
        return
    if (
        not isinstance(value, timedelta)
        or not timedelta() <= value <= LONGEST_VALIDITY
        or value.microseconds
    ):
        raise invalid(attribute.name, "must be a timedelta of 0 to 259200 whole seconds")


def _check_time(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is None:
        return
    if not isinstance(value, datetime) or value.utcoffset() is None or in_utc(value) is None:
        raise invalid(attribute.name, "must be a datetime with a time zone, up to the year 9999")


def _check_priority(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, SmsPriority):
        raise invalid(attribute.name, f"must be one of {', '.join(map(str, SmsPriority))}")


def _check_extra(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise invalid(attribute.name, "must be a mapping of fields")


@frozen(kw_only=True)
class SmsMessage:
    """One SMS as Devino takes it.

    Attributes:
        sender: The approved sender's name; ``from`` on the wire.
        to: E.164 digits, with or without ``+``; sent without (T53).
        text: Up to 34,170 characters of the GSM alphabet, or 17,085 if any is outside it.
        validity: How long delivery is tried, 0 to 259,200 whole seconds; None leaves it to Devino
            (T39).
        scheduled_time: When to send, aware; sent in UTC, to the millisecond (T31).
        priority: One of Devino's four words.
        callback_url: Where Devino posts the statuses of this message.
        options: Text that Devino echoes in those posts.
        extra: Further fields, merged last into this message's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    sender: str = field(repr=mask_sender, validator=by_rule(check_text))
    to: str = field(repr=mask_number, validator=check_phone)
    text: str = field(repr=mask_text, validator=[by_rule(check_text), _check_length])
    validity: timedelta | None = field(default=None, validator=_check_validity)
    scheduled_time: datetime | None = field(default=None, validator=_check_time)
    priority: SmsPriority | None = field(default=None, validator=_check_priority)
    callback_url: str | None = field(
        default=None, repr=mask_url, validator=by_rule(check_optional_url)
    )
    options: Mapping[str, str] | None = field(
        default=None, repr=False, hash=False, validator=by_rule(check_text_mapping)
    )
    extra: Mapping[str, Any] | None = field(
        default=None, repr=False, hash=False, validator=_check_extra
    )


def length_problem(text: str) -> str | None:
    """What is wrong with the length of *text*, as the end of a sentence; None if nothing is."""
    if len(text) > LONGEST_TEXT:
        return f"may have at most {LONGEST_TEXT} characters"
    if len(text) > LONGEST_WIDE_TEXT and segments(text).encoding is not Encoding.GSM_7:
        return f"outside the GSM alphabet may have at most {LONGEST_WIDE_TEXT} characters"
    return None


def to_wire(message: SmsMessage) -> dict[str, Any]:
    """*message* as an object of ``POST /sms/messages``."""
    wire: dict[str, Any] = {
        "from": message.sender,
        "to": message.to.removeprefix("+"),
        "text": message.text,
    }
    if message.validity is not None:
        wire["validity"] = int(message.validity.total_seconds())
    if message.scheduled_time is not None:
        utc = message.scheduled_time.astimezone(UTC)
        wire["scheduledTime"] = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if message.priority is not None:
        wire["priority"] = message.priority.value
    if message.callback_url is not None:
        wire["callbackUrl"] = message.callback_url
    if message.options is not None:
        wire["options"] = dict(message.options)
    return {**wire, **(message.extra or {})}
