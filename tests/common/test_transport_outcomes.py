"""What each failure after the connection was made leads to, against what the server truly got."""

from __future__ import annotations

import random

import aiohttp
import pytest
from attrs import field, frozen

from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ConnectionRejectedError,
    InsufficientFundsError,
    NotSentError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ReadError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from omni_common.exchange import Operation, Request
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import (
    Step,
    answer,
    answer_then_close,
    close_unread,
    cut_body,
    cut_headers,
    drip,
    garbage,
    interim_then_answer,
    read_part_then_reset,
    read_then_fin,
    read_then_reset,
    redirect,
    stall,
    stall_body,
)
from tests.support.transport_calls import (
    ACCEPTED,
    DELETE,
    READ,
    READ_BY_POST,
    SEND,
    accepted,
    transport_to,
)

_REAL_TIMEOUT = 0.45
"""Seconds for the few rows in which aiohttp itself has to run out of time."""
_ENOUGH = 60.0
"""Seconds for all others, which a loaded machine must not make late."""


@frozen
class Row:
    """One failure: what a send raises, and how often each operation is tried."""

    name: str
    step: Step
    error: type[OmniError]
    sends: int = 1
    reads: int = 1
    writes: int = field()
    arrives: bool = True
    """Whether the whole request reaches the server."""
    timeout: float = _ENOUGH

    @writes.default
    def _like_reads(self) -> int:
        return self.reads


def _status(status: int, error: type[OmniError], *, sends: int = 1, reads: int = 1) -> Row:
    return Row(f"status {status}", answer(status, b"<html>"), error, sends, reads)


_LOST = AnswerLostError
_UNEXPECTED = UnexpectedAnswerError
ROWS = [
    Row("read, then FIN", read_then_fin, _LOST, reads=3),
    Row("read, then RST", read_then_reset, _LOST, reads=3),
    Row("read in part, then RST", read_part_then_reset, _LOST, reads=3, arrives=False),
    Row("closed unread", close_unread, _LOST, reads=3, arrives=False),
    Row("cut off in the headers", cut_headers(), _LOST, reads=3),
    Row("never answered", stall, _LOST, reads=3, timeout=_REAL_TIMEOUT),
    Row("2xx, body truncated", cut_body(), _LOST, reads=3),
    Row("2xx, body stalled", stall_body(), _LOST, reads=3, timeout=_REAL_TIMEOUT),
    Row("4xx, body truncated", cut_body(400), _LOST, reads=3),
    Row("garbage status line", garbage(), _UNEXPECTED),
    Row("another protocol", garbage(b"220 mail.example ESMTP\r\n"), _UNEXPECTED),
    Row("HTTP/0.9", garbage(b'{"id": "1"}\r\n\r\n'), _UNEXPECTED),
    Row("101 switching protocols", interim_then_answer(101), _UNEXPECTED),
    Row("200, not what was agreed", answer(200, b"<html>"), _UNEXPECTED),
    Row("200, empty", answer(200, b""), _UNEXPECTED),
    Row("204", answer(204, b"", {"Content-Length": "0"}), _UNEXPECTED),
    Row("301 elsewhere", redirect(301, "/elsewhere"), _UNEXPECTED),
    Row("302 elsewhere", redirect(302, "/elsewhere"), _UNEXPECTED),
    Row("303 elsewhere", redirect(303, "/elsewhere"), _UNEXPECTED),
    Row("307 elsewhere", redirect(307, "/elsewhere"), _UNEXPECTED),
    Row("308 elsewhere", redirect(308, "/elsewhere"), _UNEXPECTED),
    _status(400, RefusedError),
    _status(401, AuthenticationError),
    _status(402, InsufficientFundsError),
    _status(403, PermissionDeniedError),
    _status(404, RefusedError),
    _status(405, RefusedError),
    _status(407, ConnectionRejectedError),
    _status(408, ServerFailedError, reads=3),
    _status(409, RefusedError),
    _status(413, RefusedError),
    _status(415, RefusedError),
    _status(418, _UNEXPECTED),
    _status(422, RefusedError),
    _status(425, RefusedError, sends=3, reads=3),
    _status(429, RateLimitedError, sends=3, reads=3),
    _status(499, _UNEXPECTED),
    _status(500, ServerFailedError, reads=3),
    _status(501, RefusedError),
    _status(502, ServerFailedError, reads=3),
    _status(503, ServerFailedError, reads=3),
    _status(504, ServerFailedError, reads=3),
    _status(505, RefusedError),
    _status(522, ServerFailedError, reads=3),
    Row("refused in a 200's body", answer(200, b'{"refused": 1}'), RefusedError),
]
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
each_way = pytest.mark.parametrize("given", [False, True], ids=["own session", "given session"])


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every pause zero, so that the short real timeouts below never forbid a repetition."""
    monkeypatch.setattr(random, "uniform", lambda low, _: low)


async def _error_of(
    server: FaultServer,
    request: Request,
    session: aiohttp.ClientSession | None = None,
    *,
    timeout: float = _ENOUGH,
) -> OmniError:
    clock = FakeClock()
    async with transport_to(server, clock=clock, session=session, timeout=timeout) as omni:
        with pytest.raises(OmniError) as caught:
            await clock.drive(omni.exchange(request, accepted, reference="order-1"))
    return caught.value


@each_row
async def test_a_send_is_made_once_and_its_error_says_what_the_server_knows(row: Row) -> None:
    async with FaultServer(row.step) as server:
        error = await _error_of(server, SEND, timeout=row.timeout)

    assert type(error) is row.error
    assert len(server.requests) == (row.sends if row.arrives else 0)
    assert server.connections <= row.sends
    assert len(error.attempts) == row.sends
    assert all(attempt.sent for attempt in error.attempts)
    assert error.reference == "order-1"
    refused = isinstance(error, RefusedError | ConnectionRejectedError)
    assert error.outcome is (Outcome.NOT_SENT if refused else Outcome.UNKNOWN)
    assert error.text.endswith(
        "Nothing was sent"
        if refused
        else "The message order-1 may have been sent: look for it at the vendor before sending"
        " it again"
    )


@each_row
@pytest.mark.parametrize("request_", [READ, READ_BY_POST], ids=["GET", "POST"])
async def test_a_read_is_repeated_as_its_row_says(row: Row, request_: Request) -> None:
    async with FaultServer(row.step) as server:
        error = await _error_of(server, request_, timeout=row.timeout)

    assert type(error) is ReadError
    assert error.outcome is None
    assert type(error.__cause__) is row.error
    assert len(error.attempts) == row.reads
    _assert_no_hidden_attempts(server, row, row.reads)


@each_row
async def test_an_idempotent_write_is_repeated_as_its_row_says(row: Row) -> None:
    async with FaultServer(row.step) as server:
        error = await _error_of(server, DELETE, timeout=row.timeout)

    assert type(error) is row.error
    assert len(error.attempts) == row.writes
    _assert_no_hidden_attempts(server, row, row.writes)


@each_way
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"])
@pytest.mark.parametrize(
    "step", [read_then_fin, read_then_reset, close_unread], ids=lambda step: step.__name__
)
async def test_no_method_is_sent_again_by_the_http_library(
    method: str, step: Step, *, given: bool
) -> None:
    request = Request(method, "/x", Operation.SEND)
    async with FaultServer(step) as server, aiohttp.ClientSession() as session:
        error = await _error_of(server, request, session if given else None)

    assert isinstance(error, OutcomeUnknownError)
    assert len(error.attempts) == 1
    assert server.connections == 1
    assert len(server.requests) == (0 if step is close_unread else 1)


@pytest.mark.parametrize("request_", [SEND, READ, DELETE], ids=["SEND", "READ", "DELETE"])
async def test_a_connection_closed_as_it_is_reused_counts_as_a_lost_answer(
    request_: Request,
) -> None:
    async with FaultServer(answer(), close_unread, answer()) as server:
        clock = FakeClock()
        async with transport_to(server, clock=clock) as omni:
            await omni.exchange(SEND, accepted)
            if request_ is SEND:
                with pytest.raises(AnswerLostError) as caught:
                    await omni.exchange(SEND, accepted)
                assert caught.value.attempts[0].sent
            else:
                assert await clock.drive(omni.exchange(request_, accepted)) == ACCEPTED

    assert len(server.requests) == (1 if request_ is SEND else 2)
    assert server.connections == (1 if request_ is SEND else 2)


async def test_a_server_that_closes_after_its_answer_never_gets_the_next_send_twice() -> None:
    async with FaultServer(answer_then_close()) as server, transport_to(server) as omni:
        lost = 0
        for _ in range(20):
            try:
                await omni.exchange(SEND, accepted)
            except AnswerLostError:  # whether the close is seen in time is up to the system
                lost += 1

    assert len(server.requests) == 20 - lost


@pytest.mark.parametrize(
    "step",
    [drip(), interim_then_answer(103), interim_then_answer(100, 102, 103), answer(201, ACCEPTED)],
    ids=["byte by byte", "early hints", "three interim answers", "201"],
)
@pytest.mark.parametrize("request_", [SEND, READ, DELETE], ids=["SEND", "READ", "DELETE"])
async def test_a_slow_or_talkative_success_is_one_request_and_one_answer(
    step: Step, request_: Request
) -> None:
    async with FaultServer(step) as server, transport_to(server) as omni:
        assert await omni.exchange(request_, accepted) == ACCEPTED

    assert len(server.requests) == 1


async def test_a_redirect_never_reaches_its_target() -> None:
    async with FaultServer() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            async with FaultServer(redirect(status, f"{elsewhere.url}/x")) as server:
                await _error_of(server, SEND)

    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in ROWS
        if row.error in {AnswerLostError, ServerFailedError} or "garbage" in row.name
    ],
    ids=lambda row: row.name,
)
async def test_who_accepts_a_double_gets_a_second_attempt(row: Row) -> None:
    clock = FakeClock()
    async with (
        FaultServer(row.step, answer()) as server,
        transport_to(server, clock=clock, timeout=row.timeout) as omni,
    ):
        call = omni.exchange(SEND, accepted, on_unknown="resend")
        assert await clock.drive(call) == ACCEPTED

    assert len(server.requests) == (2 if row.arrives else 1)
    assert len({request.raw for request in server.requests}) == 1


async def test_a_resent_message_that_is_refused_may_still_have_arrived_before() -> None:
    clock = FakeClock()
    async with (
        FaultServer(read_then_fin, answer(400, b"{}")) as server,
        transport_to(server, clock=clock) as omni,
    ):
        call = omni.exchange(SEND, accepted, reference="order-1", on_unknown="resend")
        with pytest.raises(OutcomeUnknownError) as caught:
            await clock.drive(call)

    assert not isinstance(caught.value, NotSentError)
    assert [attempt.proves_not_sent for attempt in caught.value.attempts] == [False, True]
    assert [attempt.status for attempt in caught.value.attempts] == [None, 400]
    assert "an earlier attempt may have arrived" in caught.value.text
    assert len(server.requests) == 2


async def test_a_resent_message_is_not_repeated_beyond_the_attempts_allowed() -> None:
    clock = FakeClock()
    async with (
        FaultServer(read_then_fin) as server,
        transport_to(server, clock=clock, max_attempts=2) as omni,
    ):
        with pytest.raises(AnswerLostError):
            await clock.drive(omni.exchange(SEND, accepted, on_unknown="resend"))

    assert len(server.requests) == 2


async def test_a_single_attempt_is_what_max_attempts_1_means() -> None:
    for request in (SEND, READ, DELETE):
        async with (
            FaultServer(answer(429)) as server,
            transport_to(server, max_attempts=1) as omni,
        ):
            with pytest.raises(OmniError) as caught:
                await omni.exchange(request, accepted)
        assert len(server.requests) == len(caught.value.attempts) == 1


def _assert_no_hidden_attempts(server: FaultServer, row: Row, attempts: int) -> None:
    """Count at the server: what was not ours would show here."""
    if row.arrives:
        assert len(server.requests) == attempts
    else:
        assert server.connections == attempts
