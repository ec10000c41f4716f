"""Pushes canaries through one call under one fault, and looks at all that comes out."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import product
from typing import Any, Protocol, TypeAlias

from attrs import evolve, frozen, has

from devino_async import DevinoClient, DevinoProvider
from messente_async import MessenteClient, MessenteProvider
from omni_common import OmniError, OmniProvider, connect
from omni_common.client import VendorClient
from omni_common.testing.listening import listening
from tests.reliability.planted_calls import CALLS
from tests.reliability.quoting_vendor import EVERY_FAULT, PlantedVendor
from tests.support.canaries import CREDENTIAL, Search, found_in
from tests.support.exposure import shown_of, shown_of_error, shown_of_records
from tests.support.native_calls import DEVINO_CALLS, MESSENTE_CALLS
from tests.support.vendor_faults import VendorFault

__all__ = ["NATIVE", "SHARED", "HasUrls", "Run", "look_at", "prepared", "push_all", "sampled"]

_SECONDS = 0.2
"""What a call that a fault happens to may take."""
_AT_ONCE = 16


class HasUrls(Protocol):
    """A vendor, as far as clients need to know it."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def base_url(self) -> str: ...


@frozen
class Run:
    """One call to one vendor."""

    vendor: str
    name: str
    connect: Callable[[HasUrls], AbstractAsyncContextManager[Any]]
    prepare: Callable[[Any], Awaitable[Callable[[], Any]]]


@asynccontextmanager
async def _provider(vendor: HasUrls) -> AsyncIterator[OmniProvider]:
    own = "&email_sender=post%40shop.example&scenario_vk_template=16"
    url = f"{vendor.url}?sender=Shop&max_attempts=2{own if vendor.name == 'devino' else ''}"
    async with connect(url) as omni:
        yield omni


@asynccontextmanager
async def _client(vendor: HasUrls) -> AsyncIterator[VendorClient]:
    made: VendorClient = (
        MessenteClient("sandbox", CREDENTIAL, base_url=vendor.base_url, max_attempts=2)
        if vendor.name == "messente"
        else DevinoClient(CREDENTIAL, base_url=vendor.base_url, max_attempts=2)
    )
    async with made as client:
        yield client


SHARED = [
    Run(vendor, name, _provider, prepare)
    for vendor, calls in CALLS.items()
    for name, prepare in calls.items()
]
"""Every operation of the shared interface, over each vendor."""
NATIVE = [
    *(Run("messente", name, _client, prepare) for name, prepare in MESSENTE_CALLS.items()),
    *(Run("devino", name, _client, prepare) for name, prepare in DEVINO_CALLS.items()),
]
"""Every call of the vendors' own clients."""

Pushed: TypeAlias = tuple[Run, VendorFault]


def sampled(runs: Sequence[Run], count: int, *, seed: int) -> list[Pushed]:
    """*count* of all that can happen to *runs*: each equally often, and faults of every kind.

    All of it where *count* is not less than that.
    """
    faults = list(EVERY_FAULT.values())
    if count >= len(runs) * len(faults):
        return list(product(runs, faults))
    order = random.Random(seed).sample(runs, len(runs))
    return [
        (order[place % len(order)], faults[place * len(faults) // count]) for place in range(count)
    ]


async def push_all(pushed: Iterable[Pushed], search: Search) -> Mapping[str, int]:
    """Push canaries through each of *pushed*, a few at a time; how many ended in which way."""
    endings: Counter[str] = Counter()
    waiting = iter(pushed)

    async def work() -> None:
        for run, fault in waiting:
            endings[await _push(run, fault, search)] += 1
            search.look_at_all(shown_of_records(records))
            records.clear()

    with listening() as records:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work())
    return endings


async def _push(run: Run, fault: VendorFault, search: Search) -> str:
    async with PlantedVendor(run.vendor) as vendor, run.connect(vendor.emulator) as client:
        call = await prepared(run, client)
        vendor.plan = lambda: fault
        ending = await look_at(call, search, of=f"{run.vendor} {run.name} under {fault.name}")
        search.planted += any(found_in(each.raw.decode("latin-1")) for each in vendor.requests)
        return ending


async def prepared(run: Run, client: Any) -> Callable[[], Any]:
    """The call of *run*, from now on with little time."""
    call = await run.prepare(client)
    shared = isinstance(client, MessenteProvider | DevinoProvider)
    transport = (client.client if shared else client).transport
    transport.settings = evolve(transport.settings, timeout=_SECONDS, bulk_timeout=_SECONDS)
    return call


async def look_at(call: Callable[[], Any], search: Search, *, of: str) -> str:
    """Make a call, and look at what it returns or raises; the name of how it ended."""
    try:
        made = call()
        found = [each async for each in made] if hasattr(made, "__anext__") else await made
    except OmniError as error:
        search.look_at_all(shown_of_error(error), of=of)
        return type(error).__name__
    for each in found if isinstance(found, list | tuple) else [found]:
        if has(type(each)):  # what is asked for as text or number is given as such
            search.look_at_all(shown_of(each), of=of)
        for told in (each, getattr(each, "error", None)):
            if isinstance(told, OmniError):
                search.look_at_all(shown_of_error(told), of=of)
    return "returned"
