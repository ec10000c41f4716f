"""Faulty vendors in a process of their own, and what they say in the end of what they truly took.

Two processes use two cores, and what the vendor remembers is not counted as the client's memory.
The process reads one order on each line of its standard input and answers with one line, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from traceback import format_exc
from types import TracebackType
from typing import Any, Self

from attrs import field, frozen

from omni_common.redaction import mask_number, mask_text
from omni_common.sandbox import Pace
from tests.support.fault_steps import whole_answer
from tests.support.faulty_vendor import FaultyVendor, Plan
from tests.support.vendor_faults import ANSWERED, FAULTS, ITEM_FAULTS, Ending, VendorFault

__all__ = ["RATE_LIMITED", "Taken", "Truth", "VendorProcess", "random_faults"]

RATE_LIMITED = VendorFault(
    "rate limited",
    takes=False,
    says=lambda _: whole_answer(429, b"", {"Retry-After": "0.02"}),
    ends=Ending.KEPT,
)
"""The vendor asks to come again soon, which no fault of the list does."""
_STALLS = 0.25
_RATE_LIMITS = 10.0
_TICK = 0.05
_SOON = timedelta(seconds=0.1)
_KEPT = 1_000


def random_faults(rate: float, seed: int) -> Plan:
    """A plan by which the share *rate* of exchanges is hit by any of the faults.

    Those that only the client's patience ends are rarer than others, or a run would be all waiting.
    What is said later on a line that is kept is none of them: where the line is used again at once
    it is the answer to somebody else's request, and nothing in HTTP/1.1 tells that.
    """
    dice = random.Random(seed)
    known = [*FAULTS.values(), *ITEM_FAULTS.values()]
    faults = [RATE_LIMITED, *(fault for fault in known if not _is_beyond_telling(fault))]
    weights = [_RATE_LIMITS, *(_STALLS if fault.stalls else 1.0 for fault in faults[1:])]

    def plan() -> VendorFault:
        return dice.choices(faults, weights)[0] if dice.random() < rate else ANSWERED

    return plan


def _is_beyond_telling(fault: VendorFault) -> bool:
    # A result of Devino's has nothing but its place to say whose it is.
    is_swapped = fault is ITEM_FAULTS["items: turned round"]
    is_unasked = fault.later is not None and fault.ends is Ending.KEPT
    return fault is ANSWERED or is_swapped or is_unasked


@frozen
class Taken:
    """One message that a vendor took."""

    id: str
    to: str = field(repr=mask_number)
    text: str = field(repr=mask_text)


@frozen
class Truth:
    """What truly happened at a vendor.

    Attributes:
        taken: Every message that it took, unless it forgets.
        happened: How often each fault happened, or none (``answered``).
        doubles: How often a text was taken again that it still remembered.
    """

    taken: tuple[Taken, ...]
    happened: Mapping[str, int]
    doubles: int

    @property
    def exchanges(self) -> int:
        return sum(self.happened.values())

    @property
    def faults(self) -> int:
        return self.exchanges - self.happened.get(ANSWERED.name, 0)


class VendorProcess:
    """The process, for the one that started it; a context manager."""

    def __enter__(self) -> Self:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.vendor_process"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()
        assert self._process.returncode == 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def open(self, vendor: str, *, fault_rate: float, seed: int, forgets: bool = False) -> str:
        """Open a vendor, and return its connection URL.

        One that *forgets* lets its time pass, posts what is due, and remembers its latest messages
        only.
        """
        url = self._answer(
            order="open", vendor=vendor, fault_rate=fault_rate, seed=seed, forgets=forgets
        )
        assert isinstance(url, str)
        return url

    def close(self, url: str) -> Truth:
        """Close the vendor at *url* when its last line is closed; what happened there."""
        said = self._answer(order="close", url=url)
        taken = tuple(Taken(*entry) for entry in said["taken"])
        return Truth(taken, said["happened"], said["doubles"])

    def _answer(self, **order: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the vendors' process has died"
        said = json.loads(line)
        assert "failed" not in said, said["failed"]
        return said["answer"]


class _Opened:
    """A vendor that is open; time passes there if it forgets."""

    def __init__(self, vendor: FaultyVendor, stack: AsyncExitStack, *, forgets: bool) -> None:
        self.vendor = vendor
        self._stack = stack
        self._doubles = 0
        life = (self._let_time_pass(), self._post()) if forgets else ()
        self._life = [asyncio.create_task(each) for each in life]

    async def close(self) -> dict[str, Any]:
        vendor = self.vendor
        await vendor.until(lambda: vendor.open_connections == 0)
        for task in self._life:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._stack.aclose()
        self._look_for_doubles()
        return {
            "taken": [[entry.id, entry.to, entry.text] for entry in vendor.emulator.ledger],
            "happened": vendor.happened,
            "doubles": self._doubles,
        }

    async def _let_time_pass(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            self.vendor.emulator.clock.advance(timedelta(seconds=now - last))
            last = now
            if len(self.vendor.requests) > _KEPT:
                self._look_for_doubles()
                self.vendor.forget(_KEPT)

    async def _post(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            await self.vendor.emulator.settle()

    def _look_for_doubles(self) -> None:
        taken = self.vendor.taken()
        self._doubles += sum(taken.values()) - len(taken)


async def _open(order: Mapping[str, Any]) -> _Opened:
    stack = AsyncExitStack()
    plan = random_faults(order["fault_rate"], order["seed"])
    vendor = await stack.enter_async_context(FaultyVendor(order["vendor"], plan))
    vendor.emulator.pace = Pace(sent=_SOON, delivered=2 * _SOON)
    return _Opened(vendor, stack, forgets=order["forgets"])


async def _obey(order: Mapping[str, Any], opened: dict[str, _Opened]) -> object:
    if order["order"] == "close":
        return await opened.pop(order["url"]).close()
    one = await _open(order)
    url = one.vendor.connection_url
    opened[url] = one
    return url


async def _main() -> None:
    opened: dict[str, _Opened] = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            said = {"answer": await _obey(json.loads(line), opened)}
        except Exception:  # noqa: BLE001 - told to who gave the order
            said = {"failed": format_exc()}
        sys.stdout.write(f"{json.dumps(said)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main())
