"""One SMS as Devino takes it, and what each of its fields may hold (contract sheet, A1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import optional

from devino_async.converter import wire
from devino_async.fields import (
    FROM,
    WITHOUT_PLUS,
    optional_mapping,
    optional_one_of,
    optional_seconds,
    optional_url,
)
from devino_async.problems import invalid
from devino_async.rules import check_moment, check_phone, check_text, one_of
from omni_common.redaction import mask_number, mask_sender, mask_text
from omni_common.segments import Encoding, segments

__all__ = [
    "LONGEST_TEXT",
    "LONGEST_VALIDITY",
    "LONGEST_WIDE_TEXT",
    "SmsMessage",
    "SmsPriority",
    "check_length",
    "length_problem",
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


def check_length(_: object, attribute: Attribute[Any], value: str) -> None:
    """Text that is not too long for an SMS."""
    if (problem := length_problem(value)) is not None:
        raise invalid(attribute.name, problem)


def _utc_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
        options: Any object that JSON can hold, which Devino echoes in those posts.
        extra: Further fields, merged last into this message's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    sender: str = field(repr=mask_sender, validator=check_text, metadata=FROM)
    to: str = field(repr=mask_number, validator=check_phone, metadata=WITHOUT_PLUS)
    text: str = field(repr=mask_text, validator=[check_text, check_length])
    validity: timedelta | None = optional_seconds(0, LONGEST_VALIDITY // timedelta(seconds=1))
    scheduled_time: datetime | None = field(
        default=None, validator=optional(check_moment), metadata=wire(write=_utc_text)
    )
    priority: SmsPriority | None = optional_one_of(SmsPriority)
    callback_url: str | None = optional_url()
    options: Mapping[str, Any] | None = optional_mapping()
    # Whether JSON can hold it is found out when it is written, once for a whole batch.
    extra: Mapping[str, Any] | None = optional_mapping(check=one_of(Mapping))


def length_problem(text: str) -> str | None:
    """What is wrong with the length of *text*, as the end of a sentence; None if nothing is."""
    if len(text) > LONGEST_TEXT:
        return f"may have at most {LONGEST_TEXT} characters"
    if len(text) > LONGEST_WIDE_TEXT and segments(text).encoding is not Encoding.GSM_7:
        return f"outside the GSM alphabet may have at most {LONGEST_WIDE_TEXT} characters"
    return None
