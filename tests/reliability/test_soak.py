"""A client's process that is in use all day: nothing grows, and nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.conftest import Size
from tests.reliability.resources import Trend
from tests.reliability.soak.orders import Orders
from tests.reliability.vendor_process import VendorProcess
from tests.support.emulated_vendor import VENDORS
from tests.support.figures import RecordProperty

ROOT = Path(__file__).parents[2]
SEED = 5
FAULT_RATE = 0.05
CASCADES = 10_000
"""As many as a provider of Messente's remembers: what has a bound has reached it."""
STRICTEST = ("-X", "dev", "-W", "error::ResourceWarning")
"""Whatever Python and asyncio know of leaks is said on standard error, and nothing else is."""
FEW_HEAPS = {"MALLOC_ARENA_MAX": "2"}
"""What one thread frees another may use, so that memory is not needed once for each of them."""
MIB = 1024
"""KiB."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="it reads /proc")


@pytest.fixture
def vendors() -> Iterator[VendorProcess]:
    with VendorProcess() as process:
        yield process


@pytest.fixture
def orders(vendors: VendorProcess, size: Size) -> Orders:
    return Orders(
        urls={
            vendor: vendors.open(vendor, fault_rate=FAULT_RATE, seed=SEED, forgets=True)
            for vendor in VENDORS
        },
        vendors_pid=vendors.pid,
        warm_up=size(short=0, full=120),
        seconds=size(short=1, full=600),
        tasks=size(short=12, full=60),
        threads=size(short=8, full=40),
        cascades=size(short=0, full=CASCADES),
        seed=SEED,
    )


def soaked(orders: Orders, errors: Path) -> dict[str, Any]:
    """Let a process do what it is told, and return what it says of it; *errors* takes the rest."""
    command = [sys.executable, *STRICTEST, "-m", "tests.reliability.soak.program"]
    with errors.open("w") as file:
        ended = subprocess.run(
            [*command, orders.written()],
            cwd=ROOT,
            env={**os.environ, **FEW_HEAPS},
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, errors.read_text()
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


def test_a_client_in_use_all_day_stops_growing_and_leaves_nothing_behind(
    orders: Orders,
    vendors: VendorProcess,
    size: Size,
    tmp_path: Path,
    record_property: RecordProperty,
) -> None:
    said = soaked(orders, tmp_path / "errors")
    truths = [vendors.close(url) for url in orders.urls.values()]
    resident = [(second, kib) for second, kib, _ in said["samples"]]
    own, later = Trend.of(resident), Trend.of(resident[-max(2, len(resident) // 2) :])
    theirs = Trend.of([(second, kib) for second, _, kib in said["samples"]])
    blocks, blocks_later = said["blocks"]
    figures = {
        "seconds": orders.seconds,
        "operations": sum(said["operations"].values()),
        "exchanges": sum(truth.exchanges for truth in truths),
        "faults": sum(truth.faults for truth in truths),
        **said["outcomes"],
        "doubles": sum(truth.doubles for truth in truths),
        "KiB in the end": said["samples"][-1][1],
        "KiB grown": round(own.growth),
        "KiB more a minute": round(own.per_minute),
        "KiB more a minute in the later half": round(later.per_minute),
        "blocks in the end": blocks_later,
        "blocks more": blocks_later - blocks,
    }
    record_property("soak", figures)
    for what in ("operations", "errors", "events"):
        record_property(f"soak, {what}", dict(sorted(said[what].items())))

    # The resident memory has holes and garbage in it; without a warm-up code is still loaded, too.
    assert own.growth < size(short=64, full=8) * MIB, said["samples"][::20]
    assert theirs.growth < 64 * MIB, said["samples"][::20]  # the vendors' is not what this is about
    assert (tmp_path / "errors").read_text() == ""
    assert said["foreign"] == []  # errors that are none of the library's
    assert said["tasks"] == []
    assert said["after"] == said["before"]
    assert figures["doubles"] == 0

    assert figures["operations"] > size(short=30, full=10_000)
    assert figures["faults"] > size(short=0, full=1_000)
    outcomes = ("accepted", "not_sent", "unknown")[: size(short=1, full=3)]
    assert all(said["outcomes"].get(each) for each in outcomes)
    kinds = {"send", "send_many", "status", "status_many", "cancel", "wait", "track", "native"}
    everything = {*kinds, *(f"blocking {kind}" for kind in kinds), "new client", "interrupted"}
    met = {"posted", "cancelled", "row read", "status told", "interrupted, unknown"}
    if size(short=0, full=1):
        # What each operation left behind would be a block at least.
        assert blocks_later - blocks < figures["operations"] / 2
        assert said["operations"].keys() >= everything
        assert said["events"].keys() >= met


def test_a_trend_is_the_slope_of_a_line_and_the_growth_between_its_ends() -> None:
    rising = Trend.of([(float(second), 1_000 + 2.0 * second) for second in range(100)])
    assert rising.per_minute == pytest.approx(120)
    assert rising.growth == pytest.approx(180)
    assert Trend.of([(0, 7), (1, 7), (2, 7)]) == Trend(per_minute=0, growth=0)
