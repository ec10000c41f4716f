"""Ways to a vendor that break at a certain byte: of the request, of the answer, of TLS itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import frozen

from omni_common.errors import Outcome
from tests.reliability.fault_matrix.matrix import Case, perform
from tests.reliability.fault_matrix.setting import Setting, Way
from tests.reliability.fault_matrix.stage import Operation, Tally
from tests.support.cutting_relay import Break, Cut, CuttingRelay, Direction
from tests.support.faulty_vendor import FaultyVendor

__all__ = ["Extent", "broken_way", "extent_of"]


_MARGIN = 16
"""Bytes by which a handshake may be shorter another time: signatures differ in length."""


@frozen
class Extent:
    """How many bytes an operation takes on the line when nothing goes wrong."""

    request: int
    answer: int
    handshake: int
    """Bytes of the answer that come before the last request leaves, if there is one connection.

    What comes before the first one is TLS's own.
    """

    def length(self, direction: Direction) -> int:
        return self.request if direction is Direction.REQUEST else self.answer


def broken_way(cut: Cut, extent: Extent, *, tls: bool) -> Way:
    """The way that breaks at *cut*, of an operation of *extent*.

    As long as the handshake is not over, nothing has left.
    """
    name = f"{cut.ends.name.lower()} after {cut.after} bytes of {cut.direction.name.lower()}"
    is_early = cut.direction is Direction.ANSWER and cut.after < extent.handshake - _MARGIN
    return Way(
        f"TLS {name}" if tls else name,
        lambda vendor: _relayed(vendor, CuttingRelay(vendor.port, cut)),
        tls=tls,
        proves=Outcome.NOT_SENT if is_early else None,
        breaks=True,
        stalls=cut.ends is Break.HELD,
        recovers=None,  # the break may come behind the answer
    )


async def extent_of(name: str, vendor: str, operation: Operation, *, tls: bool) -> Extent:
    """Measure an operation."""
    relays: list[CuttingRelay] = []

    @asynccontextmanager
    async def leads(vendor: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
        relays.append(relay := CuttingRelay(vendor.port))
        async with _relayed(vendor, relay) as settings:
            yield settings

    extents: list[Extent] = []

    async def measured(stage: Any) -> None:
        await operation(stage)
        carried = relays[0].carried
        extents.append(
            Extent(
                carried[Direction.REQUEST],
                carried[Direction.ANSWER],
                relays[0].before_last_request if tls and relays[0].connections == 1 else 0,
            )
        )

    tally = Tally()
    await perform(Case(name, vendor, measured, Setting(way=Way("measured", leads, tls=tls))), tally)
    if tally.violations:
        raise AssertionError(tally.violations)
    return extents[0]


@asynccontextmanager
async def _relayed(vendor: FaultyVendor, relay: CuttingRelay) -> AsyncIterator[Mapping[str, Any]]:
    async with relay:
        scheme = vendor.url.partition(":")[0]
        yield {"base_url": f"{scheme}://127.0.0.1:{relay.port}{vendor.emulator.path}"}
