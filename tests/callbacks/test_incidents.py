"""What a receiver logs of posts that came to nothing: enough to find out why, and no content."""

from __future__ import annotations

import logging

import pytest
from attrs import evolve

from omni_common import ConfigurationError
from omni_common.callbacks import CallbackReceiver, Event
from tests.callbacks.genuine import AREAS, SECRETS, Post, genuine


async def answer(to: CallbackReceiver, post: Post) -> int:
    return (await to.receive(post.method, post.path, post.headers, post.body)).status


async def test_a_refusal_is_logged_by_its_area_and_reason(caplog: pytest.LogCaptureFixture) -> None:
    made = CallbackReceiver(repr, secrets=SECRETS, size_limit=2000)
    forged = evolve(genuine("messente.delivery"), headers=())
    wrong = evolve(genuine("devino.sms"), path="/devino/sms/another-token-of-a-path")
    unreadable = genuine("devino.omni", b'{"text": "canary')
    large = genuine("devino.email", b"canary" * 500)
    with caplog.at_level(logging.INFO, "omni_common.callbacks"):
        statuses = [await answer(made, post) for post in (forged, wrong, unreadable, large)]
    assert statuses == [403, 404, 400, 413]
    assert [
        (record.levelname, record.getMessage().split(": ")[1]) for record in caplog.records
    ] == [
        ("WARNING", "messente.delivery"),
        ("WARNING", "devino.sms"),
        ("WARNING", "devino.omni"),
        ("WARNING", "devino.email"),
    ]
    for hidden in ("canary", "another-token", SECRETS["devino.omni"][0], "3725555555"):
        assert hidden not in caplog.text


async def test_a_failing_handler_is_logged_by_its_error_and_place_without_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def handle(event: Event) -> None:
        keep(event)

    def keep(event: Event) -> None:
        raise KeyError(f"canary {event.raw}")

    made = CallbackReceiver(handle, secrets=SECRETS)
    for area in AREAS:
        caplog.clear()
        with caplog.at_level(logging.DEBUG):
            assert await answer(made, genuine(area)) == 500
        [record] = caplog.records
        assert (record.levelname, record.name) == ("ERROR", "omni_common.callbacks")
        assert record.exc_info is None
        text = record.getMessage()
        assert f"the handler of {area} raised KeyError at {__file__}:" in text
        assert text.endswith("in keep")
        for hidden in ("canary", *SECRETS[area], "1111111", "5555555", "Message", "test"):
            assert hidden not in text.replace(__file__, "")


async def test_a_failing_handler_written_in_c_is_logged_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handlers: dict[Event, None] = {}
    made = CallbackReceiver(handlers.__getitem__, secrets=SECRETS)
    assert await answer(made, genuine("devino.sms")) == 500
    assert caplog.messages == ["the handler of devino.sms raised KeyError"]


async def test_the_text_of_an_error_of_this_library_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def handle(_: Event) -> None:
        raise ConfigurationError("sender: missing")

    made = CallbackReceiver(handle, secrets=SECRETS)
    assert await answer(made, genuine("devino.sms")) == 500
    assert caplog.messages[0].endswith("in handle: sender: missing")
