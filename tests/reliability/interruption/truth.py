"""What a vendor took in the end, when nothing is on its way to it any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import TracebackType
from typing import Self

from omni_common.sync.portal import Portal
from tests.support.faulty_vendor import FaultyVendor
from tests.support.vendor_faults import ANSWERED

__all__ = ["VendorInAThread", "taken_in_the_end"]


async def taken_in_the_end(vendor: FaultyVendor) -> Counter[str]:
    """How often each message was taken, once every line has ended; no fault happens any more.

    A line that its client has left may still wait to be accepted; one more is accepted after it.
    """
    vendor.plan = lambda: ANSWERED
    reader, writer = await asyncio.open_connection("127.0.0.1", vendor.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await reader.readline()
    writer.close()
    await vendor.until(lambda: vendor.open_connections == 0)
    return vendor.taken()


class VendorInAThread:
    """A vendor on an event loop of its own, for code that blocks or ends its loop."""

    def __init__(self, name: str) -> None:
        self.vendor = FaultyVendor(name)
        self._portal = Portal(lambda: self.vendor, name="vendor")
        self._known: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._portal.call(_begun)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._portal.close()

    def taken(self) -> Counter[str]:
        """What it took since it was asked last, when every line has ended."""
        before, self._known = self._known, self._portal.call(taken_in_the_end)
        return self._known - before


async def _begun(_: FaultyVendor) -> None:
    """It listens since before its first call."""
