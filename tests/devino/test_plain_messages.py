"""Text messages that ask for nothing else, which go out without Devino's own class around them.

The class is the judge of how they are written, and of whether anything was left unchecked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import DevinoProvider
from devino_async.converter import write_object
from devino_async.routes import sms_message as mapping
from devino_async.routes.sms_message import sms_of, wire_of
from devino_async.sms.sending import LARGEST_BATCH
from omni_common.errors import InvalidMessageError
from omni_common.history import History
from omni_common.message import Message, Priority, Recipient, Sms
from omni_common.receipt import NotSent
from omni_common.rules import is_sendable
from tests.support.fault_server import FaultServer

TO = "+37251000000"
WORDS = st.text(min_size=1, max_size=40).filter(is_sendable)
NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
LIFETIMES = st.integers(1, 259_200).map(lambda seconds: timedelta(seconds=seconds))
EXTRAS = st.none() | st.fixed_dictionaries({"tag": WORDS})


@given(
    to=NUMBERS | NUMBERS.map(lambda number: Recipient(phone=number, email="anna@example.com")),
    text=WORDS,
    sender=st.none() | WORDS,
    ttl=st.none() | LIFETIMES,
    extra=EXTRAS,
)
def test_they_are_written_as_by_the_class_which_has_nothing_against_them(
    to: str | Recipient,
    text: str,
    sender: str | None,
    ttl: timedelta | None,
    extra: dict[str, str] | None,
) -> None:
    more = None if extra is None else {"devino": extra}
    message = Message(to, Sms(text, sender=sender, ttl=ttl), extra=more)

    assert wire_of(message, "Shop") == write_object(sms_of(message, "Shop"))
    assert DevinoProvider("key", sender="Shop").check(message) == []


@pytest.mark.parametrize(
    ("asked", "builds"),
    [
        ({}, 0),
        ({"extra": {"devino": {"tag": "a"}}}, 0),
        ({"priority": Priority.HIGH}, 1),
        ({"callback_url": "https://shop.example/reports"}, 1),
        ({"send_at": datetime(2100, 1, 1, tzinfo=UTC)}, 1),
        ({"metadata": {"order": "17"}}, 1),
        ({"metadata": {}}, 1),
    ],
    ids=str,
)
def test_only_they_spare_the_class(
    asked: dict[str, Any], builds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = Message(TO, Sms("Hi"), **asked)
    built: list[Message] = []

    def noted(each: Message, sender: str | None) -> Any:
        built.append(each)
        return sms_of(each, sender)

    monkeypatch.setattr(mapping, "sms_of", noted)

    assert wire_of(message, "Shop") == write_object(sms_of(message, "Shop"))
    assert built == [message] * builds


async def test_a_batch_that_is_too_large_for_one_call_is_refused_unsent() -> None:
    messages = [Message(TO, Sms("Hi"))] * (LARGEST_BATCH + 1)
    async with (
        FaultServer() as server,
        DevinoProvider("key", sender="Shop", base_url=server.url) as omni,
    ):
        outcomes = await omni.send_batch(messages, History())

    assert {type(outcome) for outcome in outcomes} == {NotSent}
    assert server.requests == []


@pytest.mark.parametrize(
    ("to", "sender", "field"), [("anna@example.com", "Shop", "to"), (TO, None, "sender")]
)
def test_one_that_escaped_the_check_is_refused_by_the_class(
    to: str, sender: str | None, field: str
) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        wire_of(Message(to, Sms("Hi")), sender)

    assert caught.value.field == field
