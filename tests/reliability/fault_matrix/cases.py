"""Which operation meets what: the whole product, or a sample of it with a constant seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from random import Random
from typing import TypeVar

from attrs import evolve

from tests.reliability.fault_matrix.matrix import Case
from tests.reliability.fault_matrix.native_operations import NATIVE_OPERATIONS
from tests.reliability.fault_matrix.operations import OPERATIONS
from tests.reliability.fault_matrix.setting import DIRECT, Setting, Way
from tests.reliability.fault_matrix.stage import Operation
from tests.support.vendor_faults import FAULTS, VendorFault

__all__ = ["EVERY_OPERATION", "SEED", "called", "every_setting", "some", "some_settings"]

T = TypeVar("T")

SEED = 20270101
"""Of every sample here."""

EVERY_OPERATION: Mapping[tuple[str, str], Operation] = {
    (vendor, name): operation
    for group in (OPERATIONS, NATIVE_OPERATIONS)
    for vendor, operations in group.items()
    for name, operation in operations.items()
}
"""By the vendor and what is done: behind the shared interface, and with the native clients."""


def called(names: Iterable[str]) -> Iterator[Case]:
    """Cases of operations by their names, with either vendor that has them."""
    wanted = frozenset(names)
    for (vendor, name), operation in EVERY_OPERATION.items():
        if name in wanted:
            yield Case(name, vendor, operation)


def every_setting(
    exchanges: int, faults: Iterable[VendorFault] = tuple(FAULTS.values()), way: Way = DIRECT
) -> Iterator[Setting]:
    """Every fault at every exchange.

    Once with no further attempt, on a fresh line and on one that is reused; once with further ones;
    and for good.
    """
    for fault in faults:
        for at in range(exchanges):
            setting = Setting(fault=fault, way=way, at=at)
            yield setting
            yield evolve(setting, reused=True)
            yield evolve(setting, attempts=3, reused=True)
            yield evolve(setting, attempts=3, always=True)


def some_settings(exchanges: int, count: int, *, turn: int, way: Way = DIRECT) -> Iterator[Setting]:
    """*count* faults, each in one setting; those of the next *turn* are the faults after them.

    Two more come with every turn: no fault at all, and a refusal.
    """
    order = Random(SEED).sample(list(FAULTS.values()), len(FAULTS))
    faults = islice(cycle(order), turn * count, (turn + 1) * count)
    chance = Random(f"{SEED} {turn}")
    for fault in (FAULTS["answered"], FAULTS["refused by 400"], *faults):
        yield chance.choice(list(every_setting(exchanges, [fault], way)))


def some(cases: Sequence[T], count: int) -> Sequence[T]:
    """*count* of *cases*, drawn from all of them."""
    return Random(SEED).sample(cases, min(count, len(cases)))
