"""Nothing foreign gets out of the transport, and no secret with what does."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from collections.abc import Iterator

import pytest

from omni_common.errors import OmniError
from omni_common.exchange import Answer, Operation, Request
from omni_common.history import OUTCOME_LOGGER
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer, untrusted_tls
from tests.support.fault_steps import (
    Step,
    answer,
    close_unread,
    cut_body,
    garbage,
    read_then_fin,
    read_then_reset,
    redirect,
    speak_first,
    stall,
    stall_body,
)
from tests.support.transport_calls import AUTHORIZATION, accepted, transport_to

BODY_CANARY = "swordfish"
NUMBER_CANARY = "37251234567"
ANSWER_CANARY = "barracuda"
PROXY_CANARY = "hammerhead"
CANARIES = [
    AUTHORIZATION,
    AUTHORIZATION.removeprefix("Basic "),
    BODY_CANARY,
    NUMBER_CANARY,
    ANSWER_CANARY,
    PROXY_CANARY,
]
_BODY = f'{{"text": "{BODY_CANARY}", "to": "+{NUMBER_CANARY}"}}'.encode()
_QUERY = (("to", f"+{NUMBER_CANARY}"),)
REQUESTS = [
    Request("POST", "/messages", Operation.SEND, body=_BODY, query=_QUERY),
    Request("GET", "/messages", Operation.READ, query=_QUERY),
    Request("DELETE", "/messages", Operation.IDEMPOTENT_WRITE, query=_QUERY),
]
each_request = pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.method)

_ANSWER = f'{{"error": "{ANSWER_CANARY}"}}'.encode()
STEPS: dict[str, Step] = {
    "read, then FIN": read_then_fin,
    "read, then RST": read_then_reset,
    "closed unread": close_unread,
    "never answered": stall,
    "body truncated": cut_body(200, _ANSWER),
    "body stalled": stall_body(200, _ANSWER),
    "not HTTP": garbage(f"{ANSWER_CANARY}\r\n\r\n".encode()),
    "bad header": garbage(f"HTTP/1.1 200 OK\r\n{ANSWER_CANARY}\r\n\r\n".encode()),
    "another protocol": speak_first(f"220 {ANSWER_CANARY}\r\n".encode()),
    "redirect": redirect(302, f"/{ANSWER_CANARY}"),
    "400": answer(400, _ANSWER),
    "401": answer(401, _ANSWER, {"WWW-Authenticate": ANSWER_CANARY}),
    "407": answer(407, _ANSWER, {"Proxy-Authenticate": ANSWER_CANARY}),
    "429": answer(429, _ANSWER, {"Retry-After": ANSWER_CANARY}),
    "500": answer(500, _ANSWER),
    "200 unreadable": answer(200, _ANSWER),
}


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Collect every logger's every record, also of the event loop in its debug mode."""
    caplog.set_level(logging.DEBUG)
    yield
    records = caplog.get_records("call")
    assert {record.name for record in records} & {"omni_common.transport", OUTCOME_LOGGER}
    for record in records:
        assert_no_canary(f"{logging.Formatter().format(record)} {vars(record)}")


def assert_no_canary(text: str) -> None:
    assert [canary for canary in CANARIES if canary in text] == []


def assert_harmless(error: OmniError) -> None:
    """Look at all that a log, a debugger's view or a pickle may show of *error*."""
    pending: list[BaseException | None] = [error]
    while pending:
        found = pending.pop()
        if found is None:
            continue
        assert isinstance(found, OmniError), f"{type(found)} came along"
        pending += [found.__cause__, found.__context__]
        facts = {name: fact for name, fact in vars(found).items() if name != "raw"}
        assert_no_canary(f"{found!r} {found} {facts}")
    assert_no_canary("".join(traceback.format_exception(error)))
    assert_no_canary(pickle.dumps(error).decode("latin-1"))


def _stumble(answer_: Answer) -> bytes:
    raise LookupError(answer_.body, AUTHORIZATION)


async def _error_of(url: str, request: Request, **options: str) -> OmniError:
    asyncio.get_running_loop().set_debug(enabled=True)
    clock = FakeClock()
    proxy = options.get("proxy")
    async with transport_to(
        url, clock=clock, timeout=0.45, connect_timeout=0.15, proxy=proxy
    ) as omni:
        with pytest.raises(OmniError) as caught:
            await clock.drive(omni.exchange(request, accepted, reference="order-1"))
    return caught.value


@each_request
@pytest.mark.parametrize("name", STEPS)
async def test_an_error_shows_no_secret_and_brings_nothing_foreign(
    name: str, request_: Request
) -> None:
    async with FaultServer(STEPS[name]) as server:
        assert_harmless(await _error_of(server.url, request_))


@each_request
async def test_neither_does_a_connection_that_cannot_be_made(request_: Request) -> None:
    async with FaultServer(tls=untrusted_tls()) as server:
        assert_harmless(await _error_of(server.url, request_))
    assert_harmless(await _error_of(server.url, request_))  # nobody listens there any more


@each_request
@pytest.mark.parametrize("status", [407, 502])
async def test_neither_does_a_proxy_with_a_password(status: int, request_: Request) -> None:
    step = answer(status, _ANSWER, {"Proxy-Authenticate": ANSWER_CANARY})
    async with FaultServer(step) as proxy, FaultServer(tls=untrusted_tls()) as server:
        url = proxy.url.replace("://", f"://user:{PROXY_CANARY}@")
        assert_harmless(await _error_of(server.url, request_, proxy=url))


@each_request
async def test_neither_does_a_reader_that_trips_over_the_answer(request_: Request) -> None:
    async with FaultServer(answer(200, _ANSWER)) as server, transport_to(server) as omni:
        with pytest.raises(OmniError) as caught:
            await omni.exchange(request_, _stumble)
    assert_harmless(caught.value)


async def test_neither_does_a_send_that_is_cancelled() -> None:
    asyncio.get_running_loop().set_debug(enabled=True)
    async with FaultServer(stall) as server, transport_to(server) as omni:
        call = asyncio.create_task(omni.exchange(REQUESTS[0], accepted, reference="order-1"))
        await server.until_requests(1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await call
    assert_no_canary("".join(traceback.format_exception(caught.value)))
