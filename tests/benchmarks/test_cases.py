"""Every case, in tiny: what is measured works, whatever it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.case import Plan
from benchmarks.cases import CASES

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def figures_of(file: Path, *arguments: str) -> dict[str, Any]:
    finished = run("--scale", "0.001", "--rounds", "1", "--json", str(file), *arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    document: dict[str, Any] = json.loads(file.read_text())
    return document


@pytest.mark.parametrize("name", CASES)
def test_a_case_runs_with_everybody_who_is_installed(name: str, tmp_path: Path) -> None:
    told = figures_of(tmp_path / "figures.json", name)["cases"][name]
    case = CASES[name](Plan())
    assert [*told["contestants"]] == [contestant.name for contestant in case.contestants] or (
        name == "growth"  # whose contestants are named after their length
    )
    for contestant, figures in zip(case.contestants, told["contestants"].values(), strict=True):
        if all(map(find_spec, contestant.needs)):
            (turn,) = figures["turns"]
            assert turn["done"] > 0
            assert figures["microseconds"]["median"] > 0
        else:
            assert contestant.needs[0] in figures["missing"]
    assert len(told["goals"]) == len(case.goals)


def test_the_document_says_what_was_measured_with_what(tmp_path: Path) -> None:
    document = figures_of(tmp_path / "figures.json", "masks")
    assert document["versions"]["python"] == sys.version.split()[0]
    peers = {"aiohttp", "yarl", "attrs", "cattrs", "orjson", "httpx", "requests", "messente-api"}
    assert peers | {"urllib3", "omni-async"} <= document["versions"].keys()
    assert {"system", "architecture", "cpu", "cpus"} <= document["machine"].keys()
    assert document["plan"] == {"rounds": 1, "scale": 0.001, "quick": False}
    assert isinstance(document["urllib3_provided_by_others"], list)


def test_the_cases_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [*CASES]


def test_a_case_that_does_not_exist_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["bulky"])
    assert "bulky" in capsys.readouterr().err


@pytest.mark.parametrize("name", CASES)
def test_a_case_compares_with_contestants_that_it_has(name: str) -> None:
    case = CASES[name](Plan(quick=True))
    names = [contestant.name for contestant in case.contestants]
    assert len(set(names)) == len(names)
    assert case.reference in names
    assert case.name == name
