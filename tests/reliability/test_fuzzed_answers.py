"""Every reader of a vendor's answer, under answers that no vendor means: it reads, or says no."""

from __future__ import annotations

import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from itertools import cycle
from types import ModuleType

import pytest

import devino_async
import messente_async
from omni_common.exchange import Answer, Failure
from tests.reliability.cases import every
from tests.reliability.conftest import Size
from tests.reliability.genuine_answers import READINGS, Reading
from tests.reliability.hostile_answers import answers, check_result
from tests.reliability.hostile_json import each_change, written
from tests.support.figures import RecordProperty

SHARED = {
    "devino_async.answers.read_document",
    "devino_async.answers.read_result",
    "devino_async.paging.page_reader",
    "devino_async.paging.rows_reader",
}
"""What readers are made of."""


STATUSES = (200, 200, 400, 200, 500)
"""In turn, so that each change of an answer meets another one."""


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
def test_every_odd_value_in_every_place_is_read_or_refused(
    reading: Reading, size: Size, record_property: RecordProperty
) -> None:
    figures = _figures()
    bodies = [body for document in reading.documents for body in each_change(document)]
    some = bodies[:: size(short=53, full=1)]
    for body, status in zip(some, cycle(STATUSES), strict=False):
        _read(reading, Answer(status, body), figures)
    record_property("fuzzed answers", dict(figures))
    assert figures["failures"] == 0
    assert figures["refused"] + figures["nothing"] > 0


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
def test_any_answer_is_read_or_refused_and_nothing_is_raised(
    reading: Reading, size: Size, record_property: RecordProperty
) -> None:
    figures = _figures()
    count = size(short=12, full=1_000)
    every(answers(reading), count, lambda answer: _read(reading, answer, figures))
    record_property("fuzzed answers", dict(figures))
    assert figures["failures"] == 0
    # Both ends were reached, or the test would prove little.
    assert figures["read"] >= size(short=0, full=20)
    assert figures["refused"] + figures["nothing"] >= size(short=0, full=20)


def _figures() -> Counter[str]:
    return Counter(cases=0, read=0, refused=0, nothing=0, failures=0)


def _read(reading: Reading, answer: Answer, figures: Counter[str]) -> None:
    """Read *answer*, look at the result in every way, and count what it is."""
    figures.update(("cases", "failures"))
    result = reading.read(answer)
    check_result(result, answer)
    assert reading.read(answer) == result
    figures["failures"] -= 1
    outcome = {type(None): "nothing", Failure: "refused"}.get(type(result), "read")
    figures[outcome] += 1


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
def test_what_is_spoilt_can_be_read_before(reading: Reading) -> None:
    bodies = [*map(written, reading.documents), *reading.bodies]
    results = [reading.read(Answer(200, body)) for body in bodies]

    assert any(not isinstance(result, Failure | None) for result in results)


def test_no_reader_is_left_out() -> None:
    found = {name for package in (messente_async, devino_async) for name in _readers(package)}

    assert found - SHARED == {reading.name.split()[0] for reading in READINGS}


def _readers(package: ModuleType) -> Iterator[str]:
    """The names of all functions in *package* that read an answer, or make what does."""
    for module in map(import_module, _modules(package)):
        source = inspect.getsource(module)
        for name, value in vars(module).items():
            is_read = name.startswith(("read_", "_read_")) or name.endswith("_reader")
            if is_read and (f"\ndef {name}(" in source or f"\n{name} = " in source):
                signature = inspect.signature(value)
                if "answer" in signature.parameters or "Reader[" in str(signature):
                    yield f"{module.__name__}.{name}"


def _modules(package: ModuleType) -> Iterator[str]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".sandbox" not in module.name:
            yield module.name
