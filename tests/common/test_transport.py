"""What a request looks like on the wire, and what becomes of answers that mean no good."""

from __future__ import annotations

import asyncio
import gzip
import traceback

import aiohttp
import pytest

from omni_common.errors import (
    AnswerLostError,
    ConnectionRejectedError,
    InvalidMessageError,
    OmniError,
    OutcomeUnknownError,
    RefusedError,
    UnexpectedAnswerError,
)
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Request
from omni_common.history import History
from omni_common.secret import Secret
from omni_common.settings import TransportSettings
from omni_common.transport import Transport
from omni_common.version import __version__
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import (
    Line,
    Step,
    answer,
    answer_and_speak_again,
    answer_twice,
    cut_body,
    raw_answer,
)
from tests.support.transport_calls import (
    ACCEPTED,
    AUTHORIZATION,
    DELETE,
    PROVIDER,
    READ,
    SEND,
    accepted,
    transport_to,
)


async def test_a_send_on_the_wire() -> None:
    async with FaultServer() as server, transport_to(f"{server.url}/v1/") as omni:
        await omni.exchange(SEND, accepted)

    (request,) = server.requests
    assert request.raw == (
        b"POST /v1/messages HTTP/1.1\r\n"
        + f"Host: 127.0.0.1:{server.port}\r\n".encode()
        + b"Accept: application/json\r\n"
        b"Accept-Encoding: identity\r\n"
        + f"User-Agent: omni-async/{__version__}\r\n".encode()
        + b"Content-Length: 14\r\n"
        b"Content-Type: application/json\r\n"
        + f"Authorization: {AUTHORIZATION}\r\n".encode()
        + b"\r\n"
        b'{"text": "Hi"}'
    )


@pytest.mark.parametrize("request_", [READ, DELETE], ids=["GET", "DELETE"])
async def test_a_request_without_a_body_says_nothing_of_one(request_: Request) -> None:
    async with FaultServer() as server, transport_to(server) as omni:
        await omni.exchange(request_, accepted)

    (request,) = server.requests
    assert request.header("content-length") in {None, "0"}
    assert request.header("transfer-encoding") is None
    assert request.header("user-agent") == f"omni-async/{__version__}"
    assert request.header("authorization") == AUTHORIZATION


async def test_an_empty_body_is_a_body() -> None:
    async with FaultServer() as server, transport_to(server) as omni:
        await omni.exchange(Request("POST", "/x", Operation.SEND, body=b""), accepted)

    (request,) = server.requests
    assert request.header("content-length") == "0"


async def test_a_large_body_is_sent_whole_with_its_length() -> None:
    body = bytes(range(256)) * 20_000
    async with FaultServer() as server, transport_to(server) as omni:
        await omni.exchange(Request("POST", "/x", Operation.SEND, body=body), accepted)

    (request,) = server.requests
    assert request.body == body
    assert request.header("content-length") == str(len(body))
    assert request.header("transfer-encoding") is None


async def test_a_large_body_that_the_server_stops_reading_is_an_unknown_outcome() -> None:
    body = bytes(8 * 1024 * 1024)

    async with FaultServer(_reset_in_the_body) as server, transport_to(server) as omni:
        with pytest.raises(AnswerLostError):
            await omni.exchange(Request("POST", "/x", Operation.SEND, body=body), accepted)

    assert server.connections == 1
    assert server.requests == []


async def _reset_in_the_body(line: Line) -> None:
    await line.reader.readuntil(b"\r\n\r\n")
    await line.reader.readexactly(100_000)
    line.reset()


async def test_a_query_is_encoded_and_a_path_is_sent_as_it_is() -> None:
    request = Request(
        "GET",
        "/messages/a%2Fb%20c",
        Operation.READ,
        query=(("to", "+37251000000"), ("q", "a&b=c/ü"), ("q", "2")),
    )
    async with FaultServer() as server, transport_to(server) as omni:
        await omni.exchange(request, accepted)

    assert server.requests[0].request_line == (
        "GET /messages/a%2Fb%20c?to=%2B37251000000&q=a%26b%3Dc%2F%C3%BC&q=2 HTTP/1.1"
    )


async def test_a_request_may_bring_headers_of_its_own() -> None:
    request = Request(
        "POST", "/x", Operation.SEND, body=b"a=b", headers={"content-type": "text/plain"}
    )
    async with FaultServer() as server, transport_to(server) as omni:
        await omni.exchange(request, accepted)

    assert server.requests[0].header("content-type") == "text/plain"


async def test_calls_in_a_row_share_one_connection() -> None:
    async with FaultServer() as server, transport_to(server) as omni:
        for request in (SEND, READ, DELETE, SEND):
            assert await omni.exchange(request, accepted) == ACCEPTED

    assert server.connections == 1


async def test_an_answer_is_handed_over_as_it_came() -> None:
    body = '{"text": "Привет"}'.encode("utf-16")
    seen: list[Answer] = []

    def read(answer_: Answer) -> int:
        seen.append(answer_)
        return answer_.status

    async with (
        FaultServer(answer(418, body, {"X-Request-Id": "77"})) as server,
        transport_to(server) as omni,
    ):
        assert await omni.exchange(SEND, read) == 418

    (answer_,) = seen
    assert answer_.body == body
    assert answer_.headers["x-request-id"] == "77"


async def test_every_attempt_sends_the_same_bytes() -> None:
    clock = FakeClock()
    async with (
        FaultServer(answer(429), answer(429), answer()) as server,
        transport_to(server, clock=clock) as omni,
    ):
        await clock.drive(omni.exchange(SEND, accepted))

    assert len(server.requests) == 3
    assert len({request.raw for request in server.requests}) == 1


async def test_the_history_tells_of_each_attempt() -> None:
    clock = FakeClock()
    history = History()
    async with (
        FaultServer(answer(429), answer()) as server,
        transport_to(server, clock=clock) as omni,
    ):
        await clock.drive(omni.exchange(SEND, accepted, history=history))

    first, second = history.attempts
    assert (first.number, first.status, first.sent, first.proves_not_sent) == (1, 429, True, True)
    assert first.detail == "the vendor says that requests come too fast (HTTP 429)"
    assert (second.number, second.status, second.detail) == (2, 200, "answered")
    assert not second.proves_not_sent


@pytest.mark.parametrize("status", [200, 400, 429, 500])
async def test_what_a_reader_makes_of_the_body_goes_before_the_status(status: int) -> None:
    async with FaultServer(answer(status, b'{"ok": 1}')) as server, transport_to(server) as omni:
        assert await omni.exchange(SEND, lambda answer_: answer_.body) == b'{"ok": 1}'


async def test_a_refusal_in_the_body_keeps_what_the_vendor_said() -> None:
    refusal = Failure(FailureKind.REFUSED, vendor_code="ERR_7", field="sender", raw={"code": 7})
    async with FaultServer(answer(200, b"{}")) as server, transport_to(server) as omni:
        with pytest.raises(RefusedError, match="ERR_7, sender") as caught:
            await omni.exchange(SEND, lambda _: refusal)

    assert caught.value.vendor_code == "ERR_7"
    assert caught.value.field == "sender"
    assert caught.value.raw == {"code": 7}


async def test_a_body_that_nobody_understands_is_kept_as_it_came() -> None:
    async with FaultServer(answer(200, b"<html>")) as server, transport_to(server) as omni:
        with pytest.raises(UnexpectedAnswerError) as caught:
            await omni.exchange(SEND, accepted)

    assert caught.value.raw == b"<html>"


async def test_a_reader_that_trips_proves_nothing_about_the_send(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def read(answer_: Answer) -> int:
        raise ValueError(answer_.body)

    async with FaultServer(answer(200, b"swordfish")) as server, transport_to(server) as omni:
        with pytest.raises(UnexpectedAnswerError, match="ValueError") as caught:
            await omni.exchange(SEND, read)

    assert caught.value.raw == b"swordfish"
    assert "ValueError in read, line" in caplog.text
    assert "swordfish" not in caplog.text + "".join(traceback.format_exception(caught.value))
    assert len(server.requests) == 1


async def test_a_send_whose_answer_was_cut_off_keeps_the_status_that_came() -> None:
    async with FaultServer(cut_body(201)) as server, transport_to(server) as omni:
        with pytest.raises(AnswerLostError, match="the answer began and was cut off") as caught:
            await omni.exchange(SEND, accepted)

    assert [attempt.status for attempt in caught.value.attempts] == [201]


LIMIT = 1000


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (answer(200, b"x" * LIMIT), None),
        (answer(200, b"x" * (LIMIT + 1)), UnexpectedAnswerError),
        (answer(200, b"x" * 3_000_000), UnexpectedAnswerError),
        (
            answer(200, gzip.compress(b"x" * 3_000_000), {"Content-Encoding": "gzip"}),
            UnexpectedAnswerError,
        ),
        (answer(200, b"not gzip", {"Content-Encoding": "gzip"}), AnswerLostError),
        (answer(400, b"x" * (LIMIT + 1)), UnexpectedAnswerError),
        (cut_body(200, b"{}", promised=10**12), AnswerLostError),
        (answer(200, b"{}", {"Content-Length": "-1"}), UnexpectedAnswerError),
        (answer(200, b"{}", {"Content-Length": "many"}), UnexpectedAnswerError),
        (answer(200, b"{}", {"X-Long": "x" * 100_000}), UnexpectedAnswerError),
        (
            raw_answer(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
            ),
            OutcomeUnknownError,
        ),
        (
            raw_answer(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", then_fin=True
            ),
            AnswerLostError,
        ),
        (raw_answer(b"HTTP/1.1 200 OK\r\n\r\n" + ACCEPTED, then_fin=True), None),
        (raw_answer(b"HTTP/1.0 200 OK\r\n\r\n" + ACCEPTED, then_fin=True), None),
        (raw_answer(b"HTTP/1.1 2000 OK\r\n\r\n", then_fin=True), UnexpectedAnswerError),
        (raw_answer(b"HTTP/1.1 \r\n\r\n", then_fin=True), UnexpectedAnswerError),
    ],
    ids=[
        "as long as allowed",
        "a byte too long",
        "far too long",
        "too long once unpacked",
        "not packed as it says",
        "a refusal that is too long",
        "an absurd length",
        "a negative length",
        "a length that is no number",
        "a header without end",
        "chunks without a size",
        "chunks without an end",
        "no length, until the connection closes",
        "HTTP/1.0, until the connection closes",
        "a status of four digits",
        "no status",
    ],
)
async def test_a_hostile_answer_to_a_send(step: Step, error: type[OmniError] | None) -> None:
    async with (
        FaultServer(step, answer()) as server,
        transport_to(server, response_limit=LIMIT, timeout=5) as omni,
    ):
        if error is None:
            assert await omni.exchange(SEND, lambda answer_: answer_.body)
        else:
            with pytest.raises(error) as caught:
                await omni.exchange(SEND, lambda answer_: answer_.body)
            assert isinstance(caught.value, OutcomeUnknownError)
        # The next call is not touched by what was left over.
        assert await omni.exchange(SEND, accepted) == ACCEPTED

    assert len(server.requests) == 2


async def test_a_second_answer_to_one_request_is_not_taken_for_the_answer_to_the_next() -> None:
    async with (
        FaultServer(answer_twice(200, b'{"id": "stale"}'), answer()) as server,
        transport_to(server) as omni,
    ):
        first = await omni.exchange(SEND, lambda answer_: answer_.body)
        assert first == b'{"id": "stale"}'
        assert await omni.exchange(SEND, accepted) == ACCEPTED

    assert server.connections == 2


@pytest.mark.parametrize("given", [False, True], ids=["our session", "a given session"])
async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one(
    *, given: bool
) -> None:
    clock, cue = FakeClock(), asyncio.Event()
    async with (
        FaultServer(answer_and_speak_again(cue), answer()) as server,
        aiohttp.ClientSession() as session,
        transport_to(server, clock=clock, session=session if given else None) as omni,
    ):
        assert await omni.exchange(SEND, accepted) == ACCEPTED
        cue.set()
        await server.until_answers(2)
        await clock.advance(0)
        assert await clock.drive(omni.exchange(SEND, accepted)) == ACCEPTED

    assert len(server.requests) == server.connections == 2


async def test_a_body_shorter_than_what_was_sent_does_not_spoil_the_next_answer() -> None:
    step = answer(200, ACCEPTED + b"and more", {"Content-Length": str(len(ACCEPTED))})
    async with FaultServer(step, answer()) as server, transport_to(server) as omni:
        (first,) = await asyncio.gather(omni.exchange(SEND, accepted), return_exceptions=True)
        assert first == ACCEPTED or isinstance(first, OutcomeUnknownError)
        assert await omni.exchange(SEND, accepted) == ACCEPTED

    assert len(server.requests) == 2


@pytest.mark.parametrize("login", ["Basic abc\r\nX-Injected: 1", "Key \0", "Key abc\n"])
async def test_a_login_that_cannot_be_a_header_is_refused_here_and_not_repeated(
    login: str,
) -> None:
    async with FaultServer() as server:
        transport = Transport(
            TransportSettings(base_url=server.url), provider=PROVIDER, authorization=Secret(login)
        )
        with pytest.raises(ConnectionRejectedError) as caught:
            await transport.exchange(SEND, accepted)
        await transport.close()

    assert server.requests == []
    assert len(caught.value.attempts) == 1


async def test_on_unknown_takes_two_words_only() -> None:
    async with FaultServer(answer()) as server, transport_to(server) as omni:
        with pytest.raises(InvalidMessageError) as refused:
            await omni.exchange(SEND, accepted, on_unknown="Resend")  # type: ignore[arg-type]
    assert refused.value.field == "on_unknown"
    assert server.requests == []
