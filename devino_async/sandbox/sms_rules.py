"""What Devino accepts: each request's rules, as pure functions of its data.

A message is refused on its own and with every reason at once, so that a batch may be accepted in
part; only a body that holds no list of messages at all is refused as a whole. Fields and limits
follow the vendor's SMS page; where it is silent, :class:`DevinoBehaviour` has a switch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import MAXYEAR, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

from devino_async.sandbox.behaviour import DevinoBehaviour
from omni_common.clock import read_time
from omni_common.redaction import mask_number, mask_text
from omni_common.segments import Encoding, segments

__all__ = [
    "MAX_IDS",
    "MAX_MESSAGES",
    "Reason",
    "RequestRefusedError",
    "SendFlags",
    "SmsRules",
    "SmsSubmission",
    "read_flags",
    "read_ids",
    "read_message",
    "read_messages",
]

MAX_MESSAGES = 32_000
"""Messages that one send call takes."""
MAX_IDS = 500
"""Ids that one get-by-ids call takes."""

_MAX_VALIDITY = 259_200
_MAX_LATIN_TEXT = 34_170
_MAX_OTHER_TEXT = 17_085
_PRIORITIES = frozenset({"LOW", "MEDIUM", "HIGH", "REALTIME"})

_SENDER = re.compile(r"[ -~]{1,11}|[0-9]{1,15}", re.ASCII)
_PHONE = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


@frozen
class Reason:
    """Why something was refused: the vendor's key, the name of what is at fault, what it held."""

    key: str
    name: str | None = None
    value: Any = field(default=None, repr=mask_text)


class RequestRefusedError(Exception):
    """A request holds nothing that could be decided item by item."""

    def __init__(self, reason: Reason) -> None:
        """Refuse the whole request for *reason*."""
        super().__init__(reason.key)
        self.reason = reason


@frozen(kw_only=True)
class SmsSubmission:
    """One message as the vendor took it."""

    sender: str
    to: str = field(repr=mask_number)
    text: str = field(repr=mask_text)
    validity: timedelta = timedelta()
    """Zero leaves the lifetime to the vendor."""
    scheduled_at: datetime | None = None
    priority: str | None = None
    callback_url: str | None = field(default=None, repr=mask_text)
    options: Mapping[str, Any] | None = field(default=None, repr=mask_text)


@frozen(kw_only=True)
class SmsRules:
    """What decides about a message besides its own data.

    ``senders`` are the names the account may send from; None takes any of the documented form, up
    to 11 Latin characters or 15 digits.
    """

    senders: Collection[str] | None = None
    now: datetime
    behaviour: DevinoBehaviour


@frozen(kw_only=True)
class SendFlags:
    """The query parameters of a send call."""

    include_segment_id: bool = False
    shorten_url: bool = False


_Check: TypeAlias = Callable[[Any, SmsRules], str | None]
"""The key of what is wrong with a field's value, or None."""


def read_messages(body: object, *, behaviour: DevinoBehaviour) -> list[object]:
    """The items of a send call's body.

    Raises:
        RequestRefusedError: it is not an object that holds 1 to 32,000 ``messages``.
    """
    if not isinstance(body, dict):
        raise RequestRefusedError(Reason("invalid", None, body))
    if not behaviour.accepts_unknown_fields:
        for name in body.keys() - {"messages"}:
            raise RequestRefusedError(Reason("invalid", name, body[name]))
    messages = body.get("messages")
    if not messages:
        raise RequestRefusedError(Reason("must.be.not.null", "messages", messages))
    if not isinstance(messages, list):
        raise RequestRefusedError(Reason("invalid", "messages", messages))
    if len(messages) > MAX_MESSAGES:
        raise RequestRefusedError(Reason("too.many.messages", "messages", len(messages)))
    return messages


def read_message(item: object, rules: SmsRules) -> SmsSubmission | tuple[Reason, ...]:
    """The message in one item of a send call, or every reason to refuse it."""
    if not isinstance(item, dict):
        return (Reason("invalid", None, item),)
    reasons = [
        Reason("must.be.not.null", name) for name in _REQUIRED if item.get(name) in (None, "")
    ]
    missing = {reason.name for reason in reasons}
    for name, value in item.items():
        if name in missing:
            continue
        if key := _CHECKS.get(name, _unknown_field)(value, rules):
            reasons.append(Reason(key, name, value))
    return tuple(reasons) or _submission(item)


def read_ids(body: object) -> list[str]:
    """The ids that a get-by-ids call asks for, each once, as text.

    Raises:
        RequestRefusedError: it is not a bare array of up to 500 ids, as strings or whole numbers.
    """
    if not isinstance(body, list):
        raise RequestRefusedError(Reason("invalid", None, body))
    if len(body) > MAX_IDS:
        raise RequestRefusedError(Reason("too.many.messages", None, len(body)))
    for position, value in enumerate(body):
        if not value or isinstance(value, bool) or not isinstance(value, str | int):
            raise RequestRefusedError(Reason("invalid", f"[{position}]", value))
    return list(dict.fromkeys(map(str, body)))


def read_flags(query: str, *, behaviour: DevinoBehaviour) -> SendFlags:
    """The flags in a send call's raw query string; a flag that is not given is false.

    Raises:
        RequestRefusedError: one is neither ``true`` nor ``false``, or is not documented.
    """
    found: dict[str, bool] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        attribute = _FLAGS.get(name)
        if attribute is not None and value in _TRUTH:
            found[attribute] = _TRUTH[value]
        elif attribute is not None or not behaviour.accepts_unknown_fields:
            raise RequestRefusedError(Reason("invalid", name, value))
    return SendFlags(**found)


def _submission(item: Mapping[str, Any]) -> SmsSubmission:
    time = item.get("scheduledTime")
    return SmsSubmission(
        sender=item["from"],
        to=item["to"],
        text=item["text"],
        validity=timedelta(seconds=item.get("validity", 0)),
        scheduled_at=None if time is None else datetime.fromisoformat(time),
        priority=item.get("priority"),
        callback_url=item.get("callbackUrl"),
        options=item.get("options"),
    )


def _sender(value: object, rules: SmsRules) -> str | None:
    if not isinstance(value, str):
        return "not.available"
    if rules.senders is None:
        return None if _SENDER.fullmatch(value) else "not.available"
    return None if value in rules.senders else "not.available"


def _phone(value: object, rules: SmsRules) -> str | None:
    if not isinstance(value, str):
        return "to.format.invalid"
    digits = value.removeprefix("+") if rules.behaviour.accepts_plus else value
    return None if _PHONE.fullmatch(digits) else "to.format.invalid"


def _text(value: object, _rules: SmsRules) -> str | None:
    if not isinstance(value, str):
        return "invalid"
    counted = segments(value)
    latin = counted.encoding is Encoding.GSM_7
    length, limit = (len(value), _MAX_LATIN_TEXT) if latin else (counted.units, _MAX_OTHER_TEXT)
    return "text.length.too.long" if length > limit else None


def _validity(value: Any, _rules: SmsRules) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and 0 <= value <= _MAX_VALIDITY else "validity.is.invalid"


def _scheduled_time(value: object, rules: SmsRules) -> str | None:
    wrong = "scheduledTime.is.invalid"
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return wrong
    try:
        time = read_time(value)
    except ValueError:
        return wrong
    if time.year == MAXYEAR:  # what follows the sending would have no date
        return wrong
    return wrong if time < rules.now and not rules.behaviour.accepts_past_time else None


def _priority(value: object, _rules: SmsRules) -> str | None:
    known = isinstance(value, str) and value in _PRIORITIES
    return None if known else "priority.is.not.match"


def _callback_url(value: object, _rules: SmsRules) -> str | None:
    wrong = "callbackUrl.format.invalid"
    if not isinstance(value, str):
        return wrong
    try:
        parts = urlsplit(value)
    except ValueError:
        return wrong
    return None if parts.scheme in {"http", "https"} and parts.hostname else wrong


def _options(value: object, _rules: SmsRules) -> str | None:
    return None if isinstance(value, dict) else "invalid"


def _unknown_field(_value: object, rules: SmsRules) -> str | None:
    return None if rules.behaviour.accepts_unknown_fields else "invalid"


_FLAGS = {"includeSegmentId": "include_segment_id", "shortenUrl": "shorten_url"}
_TRUTH = {"true": True, "false": False}
_REQUIRED = ("from", "to", "text")
_CHECKS: Mapping[str, _Check] = {
    "from": _sender,
    "to": _phone,
    "text": _text,
    "validity": _validity,
    "scheduledTime": _scheduled_time,
    "priority": _priority,
    "callbackUrl": _callback_url,
    "options": _options,
}
