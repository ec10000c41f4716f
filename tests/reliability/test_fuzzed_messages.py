"""Shared messages of anything: sent or refused, and nothing else raised."""

from __future__ import annotations

import asyncio
import pickle
import socket
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import pytest
from attrs import fields
from hypothesis import strategies as st

from omni_common.config import connect
from omni_common.errors import (
    ConnectionFailedError,
    InvalidMessageError,
    NotSentError,
    OmniError,
)
from omni_common.message import (
    Content,
    Email,
    Message,
    Recipient,
    Sms,
    Viber,
    ViberVideo,
    Vk,
    WhatsApp,
    WhatsAppTemplate,
)
from omni_common.provider import OmniProvider
from tests.reliability.cases import Tally, every, everything_about
from tests.reliability.conftest import Size
from tests.reliability.hostile_json import texts
from tests.reliability.hostile_values import things
from tests.support.figures import RecordProperty

CANARY = "k4n4ry"
PHONE = "+37251000000"
SECOND = timedelta(seconds=1)
VIDEO = ViberVideo("https://a.example/v", "https://a.example/t", 1, SECOND)
TEMPLATE = WhatsAppTemplate("hello", "en", (CANARY,))

GENUINE: Final[Mapping[type, Mapping[str, Any]]] = {
    Recipient: {"phone": PHONE, "email": "a@b.example"},
    Sms: {"text": CANARY, "sender": "Shop", "ttl": SECOND},
    Viber: {
        "text": CANARY,
        "image_url": "https://a.example/i",
        "button_text": CANARY,
        "button_url": "https://a.example",
        "sender": "Shop",
        "ttl": SECOND * 60,
    },
    ViberVideo: {
        name: getattr(VIDEO, name) for name in ("url", "thumbnail_url", "file_size", "duration")
    },
    WhatsAppTemplate: {"name": "hello", "language": "en", "parameters": [CANARY]},
    WhatsApp: {"text": CANARY, "sender": "Shop", "ttl": SECOND},
    Email: {"text": CANARY, "subject": CANARY, "sender": "a@b.example", "sender_name": "Shop"},
    Vk: {"template_id": "1", "template_data": {"code": CANARY}, "sender": "Shop"},
}
MESSAGE: Final[Mapping[str, Any]] = {
    "to": PHONE,
    "content": Sms(CANARY, sender="Shop"),
    "callback_url": "https://a.example",
    "reference": "order-1",
    "extra": {"devino": {"options": {}}},
}
_CONTENTS = [kind for kind in GENUINE if kind not in {Recipient, ViberVideo, WhatsAppTemplate}]


def spoilt(genuine: Mapping[str, Any], kind: type) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of *kind*, up to two of which are anything."""
    names = st.sampled_from([each.name for each in fields(kind)])
    return st.dictionaries(names, things(), max_size=2).map(lambda odd: {**genuine, **odd})


def check_value(model: Any) -> None:
    """What every model of the library can: be shown, compared, hashed and pickled."""
    assert CANARY not in repr(model)
    assert repr(model).encode()
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes
    assert copied == model
    assert hash(copied) == hash(model)


@pytest.mark.parametrize("kind", GENUINE, ids=lambda kind: kind.__name__)
def test_any_part_of_a_message_is_made_or_refused(
    kind: type, size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def check(arguments: dict[str, Any]) -> None:
        result = tally.tried(lambda: kind(**arguments), InvalidMessageError)
        if isinstance(result, OmniError):
            assert CANARY not in everything_about(result)
        else:
            check_value(result)

    every(spoilt(GENUINE[kind], kind), size(short=30, full=1_500), check)
    record_property("fuzzed messages", dict(tally.figures))
    tally.assert_teeth(accepted=0.001)


def contents() -> st.SearchStrategy[Content]:
    """Contents that are valid as far as nobody but the vendor knows better."""
    odd = texts().map(lambda text: text or "x") | st.sampled_from(
        ["${macro}", "x" * 40_000, "\u20ac" * 800]
    )

    def made(kind: Any, changes: dict[str, str]) -> Any:
        known = {name: text for name, text in changes.items() if hasattr(kind, name)}
        try:
            return kind(**{**GENUINE[kind], **known})
        except InvalidMessageError:
            return kind(**GENUINE[kind])

    names = st.sampled_from(["text", "sender", "subject", "button_text", "sender_name"])
    plain = st.builds(made, st.sampled_from(_CONTENTS), st.dictionaries(names, odd, max_size=2))
    return plain | st.sampled_from(
        [Viber(video=VIDEO), WhatsApp(template=TEMPLATE), Email(subject="a", html="<b>")]
    )


def messages() -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of messages over one channel or several."""
    several = st.lists(contents(), min_size=1, max_size=3, unique_by=lambda each: each.channel)
    recipient = Recipient(PHONE, "a@b.example")
    return st.builds(
        lambda arguments, content: (
            {"to": recipient, **arguments, "content": content} if content else arguments
        ),
        spoilt({**MESSAGE, "to": recipient}, Message),
        st.none() | several,
    )


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port that nobody listens at, nor can come to: connections to it are refused at once."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def test_any_message_is_refused_or_provably_not_sent(
    nowhere: int, size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()
    address = f"127.0.0.1:{nowhere}?max_attempts=1&sender=Shop"
    urls = (f"messente://me:{CANARY}@{address}", f"devino://{CANARY}@{address}&cascade_ttl=60")

    async def sent(provider: OmniProvider, message: Message) -> None:
        problems = provider.check(message)
        with pytest.raises(NotSentError) as caught:
            await provider.send(message)
        assert CANARY not in everything_about(caught.value)
        expected = type(problems[0]) if problems else ConnectionFailedError
        assert type(caught.value) is expected

    def check(case: tuple[int, dict[str, Any]]) -> None:
        place, arguments = case
        message = tally.tried(lambda: Message(**arguments), InvalidMessageError)
        if isinstance(message, OmniError):
            assert CANARY not in everything_about(message)
        else:
            check_value(message)
            runner.run(sent(providers[place], message))

    with asyncio.Runner() as runner:
        providers = [connect(url) for url in urls]
        every(st.tuples(st.integers(0, 1), messages()), size(short=80, full=5_000), check)
        for provider in providers:
            runner.run(provider.close())
    record_property("fuzzed messages", dict(tally.figures))
    tally.assert_teeth()
