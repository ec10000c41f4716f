from __future__ import annotations

import pytest

from benchmarks.__main__ import main
from benchmarks.arena import WorkFailedError
from benchmarks.case import Case
from benchmarks.cases import CASES
from benchmarks.contest import Standing, Standings, Turn
from benchmarks.document import case_document
from benchmarks.goals import faster
from benchmarks.table import table

CASE = Case(
    name="race",
    title="who is faster",
    unit="message",
    contestants=(),
    reference="hare",
    goals=(faster("hare", "tortoise", least=2), faster("hare", "snail", least=3)),
)
STANDINGS = {
    "hare": Standing(turns=[Turn(done=10, seconds=0.001, cpu_seconds=0.001, growth=2_500_000)]),
    "tortoise": Standing(turns=[Turn(done=10, seconds=0.005, cpu_seconds=0.001)]),
    "snail": Standing(missing="No module named 'snail'"),
}


def test_a_table_for_people() -> None:
    verdicts = [goal.judge(STANDINGS) for goal in CASE.goals]
    lines = [" ".join(line.split()) for line in table(CASE, STANDINGS, verdicts).splitlines()]
    assert "hare 100 10,000 1.00 100 2.5 MB" in lines
    assert "tortoise 500 2,000 0.20 100" in lines
    assert "snail missing" in lines
    assert "snail is missing: No module named 'snail'" in lines
    assert "hare: speed against tortoise 5.00 at least 2 reached" in lines
    assert "hare: speed against snail missing at least 3" in lines


def test_a_document_for_programs() -> None:
    told = case_document(CASE, STANDINGS, [goal.judge(STANDINGS) for goal in CASE.goals])
    assert told["contestants"]["snail"] == {"missing": "No module named 'snail'"}
    tortoise = told["contestants"]["tortoise"]
    assert tortoise["microseconds"] == {"median": 500.0, "low": 500.0, "high": 500.0}
    assert tortoise["times_reference"] == {"median": 0.2, "low": 0.2, "high": 0.2}
    assert [turn["done"] for turn in tortoise["turns"]] == [10]
    assert [goal["met"] for goal in told["goals"]] == [True, None]


def test_a_table_where_everybody_is_missing() -> None:
    nobody: Standings = {name: Standing(missing="why") for name in STANDINGS}
    verdicts = [goal.judge(nobody) for goal in CASE.goals]
    assert table(CASE, nobody, verdicts).count("is missing: why") == 3
    assert case_document(CASE, nobody, verdicts)["reference"] == "hare"


def test_failed_work_is_told_and_decides_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise WorkFailedError("omni did 3 of 4")

    monkeypatch.setattr("benchmarks.__main__.play", fail)
    assert main([next(iter(CASES))]) == 1
    assert "failed: omni did 3 of 4" in capsys.readouterr().out
