"""Text messages that ask for nothing else, which go out without Messente's own class around them.

The class is the judge of how they are written, and of whether anything was left unchecked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from messente_async import MessenteProvider, message as mapping
from messente_async.message import omnimessage_of, outgoing
from messente_async.omnimessage import to_wire
from omni_common.errors import InvalidMessageError
from omni_common.history import History
from omni_common.message import Message, Priority, Recipient, Sms, Viber
from omni_common.rules import is_sendable
from tests.support.fault_server import FaultServer

TO = "+37251000000"
WORDS = st.text(min_size=1, max_size=40).filter(is_sendable)
NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
LIFETIMES = st.integers(1, 10**9).map(lambda seconds: timedelta(seconds=seconds))


@given(
    to=NUMBERS | NUMBERS.map(lambda number: Recipient(phone=number, email="anna@example.com")),
    text=WORDS,
    sender=st.none() | WORDS,
    of_account=st.none() | WORDS,
    ttl=st.none() | LIFETIMES,
)
def test_they_are_written_as_by_the_class_which_has_nothing_against_them(
    to: str | Recipient,
    text: str,
    sender: str | None,
    of_account: str | None,
    ttl: timedelta | None,
) -> None:
    message = Message(to, Sms(text, sender=sender, ttl=ttl), metadata=None)
    omnimessage = omnimessage_of(message, of_account)
    sent = outgoing(message, of_account)

    assert sent.wire == to_wire(omnimessage)
    assert sent.to == omnimessage.to
    assert MessenteProvider("user", "password", sender=of_account).check(message) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"priority": Priority.HIGH},
        {"callback_url": "https://shop.example/reports"},
        {"send_at": datetime(2100, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_what_asks_for_more_is_no_plain_message(asked: dict[str, Any]) -> None:
    message = Message(TO, Sms("Hi"), **asked)

    assert outgoing(message, None).wire == to_wire(omnimessage_of(message, None))
    assert len(outgoing(message, None).wire) == 3  # beside to and messages


@pytest.mark.parametrize(
    ("message", "builds"),
    [
        (Message(TO, Sms("Hi")), 0),
        (Message(TO, Sms("Hi"), extra={"messente": {"text_store": "nostore"}}), 0),
        (Message(TO, Sms("Hi"), priority=Priority.LOW), 1),
        (Message(TO, Viber("Hi")), 1),
        (Message(TO, [Viber("Hi"), Sms("Hi")]), 1),
    ],
    ids=["plain", "extra", "priority", "viber", "cascade"],
)
def test_only_they_spare_the_class(
    message: Message, builds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Message] = []

    def noted(each: Message, sender: str | None) -> Any:
        built.append(each)
        return omnimessage_of(each, sender)

    monkeypatch.setattr(mapping, "omnimessage_of", noted)
    outgoing(message, "Shop")

    assert built == [message] * builds


def test_extra_fields_are_merged_last() -> None:
    message = Message(TO, Sms("Hi"), extra={"messente": {"text_store": "nostore"}})

    assert outgoing(message, "Shop").wire == {
        "to": TO,
        "messages": [{"channel": "sms", "text": "Hi", "sender": "Shop"}],
        "text_store": "nostore",
    }


def test_they_are_shown_without_their_content() -> None:
    assert repr(outgoing(Message(TO, Sms("Hi")), None)) == "Outgoing(to=+372…00)"


async def test_a_batch_of_none_is_no_call() -> None:
    async with (
        FaultServer() as server,
        MessenteProvider("user", "password", base_url=server.url) as omni,
    ):
        assert await omni.send_batch([], History()) == []

    assert server.requests == []


def test_one_that_escaped_the_check_is_refused_by_the_class() -> None:
    with pytest.raises(InvalidMessageError, match="to must be"):
        outgoing(Message("anna@example.com", Sms("Hi")), None)
