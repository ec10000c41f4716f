"""``docs/callbacks.md`` and ``docs/cascades.md``: their blocks run, and what they list is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.example import Example
from sybil.parsers.markdown import PythonCodeBlockParser

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.callbacks import callback_area, callback_area_names
from omni_common.sandbox import SandboxClock, running
from tests.examples.programs import free_port

DOCS = Path(__file__).parents[1] / "docs"
CALLBACKS, CASCADES = DOCS / "callbacks.md", DOCS / "cascades.md"


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    # Time passes quickly in the sandbox, so that five minutes are over soon.
    clock = SandboxClock(speed=2_000)
    with ExitStack() as stack:
        emulators = [
            stack.enter_context(running(MessenteEmulator(clock=clock))),
            stack.enter_context(running(DevinoEmulator(clock=clock))),
        ]
        yield {emulator.name: f"{emulator.url}?sender=Shop" for emulator in emulators}


def examples() -> Iterator[Any]:
    """Every block of both pages; what connects, once with each vendor."""
    for page in (CALLBACKS, CASCADES):
        for example in Sybil(parsers=[PythonCodeBlockParser()]).parse(page):
            vendors = ("messente", "devino") if "connect()" in str(example.parsed) else ("devino",)
            for vendor in vendors:
                name = f"{page.stem} line {example.line} {vendor}"
                yield pytest.param(example, vendor, id=name)


@pytest.mark.parametrize(("example", "vendor"), list(examples()))
def test_a_block_runs_as_it_stands_and_prints_what_it_says(
    example: Example,
    vendor: str,
    urls: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OMNI_URL", urls[vendor])
    monkeypatch.setenv("PORT", str(free_port()))
    example.evaluate()
    for name, test in [*example.namespace.items()]:
        if name.startswith("test_") and example.namespace.pop(name):
            test()
    printed = capsys.readouterr().out
    promises = re.findall(r"print\(.*\)\s+# (.*)", str(example.parsed))
    assert [line for line in promises if line not in printed] == []


AREAS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in CALLBACKS.read_text("utf-8").splitlines()
    if re.match(r"\| `\w+\.\w+` \|", line)
]


def test_the_table_has_every_area_and_no_other() -> None:
    written = [name.strip("`") for name, *_ in AREAS]
    assert sorted(written) == [
        name for name in callback_area_names() if name.startswith(("devino.", "messente."))
    ]


@pytest.mark.parametrize("row", AREAS, ids=lambda row: row[0].strip("`"))
def test_the_table_tells_the_path_and_the_proof_of_an_area(row: list[str]) -> None:
    name, _, proof, path, _ = row
    area = callback_area(name.strip("`"))
    assert proof.startswith("signature" if area.is_signed else "token")
    assert path.strip("`") == area.path + ("" if area.is_signed else "/TOKEN")
