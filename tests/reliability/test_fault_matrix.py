"""Every fault that a line can have, times every operation, times each vendor: nothing untrue.

After each case what the client said is held against what the vendor truly did, the connections are
gone, and the next message goes through. ``nox -s reliability`` tries the whole product.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from attrs import evolve

from devino_async import sandbox as devino_sandbox
from messente_async import sandbox as messente_sandbox
from omni_common import exchange
from omni_common.errors import (
    AnswerLostError,
    ConnectionFailedError,
    RefusedError,
    UnexpectedAnswerError,
)
from omni_common.exchange import FailureKind
from omni_common.retry import RULES, Rule
from tests.reliability.conftest import Size
from tests.reliability.fault_matrix.blocking import blocking
from tests.reliability.fault_matrix.cases import (
    EVERY_OPERATION,
    SEED,
    called,
    every_setting,
    some,
    some_settings,
)
from tests.reliability.fault_matrix.matrix import Case, perform, perform_all
from tests.reliability.fault_matrix.setting import Setting, Way
from tests.reliability.fault_matrix.stage import Operation, Stage, Tally
from tests.reliability.fault_matrix.ways import OPEN_WAYS
from tests.support.figures import RecordProperty
from tests.support.vendor_faults import FAULTS, ITEM_FAULTS

_ALL = list(FAULTS.values())
_VARIANTS: dict[str, list[tuple[str, Any]]] = {
    "devino": list(devino_sandbox.variants()),
    "messente": list(messente_sandbox.variants()),
}
_PER_OPERATION = 4
"""Faults that each operation meets in a short run."""
_WITH_ITEMS = (
    *("send_many", "client.send_bulk of several", "client.sms.send of several"),
    *("client.email.send to several", "client.omni.send to several", "client.vk.send"),
    *("send e-mail", "send by a known scenario"),
    "client.address_book.upload_contacts of several",
    "client.address_book.delete_lists",
)
"""Operations whose answer has an item for each message."""


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every pause between two attempts zero."""
    monkeypatch.setattr(random, "uniform", lambda low, _: low)


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_open() -> Iterator[None]:
    """Fail on whatever was not closed when it is collected."""
    yield
    gc.collect()  # pytest turns the warnings of finalizers into errors


async def _exchanges_of(case: Case) -> int:
    """How many exchanges the operation takes where nothing goes wrong."""
    tally = Tally()
    count = await perform(case, tally)
    assert tally.violations == []
    assert tally.figures["accepted"] + tally.figures["right answers"] + tally.figures["not sent"]
    return count


def _assert_truth(tally: Tally, record_property: RecordProperty) -> None:
    """Nothing untrue was said, something was certain, and something failed."""
    record_property("fault matrix", dict(tally.figures))
    assert tally.violations == []
    figures = tally.figures
    assert figures["accepted"] + figures["not sent"] + figures["right answers"] > 0
    assert figures["unknown"] + figures["not sent"] + figures["read errors"] > 0


@pytest.mark.parametrize(
    ("vendor", "name"), EVERY_OPERATION, ids=[" ".join(key) for key in EVERY_OPERATION]
)
async def test_no_fault_makes_the_client_say_what_is_not_so(
    vendor: str, name: str, size: Size, record_property: RecordProperty
) -> None:
    operation = EVERY_OPERATION[vendor, name]
    exchanges = await _exchanges_of(Case(name, vendor, operation))
    count = size(short=_PER_OPERATION, full=len(FAULTS))
    turn = list(EVERY_OPERATION).index((vendor, name))
    settings: Iterable[Setting] = (
        some_settings(exchanges, count, turn=turn)
        if count < len(FAULTS)
        else every_setting(exchanges)
    )
    tally = await perform_all(Case(name, vendor, operation, setting) for setting in settings)
    _assert_truth(tally, record_property)


def test_a_short_run_meets_every_fault_all_the_same() -> None:
    turns = range(len(EVERY_OPERATION))
    met = {s.fault.name for turn in turns for s in some_settings(1, _PER_OPERATION, turn=turn)}
    assert met == set(FAULTS)


@pytest.mark.parametrize("way", OPEN_WAYS.values(), ids=list(OPEN_WAYS))
async def test_nor_does_it_on_another_way(
    way: Way, size: Size, record_property: RecordProperty
) -> None:
    cases = [
        Case(case.name, case.vendor, case.operation, setting)
        for case in called(["send", "status", "cancel"])
        for setting in every_setting(1, way=way)
        if setting.attempts == 1
    ]
    _assert_truth(await perform_all(some(cases, size(short=20, full=len(cases)))), record_property)


async def test_nor_do_two_faults_in_a_row(size: Size, record_property: RecordProperty) -> None:
    chance = random.Random(SEED)
    names = ["send", "send by a known scenario", "send_many", "status", "cancel", "cancel too late"]
    operations = list(called([*names, "client.address_book.delete_lists"]))
    cases = []
    for _ in range(size(short=60, full=10_000)):
        case = chance.choice(operations)
        fault, then = chance.choices(_ALL, k=2)
        resend = chance.random() < 0.5
        setting = Setting(fault=fault, then=then, attempts=3, resend=resend)
        cases.append(Case(case.name, case.vendor, case.operation, setting))
    _assert_truth(await perform_all(cases), record_property)


async def test_nor_does_it_whatever_the_documents_leave_open(
    size: Size, record_property: RecordProperty
) -> None:
    """Each operation meets each vendor that the documents allow for, and some fault."""
    chance = random.Random(SEED)
    cases = [
        Case(f"{name} [{variant}]", vendor, _under(behaviour, operation), setting)
        for (vendor, name), operation in EVERY_OPERATION.items()
        if (vendor, name) != ("messente", "client.status")  # which asks for what may be hidden
        for variant, behaviour in _VARIANTS[vendor]
        for setting in [chance.choice(list(every_setting(1, [chance.choice(_ALL)])))]
    ]
    _assert_truth(await perform_all(some(cases, size(short=50, full=len(cases)))), record_property)


def _under(behaviour: Any, operation: Operation) -> Operation:
    """*operation* with a vendor of another *behaviour*."""

    async def under(stage: Stage) -> None:
        stage.vendor.emulator.behaviour = behaviour
        await operation(stage)

    return under


async def test_nor_does_it_where_the_caller_accepts_a_double(
    size: Size, record_property: RecordProperty
) -> None:
    cases = [
        Case(case.name, case.vendor, case.operation, setting)
        for case in called(["send", "send e-mail", "send by a known scenario"])
        for fault in FAULTS.values()
        for always in (False, True)
        for setting in [Setting(fault=fault, always=always, attempts=3, resend=True)]
    ]
    tally = await perform_all(some(cases, size(short=50, full=len(cases))))
    _assert_truth(tally, record_property)
    assert tally.figures["taken again"] > 0


@pytest.mark.parametrize(
    ("vendor", "name"),
    [key for key in EVERY_OPERATION if key[1] in _WITH_ITEMS],
    ids=lambda value: value,
)
async def test_nor_do_items_that_fit_no_message(
    vendor: str, name: str, record_property: RecordProperty
) -> None:
    operation = EVERY_OPERATION[vendor, name]
    exchanges = await _exchanges_of(Case(name, vendor, operation))
    tally = await perform_all(
        Case(name, vendor, operation, Setting(fault=fault, at=at))
        for fault in ITEM_FAULTS.values()
        for at in range(exchanges)
        # Nothing but their order tells the results of an upload apart.
        if not (fault.name == "items: turned round" and "upload" in name)
    )
    record_property("fault matrix", dict(tally.figures))
    assert tally.violations == []
    assert tally.figures["unknown"] > 0


async def test_nor_is_the_blocking_facade_made_to(
    size: Size, record_property: RecordProperty
) -> None:
    names = ["send", "send_many", "status", "status_many", "cancel", "wait"]
    cases = [
        Case(case.name, case.vendor, case.operation, evolve(setting, races="many" in case.name))
        for case in called(names)
        for setting in every_setting(1)
        if setting.attempts == 1
    ]
    tally = await perform_all(some(cases, size(short=30, full=len(cases))), blocking)
    _assert_truth(tally, record_property)


# --- What would be found --------------------------------------------------------------------------


_CARELESS = {
    "calls a lost answer not sent": (
        FailureKind.DISCONNECTED,
        Rule(ConnectionFailedError, not_sent=True),
    ),
    "sends again after a lost answer": (
        FailureKind.DISCONNECTED,
        Rule(AnswerLostError, not_sent=False, repeat=frozenset(exchange.Operation)),
    ),
    "is never sure of a refusal": (
        FailureKind.REFUSED,
        Rule(UnexpectedAnswerError, not_sent=False),
    ),
    "takes what it cannot read for a refusal": (
        FailureKind.UNREADABLE,
        Rule(RefusedError, not_sent=True),
    ),
}


@pytest.mark.parametrize("name", _CARELESS)
async def test_a_client_that_is_careless_is_found_out(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULES, *_CARELESS[name])
    faults = [FAULTS[name] for name in ("taken, closed", "refused by 400", "body empty")]
    tally = await perform_all(
        Case(case.name, case.vendor, case.operation, Setting(fault=fault, at=0, attempts=3))
        for case in called(["send"])
        for fault in faults
    )
    assert len(tally.violations) == 2  # one with each vendor
