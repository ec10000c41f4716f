"""What Messente accepts: the rules of an omnimessage, as pure functions of its data.

Fields and limits are those of the vendor's OpenAPI and reference (contracts B1); where they are
silent, :class:`MessenteBehaviour` has a switch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from attrs import field, frozen

from messente_async.sandbox.behaviour import (
    AutoconvertRule,
    MessenteBehaviour,
    PhoneRule,
    ViberRule,
)
from messente_async.sandbox.rich_content import RCS, RCS_CONTENTS, WHATSAPP_CONTENTS, whatsapp
from messente_async.sandbox.schema import (
    Kind,
    Problem,
    Shape,
    array,
    choice,
    exactly_one,
    record,
    table,
    text,
    uri,
    web_url,
    whole,
)
from omni_common.clock import read_time
from omni_common.redaction import mask_number, mask_text
from omni_common.sandbox import Scenario, scenario_of

__all__ = [
    "CHANNELS",
    "PAYLOAD",
    "Account",
    "ChannelMessage",
    "Submission",
    "find_problems",
    "read_submission",
]

PAYLOAD = "payload"
"""What every source of a problem begins with."""
CHANNELS = ("sms", "viber", "whatsapp", "rcs")

_MEBIBYTE = 2**20
_LONGEST_SECONDS = 10 * 365 * 24 * 3600
"""Longer lifetimes count as this long; the vendor names no limit, but the calendar has one."""
_LAST_YEAR = 9000
_PHONES = {
    PhoneRule.PLUS_REQUIRED: re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII),
    PhoneRule.PLUS_OPTIONAL: re.compile(r"\+?[1-9][0-9]{6,14}", re.ASCII),
    PhoneRule.ANY_TEXT: re.compile(r".+"),
}
_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_COMMON: dict[str, Shape] = {
    "channel": choice(CHANNELS),
    "sender": text(),
    "validity": whole(lowest=1),
    "ttl": whole(lowest=1),
}
# "true" and "false" are what the OpenAPI's generator made of on and off (T42).
_AUTOCONVERT = {
    AutoconvertRule.EITHER: {"on", "full", "off", "true", "false"},
    AutoconvertRule.REFERENCE: {"on", "full", "off"},
    AutoconvertRule.OPENAPI: {"full", "true", "false"},
}
_BUTTON = record({"label": text(), "action_url": uri()}, required=("label", "action_url"))
_CARD = {
    "title": text(shortest=2, longest=38),
    "image_url": web_url,
    "primary_button": _BUTTON,
    "secondary_button": _BUTTON,
}
_VIDEO = {
    "url": web_url,
    "thumbnail": web_url,
    "file_size": whole(lowest=1, highest=200 * _MEBIBYTE),
    "duration": whole(lowest=1, highest=600),
}
_VIBER: dict[str, Shape] = {
    "text": text(longest=1000),
    "image_url": web_url,
    "button_url": uri(),
    "button_text": text(),
    "video": record(_VIDEO, required=tuple(_VIDEO)),
    "template": record(
        {"id": text(), "lang": text(), "params": table(text(shortest=0))}, required=("id", "lang")
    ),
    "carousel": record(
        {
            "items": array(
                record(_CARD, required=("title", "image_url", "primary_button")), fewest=2, most=5
            )
        },
        required=("items",),
    ),
}
_VIDEO_COMBINATIONS = (
    {"video"},
    {"video", "text"},
    {"video", "text", "button_text"},
    {"video", "text", "button_text", "button_url"},
)
_WITH_IMAGE = ({"image_url"}, {"text", "image_url", "button_text", "button_url"})
# Neither document lists templates among the combinations; they bring their own content.
_VIBER_COMBINATIONS: dict[ViberRule, tuple[set[str], ...]] = {
    ViberRule.OPENAPI: (
        {"text"},
        {"text", "button_text", "button_url"},
        {"carousel", "text"},
        {"template"},
        *_WITH_IMAGE,
        *_VIDEO_COMBINATIONS,
    ),
    ViberRule.REFERENCE: ({"text"}, {"template"}, *_WITH_IMAGE, *_VIDEO_COMBINATIONS),
}


@frozen
class Account:
    """What the vendor knows of the account that a message is sent from."""

    default_sender: str = "Sandbox"
    """Stands in for a sender that a message does not name."""
    forbidden_senders: frozenset[str] = frozenset({"Forbidden"})
    """Senders that are refused as disallowed."""
    inbound_number: str = "1234"
    """The number that people send to."""


@frozen
class ChannelMessage:
    """One channel of an omnimessage, as it was accepted."""

    channel: str
    sender: str
    text: str = field(repr=mask_text)
    ttl: timedelta | None
    """How long the channel is tried, where the message says."""


@frozen
class Submission:
    """An omnimessage that meets every rule."""

    to: str = field(repr=mask_number)
    channels: tuple[ChannelMessage, ...]
    dlr_url: str | None = field(repr=mask_text)
    send_at: datetime | None
    """Its ``time_to_send``, in UTC."""


def find_problems(
    payload: Any, behaviour: MessenteBehaviour, account: Account, now: datetime
) -> tuple[Problem, ...]:
    """Return everything that is wrong with an omnimessage; nothing means it is accepted."""
    return tuple(
        problem
        for problem in (*_shape(behaviour)(payload, PAYLOAD), *_rules(payload, account))
        if problem.kind is not Kind.UNKNOWN_FIELD or not behaviour.accepts_unknown_fields
    ) or tuple(_time_problems(payload, behaviour, now))


def read_submission(payload: Mapping[str, Any], account: Account) -> Submission:
    """Read an omnimessage in which :func:`find_problems` finds none."""
    time_to_send = payload.get("time_to_send")
    return Submission(
        to=payload["to"],
        channels=tuple(_read_channel(part, account) for part in payload["messages"]),
        dlr_url=payload.get("dlr_url"),
        send_at=None if time_to_send is None else _read_time(time_to_send),
    )


def _read_channel(part: Mapping[str, Any], account: Account) -> ChannelMessage:
    ttl = None
    if "ttl" in part:
        ttl = timedelta(seconds=min(part["ttl"], _LONGEST_SECONDS))
    elif "validity" in part:
        ttl = timedelta(seconds=min(part["validity"] * 60, _LONGEST_SECONDS))
    words = part.get("text", "")
    return ChannelMessage(
        channel=part["channel"],
        sender=part.get("sender", account.default_sender),
        text=words["body"] if isinstance(words, dict) else words,
        ttl=ttl,
    )


def _read_time(words: str) -> datetime:
    moment = read_time(words)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@cache
def _shape(behaviour: MessenteBehaviour) -> Shape:
    return record(
        {
            "to": _phone(behaviour),
            "messages": _channels(behaviour),
            "dlr_url": web_url,
            "text_store": choice({"nostore", "plaintext", "sha256"}),
            "time_to_send": _moment,
            "priority": choice({"low", "regular", "high"}),
        },
        required=("to", "messages"),
    )


def _phone(behaviour: MessenteBehaviour) -> Shape:
    def check(value: Any, source: str) -> Iterator[Problem]:
        right = isinstance(value, str) and _PHONES[behaviour.phone].fullmatch(value)
        if not right or scenario_of(value) is Scenario.REFUSED:
            yield Problem(Kind.INVALID, "This is not a valid phone number", source)

    return check


def _moment(value: Any, source: str) -> Iterator[Problem]:
    if not (isinstance(value, str) and _TIME.fullmatch(value) and _is_in_calendar(value)):
        yield Problem(Kind.INVALID, "time_to_send should be an ISO 8601 date and time", source)


def _is_in_calendar(words: str) -> bool:
    try:
        return _read_time(words).year <= _LAST_YEAR
    except (ValueError, OverflowError):
        return False


def _channels(behaviour: MessenteBehaviour) -> Shape:
    contents: dict[str, Shape] = {
        "sms": record(
            {**_COMMON, **_sms(behaviour.autoconvert)}, required=("text",), rules=(_one_lifetime,)
        ),
        "viber": record(
            {**_COMMON, **_VIBER}, rules=(_one_lifetime, _viber_combination(behaviour.viber))
        ),
        "whatsapp": record(
            {**_COMMON, **whatsapp(needs_components=behaviour.template_needs_components)},
            rules=(_one_lifetime, exactly_one(*WHATSAPP_CONTENTS)),
        ),
        "rcs": record(
            {**_COMMON, **RCS},
            required=("sender",),
            rules=(_one_lifetime, exactly_one(*RCS_CONTENTS)),
        ),
    }
    known = record(_COMMON, required=("channel",))

    def check(value: Any, source: str) -> Iterator[Problem]:
        yield from array(_anything, fewest=1)(value, source)
        for index, part in enumerate(value if isinstance(value, list) else ()):
            channel = part.get("channel") if isinstance(part, dict) else None
            if isinstance(channel, str) and channel in contents:
                yield from contents[channel](part, f"{PAYLOAD}[{channel}]")
            else:
                yield from (
                    problem
                    for problem in known(part, f"{source}[{index}]")
                    if problem.kind is not Kind.UNKNOWN_FIELD
                )

    return check


def _sms(rule: AutoconvertRule) -> dict[str, Shape]:
    return {
        "text": text(),
        "autoconvert": choice(_AUTOCONVERT[rule]),
        "udh": text(like=r"([0-9A-Fa-f]{2})+"),
    }


def _anything(_: Any, __: str) -> Iterator[Problem]:
    yield from ()


def _one_lifetime(part: Any, source: str) -> Iterator[Problem]:
    if "ttl" in part and "validity" in part:
        yield Problem(Kind.INVALID, "Either ttl or validity may be given, not both", source)


def _viber_combination(rule: ViberRule) -> Shape:
    def check(part: Any, source: str) -> Iterator[Problem]:
        given = part.keys() & _VIBER.keys()
        if given not in _VIBER_COMBINATIONS[rule]:
            shown = ", ".join(sorted(given)) or "nothing"
            yield Problem(Kind.INVALID, f"A Viber message cannot be made of {shown}", source)

    return check


def _rules(payload: Any, account: Account) -> Iterator[Problem]:
    """What no single field shows: channels used twice, senders that the account may not use."""
    parts = payload.get("messages") if isinstance(payload, dict) else None
    seen: set[str] = set()
    for part in parts if isinstance(parts, list) else ():
        channel = part.get("channel") if isinstance(part, dict) else None
        if not isinstance(channel, str) or channel not in CHANNELS:
            continue
        if channel in seen:
            yield Problem(
                Kind.INVALID, f"Channel {channel} is used more than once", f"{PAYLOAD}[messages]"
            )
        seen.add(channel)
        sender = part.get("sender")
        if isinstance(sender, str) and sender in account.forbidden_senders:
            source = f"{PAYLOAD}[{channel}][sender]"
            yield Problem(Kind.INVALID, "This sender is invalid or not allowed", source)


def _time_problems(
    payload: Mapping[str, Any], behaviour: MessenteBehaviour, now: datetime
) -> Iterator[Problem]:
    words, furthest = payload.get("time_to_send"), behaviour.furthest_time
    if words is None:
        return
    ahead = _read_time(words) - now
    if ahead < timedelta() and not behaviour.accepts_past_time:
        yield Problem(Kind.INVALID, "time_to_send has passed", f"{PAYLOAD}[time_to_send]")
    if furthest is not None and ahead > furthest:
        yield Problem(Kind.INVALID, "time_to_send is too far ahead", f"{PAYLOAD}[time_to_send]")
