"""Every way to a vendor that fails, times every operation: what never left is told as not sent."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Iterator

import pytest

from tests.reliability.conftest import Size
from tests.reliability.fault_matrix.cases import EVERY_OPERATION, some
from tests.reliability.fault_matrix.matrix import Case, perform_all
from tests.reliability.fault_matrix.setting import Setting, Way
from tests.reliability.fault_matrix.ways import WAYS
from tests.support.figures import RecordProperty


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every pause between two attempts zero."""
    monkeypatch.setattr(random, "uniform", lambda low, _: low)


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_open() -> Iterator[None]:
    """Fail on whatever was not closed when it is collected."""
    yield
    gc.collect()  # pytest turns the warnings of finalizers into errors


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
async def test_what_never_left_is_told_as_not_sent(
    way: Way, size: Size, record_property: RecordProperty
) -> None:
    if way.name == "a full queue" and sys.platform != "linux":
        pytest.skip("elsewhere a full backlog refuses")
    cases = [
        Case(name, vendor, operation, Setting(way=way, attempts=attempts))
        for (vendor, name), operation in EVERY_OPERATION.items()
        for attempts in (1, 3)
    ]
    tally = await perform_all(some(cases, size(short=7, full=len(cases))))
    record_property("fault matrix, ways to the vendor", dict(tally.figures))
    assert tally.violations == []
    assert tally.figures["accepted"] + tally.figures["right answers"] == 0
    assert way.proves is None or tally.figures["unknown"] == 0
    assert tally.figures["not sent"] + tally.figures["unknown"] > 0
