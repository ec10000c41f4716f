"""Whole programs ended at random moments: in bounded time, and with a true word on each message."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from random import Random

import pytest
from attrs import define, evolve, field, frozen

from tests.reliability.conftest import Size
from tests.reliability.interruption.truth import taken_in_the_end
from tests.reliability.interruption.words import Words
from tests.reliability.shutdown.ends import End, Zygote
from tests.reliability.shutdown.kinds import KINDS, STRUCK, Kind
from tests.reliability.shutdown.lost import LOST_BY_ASYNCIO
from tests.reliability.shutdown.orders import Order
from tests.support.faulty_vendor import FaultyVendor
from tests.support.figures import RecordProperty
from tests.support.vendor_fault import ANSWERED, VendorFault
from tests.support.vendor_faults import FAULTS

SEED = 20_270_102
_MESSAGES = 12
# What asyncio says when an exception has struck in the loop's own steps, while it cleaned up: it
# takes the end of the main task for the end of that, or its loop for running still.
_STRUCK_IN_ASYNCIO = (
    "RuntimeError: Event loop stopped before Future completed.",
    "RuntimeError: Cannot close a running event loop",
)
_FAULTS = [each for each in FAULTS.values() if not each.stalls and each.later is None]
_STALLS = [each for each in FAULTS.values() if each.stalls]


@frozen
class Ended:
    """One program that was ended, and what is wrong with that."""

    kind: Kind
    seconds: float
    happened: Counter[str]
    wrongs: Sequence[str]
    is_stuck: bool
    """Whether asyncio itself did not survive an exception in the middle of its own work."""
    is_unbegun: bool
    """Whether asyncio was struck while it prepared to run the program."""


@define
class Bench:
    """Where programs are ended, one after the other."""

    zygote: Zygote
    folder: Path
    chance: Random
    _names: Iterator[str] = field(factory=lambda: (f"p{number}" for number in range(10**9)))

    def fault(self) -> VendorFault:
        """What happens to an exchange: it is answered, six times out of seven."""
        lot = self.chance.random()
        if lot < 0.86:
            return ANSWERED
        return self.chance.choice(_FAULTS if lot < 0.99 else _STALLS)

    async def end(self, kind: Kind) -> Ended:
        """Run a program, and end it as *kind* says."""
        name = self.chance.choice(["messente", "devino"])
        async with FaultyVendor(name, self.fault) as vendor:
            order = Order(
                name=next(self._names),
                program=kind.program,
                vendor=name,
                url=self._url(vendor),
                folder=str(self.folder),
                messages=_MESSAGES,
                seed=self.chance.randrange(10**6),
                strike_at=self.chance.randrange(kind.steps) + 1 if kind.steps else 0,
            )
            end = await self.zygote.end(order, kind.signals, vendor)
            return _judged(kind, end, await taken_in_the_end(vendor))

    def _url(self, vendor: FaultyVendor) -> str:
        limits = "timeout=1&bulk_timeout=1&max_attempts=2"
        concurrency = self.chance.choice([1, 3, 100])
        return f"{vendor.connection_url}&{limits}&batch_size=3&concurrency={concurrency}"


def _judged(kind: Kind, end: End, taken: Counter[str]) -> Ended:
    words = Words()
    end.add_to(words)
    is_stuck = end.code is None and kind.raises and LOST_BY_ASYNCIO in end.complaints
    wrongs: list[str] = []
    if not is_stuck:
        wrongs += words.judge(taken, kind.law_of(end.code))
        wrongs += [] if end.came_before_the_program else kind.strange(end.complaints)
        if end.code not in kind.codes and not (kind.raises and _is_of_asyncio(end.complaints)):
            wrongs.append(f"ended with {end.code}: {end.complaints}")
    wrongs = [f"{kind.name}: {wrong}" for wrong in wrongs]
    return Ended(kind, end.seconds, words.happened, wrongs, is_stuck, end.came_before_the_program)


def _is_of_asyncio(complaints: str) -> bool:
    return any(each in complaints for each in _STRUCK_IN_ASYNCIO)


async def _end_all(kinds: Sequence[Kind], folder: Path) -> list[Ended]:
    chance = Random(SEED)
    async with Zygote(chance) as zygote:
        bench = Bench(zygote, folder, chance)
        return [await bench.end(kind) for kind in kinds]


def test_however_a_program_ends_each_message_has_one_true_word(
    tmp_path: Path, size: Size, record_property: RecordProperty
) -> None:
    number = size(short=30, full=2_500)
    kinds = list(islice(cycle(Random(SEED).sample(KINDS, len(KINDS))), number))
    ended = asyncio.run(_end_all(kinds, tmp_path))
    figures = _figures(ended)
    record_property("process ends", figures)
    _hold(ended, stuck=200)
    assert {"told accepted", "recorded not_sent"} <= figures.keys()
    # A few ends may all miss the short time in which an answer is still to come.
    assert size(short=0, full=1) <= figures.get("recorded unknown", 0)


@pytest.mark.skipif(
    sys.version_info >= (3, 13),
    reason="from 3.13 on Python traces the opcodes of a function from its second call on only",
)
def test_whatever_step_strikes_a_program_each_message_has_one_true_word(
    tmp_path: Path, size: Size, record_property: RecordProperty
) -> None:
    number = size(short=16, full=1_400)
    ended = asyncio.run(_end_all(list(islice(cycle(STRUCK), number)), tmp_path))
    record_property("struck programs", _figures(ended))
    _hold(ended, stuck=20)


def _figures(ended: Sequence[Ended]) -> dict[str, int]:
    seconds = [each.seconds for each in ended if not each.is_stuck]
    return {
        "ended": len(ended),
        **Counter(f"by {_how(each.kind)}" for each in ended),
        **sum((each.happened for each in ended), Counter[str]()),
        "stuck in asyncio": sum(each.is_stuck for each in ended),
        "struck before they began": sum(each.is_unbegun for each in ended),
        "violations": sum(len(each.wrongs) for each in ended),
        "ms at most": round(max(seconds) * 1000),
        "ms in the middle": round(statistics.median(seconds) * 1000),
    }


def _hold(ended: Sequence[Ended], stuck: int) -> None:
    """See that nothing is wrong, and that asyncio has failed one of *stuck* ends, or two of all."""
    assert [wrong for each in ended for wrong in each.wrongs] == [], f"with seed {SEED}"
    assert sum(each.is_stuck for each in ended) <= 2 + len(ended) // stuck
    assert sum(each.is_unbegun for each in ended) <= 1 + len(ended) // 50


def _how(kind: Kind) -> str:
    if kind.steps:
        return "an exception at a step"
    if not kind.signals:
        return "itself"
    leaving = ", which raises SystemExit" if kind.program.endswith("leaving") else ""
    return " and ".join(each.name for each in kind.signals) + leaving


_STRUCK = """\
import asyncio, os, signal, sys

async def main():
    pass

def strike(frame, event, argument):
    if frame.f_code.co_name == "_make_self_pipe":
        sys.settrace(None)
        os.kill(os.getpid(), signal.SIGINT)

sys.settrace(strike)
asyncio.run(main())
"""


def test_what_python_leaves_of_a_program_that_never_began_is_told_from_ours() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _STRUCK], stderr=subprocess.PIPE, text=True, check=False
    )
    assert "BaseEventLoop.__del__" in ended.stderr
    assert "never awaited" in ended.stderr

    def end(*said: Sequence[str], complaints: str = ended.stderr) -> End:
        return End(ended.returncode, 0.0, said, "", complaints)

    assert end().came_before_the_program
    assert not end(["asked", "r"]).came_before_the_program
    assert not end(complaints=f"{ended.stderr} omni_common/transport.py").came_before_the_program
    assert not evolve(end(), code=0).came_before_the_program
