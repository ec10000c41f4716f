"""Nothing comes out of calls that are cut short, forgotten or gathered: tasks, groups, warnings."""

from __future__ import annotations

import asyncio
import gc
from base64 import b64decode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import quote

import pytest

from omni_common import OmniError, OmniProvider, connect
from omni_common.testing.listening import listening
from tests.reliability.conftest import Size
from tests.support.canaries import (
    PROXY_PASSWORD,
    QUOTED,
    SENTENCE,
    Search,
    cascade,
    message,
)
from tests.support.exposure import searching, shown_of, shown_of_error, shown_of_records
from tests.support.fault_server import CERTIFICATE, FaultServer, untrusted_tls
from tests.support.fault_steps import Step, answer, read_then_fin, silence, stall, stall_body
from tests.support.figures import RecordProperty

Call: TypeAlias = Callable[[OmniProvider], Awaitable[object]]

IDS = {
    "messente": "messente:632c6f3d-49d0-4a8f-5b2e-74023d31e51d",
    "devino": "devino:sms:3701172084729885952",
}
_A_MOMENT = timedelta(milliseconds=100)
_HURRIED = "sender=Shop&timeout=0.3&bulk_timeout=0.3&max_attempts=2"
LOGINS = {"messente": f"user:{QUOTED}", "devino": QUOTED}


async def _many(omni: OmniProvider) -> object:
    async with omni.send_many([message(), message(), cascade()]) as outcomes:
        return [outcome async for outcome in outcomes]


CALLS: dict[str, Call] = {
    "send": lambda omni: omni.send(message()),
    "send_many": _many,
    "status": lambda omni: omni.status(IDS[omni.capabilities.provider]),
    "wait": lambda omni: omni.wait(IDS[omni.capabilities.provider], timeout=_A_MOMENT),
}
STEPS: dict[str, tuple[Step, Callable[[FaultServer], bool]]] = {
    "not taken": (silence, lambda server: server.connections > 0),
    "not answered": (stall, lambda server: len(server.requests) > 0),
    "cut": (stall_body(200), lambda server: server.answers > 0),
    "asked to wait": (
        answer(429, SENTENCE.encode(), {"Retry-After": "5"}),
        lambda server: server.answers > 0,
    ),
}
"""What keeps a call from ending, and when that has come about."""
each_vendor = pytest.mark.parametrize("vendor", list(LOGINS))
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))


def url_of(vendor: str, server: FaultServer, options: str = "") -> str:
    path = "/v1" if vendor == "messente" else ""
    return f"{vendor}://{LOGINS[vendor]}@127.0.0.1:{server.port}{path}?sender=Shop{options}"


async def cut_short(task: asyncio.Task[object]) -> BaseException:
    """What comes of a task whose time is up."""
    with pytest.raises((TimeoutError, OmniError)) as late:
        async with asyncio.timeout(0):
            await task
    return late.value


@each_vendor
@each_call
@pytest.mark.parametrize(("step", "is_so"), STEPS.values(), ids=list(STEPS))
async def test_a_call_that_is_cut_short(
    *,
    vendor: str,
    call: Call,
    step: Step,
    is_so: Callable[[FaultServer], bool],
    record_property: RecordProperty,
) -> None:
    with searching(record_property) as search:
        async with FaultServer(step) as server, connect(url_of(vendor, server)) as omni:
            task = asyncio.ensure_future(call(omni))
            await server.until(lambda: is_so(server))
            search.look_at_all(shown_of(task))
            search.look("stack", "\n".join(map(str, task.get_stack())))
            search.look_at_all(shown_of_error(await cut_short(task)))
            search.look_at_all(shown_of(task))


@each_vendor
@each_call
async def test_a_call_that_is_cut_short_behind_a_proxy(
    vendor: str, call: Call, record_property: RecordProperty
) -> None:
    with searching(record_property) as search:
        async with FaultServer(stall) as proxy:
            through = quote(f"http://user:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}", safe="")
            async with connect(url_of(vendor, proxy, f"&proxy={through}")) as omni:
                task = asyncio.ensure_future(call(omni))
                await proxy.until_requests(1)
                search.look_at_all(shown_of_error(await cut_short(task)))


@each_vendor
@each_call
async def test_a_call_that_is_cut_short_at_any_moment(
    vendor: str, call: Call, size: Size, record_property: RecordProperty
) -> None:
    with searching(record_property) as search:
        async with FaultServer() as server:
            for turns in range(0, 120, size(short=9, full=1)):
                async with connect(url_of(vendor, server)) as omni:
                    task = asyncio.ensure_future(call(omni))
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    search.look_at_all(shown_of(task), of=f"after {turns} turns")
                    if not task.done():
                        error = await cut_short(task)
                        search.look_at_all(shown_of_error(error), of=f"after {turns} turns")
                    await asyncio.gather(task, return_exceptions=True)


@each_vendor
async def test_calls_in_a_group(vendor: str, record_property: RecordProperty) -> None:
    """One of them fails, and takes the others along."""
    with searching(record_property) as search:
        async with (
            FaultServer(stall, read_then_fin, stall) as server,
            connect(url_of(vendor, server, "&max_attempts=1")) as omni,
        ):
            with pytest.raises(BaseExceptionGroup) as failed:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(omni.send(message())) for _ in range(3)]
        for task in tasks:
            search.look_at_all(shown_of(task))
        search.look_at_all(shown_of_error(failed.value))
        assert any(isinstance(error, OmniError) for error in failed.value.exceptions)


@each_vendor
async def test_an_error_that_nobody_asks_for(vendor: str, record_property: RecordProperty) -> None:
    """``Task exception was never retrieved``."""
    with searching(record_property) as search:
        async with FaultServer(read_then_fin) as server, connect(url_of(vendor, server)) as omni:
            with listening("asyncio") as records:
                task = asyncio.create_task(omni.send(message()))
                await asyncio.wait([task])
                del task
                gc.collect()
        assert any("never retrieved" in record.getMessage() for record in records)
        search.look_at_all(shown_of_records(records))
        for record in records:
            assert record.exc_info is not None
            assert record.exc_info[1] is not None
            search.look_at_all(shown_of_error(record.exc_info[1]))


@each_vendor
@pytest.mark.parametrize("status", [200, 407, 502])
async def test_no_way_to_the_vendor(
    vendor: str, status: int, record_property: RecordProperty
) -> None:
    """A proxy that refuses, a certificate that nobody trusts, and nobody who listens."""
    refusing = answer(status, SENTENCE.encode(), {"Proxy-Authenticate": SENTENCE})
    with searching(record_property) as search:
        async with FaultServer(refusing) as proxy, FaultServer(tls=untrusted_tls()) as server:
            through = quote(f"http://user:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}", safe="")
            address = quote(server.url, safe="")
            url = f"{vendor}://{LOGINS[vendor]}@default?base_url={address}&{_HURRIED}"
            for each in (url, f"{url}&proxy={through}", f"{url}&ca_file={quote(CERTIFICATE)}"):
                for call in CALLS.values():
                    await _look_at(each, call, search)
            assert server.requests  # of those that trust it
            login = (proxy.requests[0].header("proxy-authorization") or "").removeprefix("Basic ")
            assert PROXY_PASSWORD.encode() in b64decode(login)
        for call in CALLS.values():  # nobody listens there any more
            await _look_at(url, call, search)


async def _look_at(url: str, call: Call, search: Search) -> None:
    async with connect(url) as omni:
        try:
            search.look_at_all(shown_of(await call(omni)))
        except OmniError as error:
            search.look_at_all(shown_of_error(error))
