"""A connection that breaks at any byte, of the request or of the answer, in TLS or without it."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator

import pytest

from tests.reliability.conftest import Size
from tests.reliability.fault_matrix.breaks import broken_way, extent_of
from tests.reliability.fault_matrix.cases import EVERY_OPERATION, some
from tests.reliability.fault_matrix.matrix import Case, perform_all
from tests.reliability.fault_matrix.setting import Setting
from tests.support.cutting_relay import Break, Cut, Direction
from tests.support.figures import RecordProperty

_OPERATIONS = {
    ("messente", "send"): 1,
    ("messente", "send_many"): 3,
    ("messente", "cancel"): 1,
    ("devino", "send"): 1,
    ("devino", "send a cascade"): 10,
    ("devino", "client.email.upload"): 1,
    ("devino", "client.sms.detail by pages"): 10,
}
"""How many bytes lie between two breaks of a full run."""
_WITH_TLS, _HELD = 3, 10
"""How many times as far apart they lie in TLS, and where only the client's patience ends them."""


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every pause between two attempts zero."""
    monkeypatch.setattr(random, "uniform", lambda low, _: low)


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_open() -> Iterator[None]:
    """Fail on whatever was not closed when it is collected."""
    yield
    gc.collect()  # pytest turns the warnings of finalizers into errors


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize(("vendor", "name"), _OPERATIONS, ids=lambda value: value)
async def test_wherever_a_connection_breaks_nothing_untrue_is_said(
    vendor: str, name: str, *, tls: bool, size: Size, record_property: RecordProperty
) -> None:
    operation, step = EVERY_OPERATION[vendor, name], _OPERATIONS[vendor, name]
    step *= _WITH_TLS if tls else 1
    extent = await extent_of(name, vendor, operation, tls=tls)
    cases = [
        Case(name, vendor, operation, Setting(way=broken_way(cut, extent, tls=tls)))
        for direction in Direction
        for ends in Break
        for apart in [step * _HELD if ends is Break.HELD else step]
        for after in range(0, extent.length(direction), apart)
        for cut in [Cut(direction, after, ends)]
    ]
    tally = await perform_all(some(cases, size(short=12, full=len(cases))))
    record_property("fault matrix, broken at a byte", dict(tally.figures))
    assert tally.violations == []
    figures = tally.figures
    if size(short=0, full=1):  # a few cuts may all come before the request, or all behind it
        assert figures["unknown"] + figures["read errors"] > 0
        assert not tls or figures["not sent"] + figures["read errors"] > 0
