"""A table of people, and the command that sends to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from omni_common.sandbox import Emulator
from tests.cli.bulk.tables import Bulk, table
from tests.cli.command import Ended, NumberMaker, Omni


@pytest.fixture(params=["messente", "devino"])
def vendor(request: pytest.FixtureRequest) -> Emulator:
    found: Emulator = request.getfixturevalue(f"over_{request.param}")
    return found


@pytest.fixture
def numbers(number: NumberMaker) -> list[str]:
    return [number("0000") for _ in range(4)]


@pytest.fixture
def people(tmp_path: Path, numbers: list[str]) -> str:
    """Three good rows, one of them twice and one of them without a name, and a rounded number."""
    ann, bob, cid, dan = numbers
    rows = [
        f"Ann;{ann}",
        f'Bob;="{bob}"',
        f"Ann again;{ann[:4]} {ann[4:7]}-{ann[7:]}",
        f"  ;{dan}",
        "Eve;3.72512E+11",
        f'"Cid ""C"" {{name}}";00{cid[1:]}',
        "Fay;",
    ]
    return table(tmp_path / "people.csv", "Name;Phone", rows)


@pytest.fixture
def bulk(omni: Omni, people: str, tmp_path: Path) -> Bulk:
    def run(*options: str, text: str = "Hi {name}!") -> Ended:
        outbox = str(tmp_path / "spring.db")
        return omni("bulk", people, "--text", text, "--outbox", outbox, *options)

    return run
