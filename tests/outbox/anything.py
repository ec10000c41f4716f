"""Messages, receipts and errors of every kind, for hypothesis."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone
from typing import Any, TypeAlias

from attrs import evolve
from hypothesis import strategies as st

from omni_common import errors
from omni_common.converter import dumps
from omni_common.errors import Attempt, NotSentError, OutcomeUnknownError
from omni_common.message import (
    Channel,
    Email,
    Message,
    Priority,
    Recipient,
    Sms,
    Viber,
    ViberVideo,
    Vk,
    WhatsApp,
    WhatsAppTemplate,
)
from omni_common.receipt import Part, Receipt

__all__ = [
    "KINDS",
    "SendError",
    "attempts",
    "failures",
    "lines",
    "messages",
    "moments",
    "receipts",
    "said",
    "texts",
    "through_sqlite",
]

SendError: TypeAlias = NotSentError | OutcomeUnknownError

KINDS: Mapping[str, type[SendError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, NotSentError | OutcomeUnknownError)
}
"""Every error that a send may end with."""

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
_ODD_TEXTS = (
    "\x00",
    "a\x00b",
    "\"'`\\",
    "\\u0000",
    "\\ud800",
    "${x} %s ?1",
    "\r\n\t\b\f\x1b\x7f",
    "\u2028\u2029\ufeff\ufffe\uffff",
    "👩‍👩‍👧‍👦🇪🇪",
    "\U0010ffff",
    "õäöü привет שלום 你好",
    '{"a":[1]}',
    "null",
    " ",
)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9) | (
    st.sampled_from(_ODD_TEXTS)
)
lines = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12
) | st.sampled_from(["order-1", "\"'\\", "[0]", "$[0]", "\\u0000", "🇪🇪", " "])
phones = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
addresses = st.from_regex(
    r"[a-z0-9ж+!#'{}~-]{1,8}@[a-z0-9ж-]{1,8}(\.[a-zж]{2,4}){1,2}", fullmatch=True
)
urls = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=9).map(
    lambda path: f"https://anna@shop.example:8443/{path}?q={path}#{path}"
) | st.just("http://[::1]")
durations = st.integers(1, 10**13).map(lambda seconds: timedelta(seconds=seconds))
waits = st.timedeltas(timedelta(), 365 * DAY)
zones = st.just(UTC) | st.timedeltas(timedelta.resolution - DAY, DAY - timedelta.resolution).map(
    timezone
)
# Python itself takes an offset of less than a second for none.
plain_zones = st.integers(1 - 86_400, 86_399).map(lambda seconds: timezone(seconds * SECOND))
moments = st.datetimes(timezones=zones).filter(
    # What UTC has no year for is another test's.
    lambda when: 1 < when.year < 9999
)
mappings = st.dictionaries(texts | st.just(""), texts | st.just(""), max_size=3)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 2**64, 10**19, 10**400, 1e308, -0.0, 5e-324])
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
extras = st.dictionaries(texts, st.dictionaries(texts, values, max_size=3), max_size=2)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


_common: dict[str, Any] = {"sender": _maybe(texts), "ttl": _maybe(durations)}
_videos = st.builds(ViberVideo, urls, urls, st.integers(1) | st.just(2**70), durations)
_templates = st.builds(WhatsAppTemplate, texts, texts, st.lists(texts | st.just(""), max_size=3))
_pictures: dict[str, Any] = {
    "button_text": _maybe(texts),
    "button_url": _maybe(texts),
    **_common,
}
_names: dict[str, Any] = {"subject": texts, "sender_name": _maybe(texts), **_common}
contents = st.one_of(
    st.builds(Sms, texts, **_common),
    st.builds(Viber, texts, image_url=_maybe(urls), video=_maybe(_videos), **_pictures),
    st.builds(Viber, image_url=urls, **_pictures),
    st.builds(Viber, video=_videos, **_pictures),
    st.builds(WhatsApp, texts, **_common),
    st.builds(WhatsApp, template=_templates, **_common),
    st.builds(Email, texts, **_names),
    st.builds(Email, html=texts, **_names),
    st.builds(Vk, texts, **_common),
    st.builds(Vk, template_id=texts, template_data=_maybe(mappings), **_common),
)
recipients = (
    phones
    | addresses
    | st.builds(Recipient, phones)
    | st.builds(Recipient, email=addresses)
    | st.builds(Recipient, phones, addresses)
)
_plain_messages = st.builds(Message, recipients, st.builds(Sms, texts), reference=lines)
messages = _plain_messages | st.builds(
    Message,
    recipients,
    st.lists(contents, min_size=1, max_size=5, unique_by=lambda each: each.channel),
    send_at=_maybe(moments),
    priority=_maybe(st.sampled_from(Priority)),
    callback_url=_maybe(urls),
    metadata=_maybe(mappings),
    reference=lines,
    extra=_maybe(extras),
)

_attempt = st.builds(
    Attempt,
    st.just(0),
    st.datetimes(timezones=plain_zones),
    st.booleans(),
    texts | st.just(""),
    status=_maybe(st.integers(100, 599)),
    waited=waits,
    proves_not_sent=st.booleans(),
)
attempts = st.lists(_attempt, max_size=3).map(
    lambda made: tuple(evolve(each, number=number) for number, each in enumerate(made, start=1))
)
_parts = st.builds(
    Part,
    st.sampled_from(Channel) | texts | st.sampled_from(["rcs", ""]),
    _maybe(texts | st.just("")),
    _maybe(texts | st.just("")),
)
receipts = st.builds(
    Receipt,
    texts,
    texts,
    lines,
    texts | st.just(""),
    st.lists(_parts, max_size=3).map(tuple),
    attempts,
)


@st.composite
def failures(draw: st.DrawFn, kinds: st.SearchStrategy[type[SendError]] | None = None) -> SendError:
    """An error of a send, with all that may be known of it."""
    kind = draw(kinds or st.sampled_from(list(KINDS.values())))
    return kind(
        draw(texts | st.just("")),
        provider=draw(_maybe(texts)),
        reference=draw(lines),
        attempts=draw(attempts),
        retry_after=draw(_maybe(waits)),
        vendor_code=draw(_maybe(texts | st.just(""))),
        field=draw(_maybe(texts | st.just(""))),
    )


def said(error: SendError | None) -> object:
    """All that *error* says, to be compared: errors are not equal to one another."""
    if error is None:
        return None
    return (
        type(error),
        error.text,
        error.provider,
        error.reference,
        error.attempts,
        error.retry_after,
        error.vendor_code,
        error.field,
        error.raw,
    )


def through_sqlite(document: Mapping[str, Any]) -> str:
    """*document* as it comes out of a text column, having gone in among others as one JSON text."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE kept (text TEXT NOT NULL) STRICT")
        connection.execute(
            "INSERT INTO kept SELECT json_extract(value, '$[1]') FROM json_each(?)",
            (dumps([["reference", document]]).decode(),),
        )
        return str(connection.execute("SELECT text FROM kept").fetchone()[0])
    finally:
        connection.close()
