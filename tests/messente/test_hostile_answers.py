"""Answers that no vendor should give, over real sockets: what they may and may not bring about."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from messente_async import MessenteProvider
from omni_common.errors import (
    CancelFailedError,
    NotSentError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    ReadError,
)
from omni_common.history import History
from omni_common.message import Message, Sms, Viber
from omni_common.receipt import Accepted
from omni_common.sandbox import SandboxClock
from tests.support.emulated_time import EmulatedTime
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Step, answer, raw_answer

TO = "+37251000000"
ID = "messente:d7248cda-6c1a-4436-acf5-aaf249bb67d3"
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
HELLO = Message(TO, Sms("Hi"))
PAIR = [HELLO, Message("+37251000001", Sms("Hi"))]

BODIES = st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([TO, "105", "104", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["omnimessage_id", "to", "messages", "errors", "code", "statuses"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
).map(lambda body: json.dumps(body).encode())
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(answer, st.integers(200, 599), BODIES),
    st.builds(lambda data: raw_answer(data, then_fin=True), st.binary(max_size=60)),
    st.builds(
        lambda status, body: raw_answer(b"HTTP/1.1 %d \r\n\r\n%b" % (status, body), then_fin=True),
        st.integers(0, 1200),
        BODIES,
    ),
)


@given(step=STEPS)
@settings(max_examples=60)
async def test_whatever_is_answered_each_call_ends_in_one_of_its_own_ways(step: Step) -> None:
    time = EmulatedTime(SandboxClock(NOON, frozen=True))
    async with (
        FaultServer(step) as server,
        MessenteProvider("user", "canary", base_url=server.url, clock=time) as omni,
    ):
        # Any other error passes, and fails the test.
        with suppress(NotSentError, OutcomeUnknownError):
            await omni.send(HELLO)
        outcomes = [outcome async for outcome in omni.send_many(PAIR)]
        with suppress(ReadError):
            await omni.status(ID)
        with suppress(CancelFailedError, OutcomeUnknownError):
            await omni.cancel(ID)

    assert [outcome.message for outcome in outcomes] == PAIR
    assert server.requests


@pytest.mark.parametrize(
    "status", [200, 201, 400, 401, 403, 404, 405, 408, 409, 422, 429, 500, 501, 503]
)
@pytest.mark.parametrize("code", ["101", "103", "104", "105", "108", None])
async def test_the_vendors_own_words_stay_in_raw(
    connected: Callable[..., MessenteProvider],
    caplog: pytest.LogCaptureFixture,
    status: int,
    code: str | None,
) -> None:
    caplog.set_level(logging.DEBUG)
    words = f"canary-password is wrong for {TO}, who was to read canary-text"
    refusal = {"errors": [{"title": words, "detail": words, "code": code, "source": words}]}
    message = Message(TO, [Viber("canary-text"), Sms("canary-text")])
    errors: list[OmniError] = []
    async with FaultServer(answer(status, json.dumps(refusal).encode())) as server:
        omni = connected(base_url=server.url, password="canary-password")
        for call in (omni.send(message), omni.status(ID), omni.cancel(ID)):
            with pytest.raises(OmniError) as caught:
                await call
            errors.append(caught.value)
        async for outcome in omni.send_many([message, message]):
            assert not isinstance(outcome, Accepted)
            errors.append(outcome.error)

    shown = " ".join(f"{each!r} {each.__cause__!r} {pickle.dumps(each)!r}" for each in errors)
    assert "canary" not in shown + caplog.text
    assert TO[1:] not in shown + caplog.text
    assert errors[0].raw == refusal


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        ({"omnimessage_id": "x", "to": TO}, 500, Outcome.ACCEPTED),
        ({"omnimessage_id": "x"}, 429, Outcome.ACCEPTED),
        ({"omnimessage_id": "x", "to": "+37251000001"}, 201, Outcome.UNKNOWN),
        ({"omnimessage_id": "x", "errors": [{"code": "105"}]}, 400, Outcome.UNKNOWN),
        ({"omnimessage_id": " ", "to": TO}, 201, Outcome.UNKNOWN),
        ({"errors": [{"code": "105"}]}, 201, Outcome.NOT_SENT),
        ({"errors": [{"code": "104"}]}, 501, Outcome.UNKNOWN),
        ({"errors": [{"code": "105"}]}, 500, Outcome.UNKNOWN),
        ({"errors": [{"code": "108"}]}, 400, Outcome.NOT_SENT),
        ({"errors": [{"code": "108"}]}, 200, Outcome.UNKNOWN),
        ({}, 201, Outcome.UNKNOWN),
        ({}, 400, Outcome.NOT_SENT),
    ],
)
async def test_the_body_outranks_the_status_on_the_wire_too(
    connected: Callable[..., MessenteProvider], body: Any, status: int, outcome: Outcome
) -> None:
    async with FaultServer(answer(status, json.dumps(body).encode())) as server:
        (ended,) = await connected(base_url=server.url).send_batch([HELLO], History())

    assert ended.outcome is outcome
    assert not isinstance(ended, Accepted) or ended.receipt.id == "messente:x"
    assert len(server.requests) == 1
