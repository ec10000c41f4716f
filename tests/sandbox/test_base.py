"""The emulators' shared base: a real server that fails on demand and remembers everything."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
from typing import Any

import aiohttp
import pytest
from yarl import URL

from omni_common.errors import ConfigurationError
from omni_common.sandbox import Fault, SandboxClock, Scenario
from tests.support.post_office import PostOffice

TAKES_REQUEST = [fault for fault in Fault if fault.takes_request]
BREAKS_CONNECTION = {Fault.DROP, Fault.RESET, Fault.TRUNCATED}


async def post(http: aiohttp.ClientSession, office: PostOffice, *numbers: str) -> tuple[int, Any]:
    """Send a letter to each number; return the status and the body, read as JSON if it is."""
    letters = [{"to": number, "text": f"Dear {number}"} for number in numbers]
    async with http.post(
        f"{office.base_url}/letters", json=letters, allow_redirects=False
    ) as answer:
        body = await answer.read()
    try:
        return answer.status, json.loads(body)
    except ValueError:
        return answer.status, body


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.com", ""])
def test_an_emulator_refuses_to_listen_beyond_loopback(host: str) -> None:
    with pytest.raises(ConfigurationError, match="loopback") as caught:
        PostOffice(host=host)
    assert caught.value.field == "host"


async def test_localhost_is_one_address_and_one_port() -> None:
    async with PostOffice(host="localhost") as office:
        assert office.host == "127.0.0.1"
        assert office.url == f"post://127.0.0.1:{office.port}/office"


async def test_an_ipv6_address_stands_in_brackets_in_urls(http: aiohttp.ClientSession) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
    async with PostOffice(host="::1") as office:
        assert office.base_url == f"http://[::1]:{office.port}/office"
        assert await post(http, office, "+37251000000") == (201, {"taken": 1})


def test_a_port_left_open_is_unknown_before_the_start() -> None:
    with pytest.raises(ConfigurationError, match="start"):
        _ = PostOffice().base_url


def test_a_chosen_port_is_known_before_the_start() -> None:
    assert PostOffice(port=4010).base_url == "http://127.0.0.1:4010/office"


async def test_starting_and_closing_may_be_repeated(http: aiohttp.ClientSession) -> None:
    office = PostOffice()
    await office.start()
    port = office.port
    await office.start()
    assert office.port == port
    await office.close()
    await office.close()
    with pytest.raises(aiohttp.ClientConnectorError):
        await post(http, office, "+37251000000")
    async with office:
        assert office.port == port
        assert await post(http, office, "+37251000000") == (201, {"taken": 1})


async def test_a_port_in_use_fails_the_start_and_leaves_nothing_behind() -> None:
    async with PostOffice() as office:
        other = PostOffice(port=office.port)
        with pytest.raises(OSError, match="attempting to bind") as caught:
            await other.start()
        assert caught.value.errno == errno.EADDRINUSE
        await other.close()


async def test_a_request_is_recorded_as_it_came(http: aiohttp.ClientSession) -> None:
    async with PostOffice(clock=SandboxClock(frozen=True)) as office:
        url = f"{office.base_url}/letters/a%20b?x=1%2B2&x=3"
        async with http.get(URL(url, encoded=True), headers={"X-One": "1"}) as answer:
            assert await answer.json() == {"id": "a b"}
    [request] = office.requests
    assert (request.method, request.path) == ("GET", "/office/letters/a%20b")
    assert request.query == "x=1%2B2&x=3"
    assert request.headers["x-one"] == "1"
    assert (request.operation, request.parameters) == ("read", {"id": "a b"})
    assert request.body == b""
    assert request.at == office.clock.now()


async def test_the_record_of_a_request_shows_no_secret(http: aiohttp.ClientSession) -> None:
    async with PostOffice() as office:
        office.fail_next(Fault.RATE_LIMITED)
        await post(http, office, "+37251000000")
    [request] = office.requests
    assert b"+37251000000" in request.body
    assert "37251000000" not in repr(request)


@pytest.mark.parametrize("path", ["/office/nowhere", "/letters", "/office/letters/1/2", "/"])
async def test_an_unknown_path_is_404(http: aiohttp.ClientSession, path: str) -> None:
    async with PostOffice() as office, http.get(f"http://{office.authority}{path}") as answer:
        assert answer.status == 404
    assert office.requests[0].operation is None


async def test_a_wrong_method_is_405_and_names_the_right_ones(http: aiohttp.ClientSession) -> None:
    async with PostOffice() as office, http.put(f"{office.base_url}/letters/1") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, DELETE"


@pytest.mark.parametrize("fault", TAKES_REQUEST, ids=lambda fault: fault.value)
async def test_a_fault_that_takes_the_request_leaves_the_message_accepted(
    http: aiohttp.ClientSession, fault: Fault
) -> None:
    async with PostOffice() as office:
        office.fail_next(fault)
        sending = asyncio.create_task(post(http, office, "+37251000000"))
        await office.handled(1)
        assert office.ledger.count(to="+37251000000") == 1
        if fault is Fault.STALL:
            assert not sending.done()
            await office.close()
        outcome = (await asyncio.gather(sending, return_exceptions=True))[0]
    assert isinstance(outcome, aiohttp.ClientError) or outcome != (201, {"taken": 1})


async def test_each_connection_fault_breaks_the_connection_its_own_way(
    http: aiohttp.ClientSession,
) -> None:
    async with PostOffice() as office:
        office.fail_next(Fault.DROP)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post(http, office, "+37251000000")
        office.fail_next(Fault.RESET)
        with pytest.raises(aiohttp.ClientOSError, match="reset"):
            await post(http, office, "+37251000000")
        office.fail_next(Fault.TRUNCATED)
        with pytest.raises(aiohttp.ClientPayloadError):
            await post(http, office, "+37251000000")


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        (Fault.GARBAGE, 201, 1),
        (Fault.SERVER_ERROR, 500, 1),
        (Fault.HTML, 502, 1),
        (Fault.UNAVAILABLE, 503, 0),
        (Fault.RATE_LIMITED, 429, 0),
        (Fault.REDIRECT, 307, 0),
    ],
    ids=lambda value: value.value if isinstance(value, Fault) else None,
)
async def test_each_answered_fault_has_its_status_and_no_readable_body(
    http: aiohttp.ClientSession, fault: Fault, status: int, accepted: int
) -> None:
    async with PostOffice() as office:
        office.fail_next(fault)
        answered, body = await post(http, office, "+37251000000")
        assert answered == status
        assert isinstance(body, bytes)
        assert len(office.ledger) == accepted
        assert await post(http, office, "+37251000000") == (201, {"taken": 1})


@pytest.mark.parametrize(("seconds", "header"), [(7, "7"), (None, None)])
async def test_retry_after_is_told_only_where_it_is_set(
    http: aiohttp.ClientSession, seconds: int | None, header: str | None
) -> None:
    async with PostOffice() as office:
        office.retry_after = seconds
        office.fail_next(Fault.RATE_LIMITED)
        async with http.post(f"{office.base_url}/letters", json=[]) as answer:
            assert answer.headers.get("Retry-After") == header


async def test_faults_happen_in_order_as_often_as_ordered_and_only_where_meant(
    http: aiohttp.ClientSession,
) -> None:
    async with PostOffice() as office:
        office.fail_next(Fault.SERVER_ERROR, on="read")
        office.fail_next(Fault.UNAVAILABLE, 2, on=lambda request: b"37252" in request.body)
        office.fail_next(Fault.RATE_LIMITED, on="send")
        assert list(office.pending_faults) == [
            Fault.SERVER_ERROR,
            Fault.UNAVAILABLE,
            Fault.UNAVAILABLE,
            Fault.RATE_LIMITED,
        ]
        statuses = [
            (await post(http, office, number))[0]
            for number in ("+37252", "+37251", "+37252", "+37252", "+37251")
        ]
        assert statuses == [503, 429, 503, 201, 201]
        assert list(office.pending_faults) == [Fault.SERVER_ERROR]
        office.clear_faults()
        async with http.get(f"{office.base_url}/letters/1") as answer:
            assert answer.status == 200


async def test_a_fault_for_an_operation_that_is_none_is_an_error_that_names_those_there_are() -> (
    None
):
    with pytest.raises(ConfigurationError, match="send, read, cancel"):
        PostOffice().fail_next(Fault.DROP, on="sned")


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (Scenario.REFUSED, [400, 400]),
        (Scenario.UNDELIVERED, [201, 201]),
        (Scenario.EXPIRED, [201, 201]),
        (Scenario.SERVER_ERROR, [500, 500]),
        (Scenario.RATE_LIMITED, [429, 201]),
        (Scenario.GARBAGE, [201, 201]),
        (Scenario.DELIVERED, [201, 201]),
    ],
)
async def test_a_number_decides_what_is_answered(
    http: aiohttp.ClientSession, scenario: Scenario, expected: list[int]
) -> None:
    number = scenario.number()
    async with PostOffice() as office:
        answers = [await post(http, office, number) for _ in expected]
    assert [status for status, _ in answers] == expected
    readable = scenario not in {Scenario.SERVER_ERROR, Scenario.GARBAGE}
    assert isinstance(answers[-1][1], dict) is readable
    taken = {Scenario.REFUSED: 0, Scenario.RATE_LIMITED: 1}.get(scenario, 2)
    assert office.ledger.count(to=number) == taken


async def test_a_number_drops_the_answer_of_a_message_that_was_accepted(
    http: aiohttp.ClientSession,
) -> None:
    number = Scenario.ANSWER_DROPPED.number()
    async with PostOffice() as office:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post(http, office, number)
        assert office.ledger.count(to=number) == 1


async def test_a_number_stalls_until_the_emulator_closes(http: aiohttp.ClientSession) -> None:
    number = Scenario.STALLED.number()
    async with PostOffice() as office:
        sending = asyncio.create_task(post(http, office, number))
        await office.handled(1)
        assert office.ledger.count(to=number) == 1
        assert not sending.done()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await sending


async def test_a_client_that_gives_up_on_a_stalled_answer_leaves_the_message_accepted(
    http: aiohttp.ClientSession,
) -> None:
    async with PostOffice() as office:
        sending = asyncio.create_task(post(http, office, Scenario.STALLED.number()))
        await office.handled(1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert await post(http, office, "+37251000000") == (201, {"taken": 1})
        assert len(office.ledger) == 2


async def test_a_number_in_a_batch_decides_the_answer_to_the_whole_batch(
    http: aiohttp.ClientSession,
) -> None:
    async with PostOffice() as office:
        limited = ("+37251000000", Scenario.RATE_LIMITED.number())
        assert (await post(http, office, *limited))[0] == 429
        assert len(office.ledger) == 0
        assert (await post(http, office, *limited))[0] == 201
        assert len(office.ledger) == 2
        failing = ("+37251000000", Scenario.SERVER_ERROR.number(), Scenario.REFUSED.number())
        assert (await post(http, office, *failing))[0] == 500
        assert len(office.ledger) == 4


async def test_a_request_that_may_not_come_in_meets_no_scenario(
    http: aiohttp.ClientSession,
) -> None:
    async with PostOffice() as office:
        letters = [{"to": scenario.number()} for scenario in Scenario]
        url = f"{office.base_url}/letters"
        async with http.post(url, json=letters, headers={"X-Stranger": "1"}) as answer:
            assert answer.status == 401
        assert len(office.ledger) == 0
