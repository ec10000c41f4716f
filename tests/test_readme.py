"""The README: its Python blocks run as they stand, and its table tells the truth."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.example import Example
from sybil.parsers.markdown import PythonCodeBlockParser

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.sandbox import SandboxClock, running
from tests.support.capability_table import README, all_capabilities, with_table

EXAMPLES = list(Sybil(parsers=[PythonCodeBlockParser()]).parse(README))
# What only one vendor can do is shown with that vendor.
MESSENTE_ONLY = "omni.cancel(later.id)"
DEVINO_ONLY = "from devino_async"


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    # Time passes quickly in the sandbox, so that the first question finds the message delivered.
    clock = SandboxClock(speed=10_000)
    with ExitStack() as stack:
        emulators = [
            stack.enter_context(running(MessenteEmulator(clock=clock))),
            stack.enter_context(running(DevinoEmulator(clock=clock))),
        ]
        addresses = {emulator.name: f"{emulator.url}?sender=Shop" for emulator in emulators}
        devino = emulators[1]
        assert isinstance(devino, DevinoEmulator)
        yield addresses | {"key of devino": devino.key, "address of devino": devino.base_url}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a block writes, it does not write into the project."""
    monkeypatch.chdir(tmp_path)


def cases() -> list[object]:
    return [
        pytest.param(example, vendor, id=f"line {example.line} {vendor}")
        for example, vendor in product(EXAMPLES, ["messente", "devino"])
        if (MESSENTE_ONLY if vendor == "devino" else DEVINO_ONLY) not in str(example.parsed)
    ]


@pytest.mark.parametrize(("example", "vendor"), cases())
def test_a_block_runs_as_it_stands_and_prints_what_it_says(
    example: Example,
    vendor: str,
    urls: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OMNI_URL", urls[vendor])
    monkeypatch.setenv("DEVINO_KEY", urls["key of devino"])
    monkeypatch.setenv("DEVINO_ADDRESS", urls["address of devino"])
    example.evaluate()
    for name, test in [*example.namespace.items()]:
        if name.startswith("test_") and example.namespace.pop(name):
            asyncio.run(test())
    printed = capsys.readouterr().out
    for promised in re.findall(r"print\(.*\)  # (Delivery.*)", str(example.parsed)):
        assert promised in printed


def test_the_readme_has_the_blocks_that_it_promises() -> None:
    assert len(EXAMPLES) >= 8


def test_the_table_of_capabilities_is_what_the_providers_say() -> None:
    readme = README.read_text("utf-8")
    assert with_table(readme, all_capabilities()) == readme, (
        "run `python -m tests.support.capability_table`"
    )
