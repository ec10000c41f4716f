"""The report: cells that no spreadsheet works out, and a file that is there whole or not at all."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from messente_async.sandbox import MessenteEmulator
from omni_common.cli.bulk import report
from omni_common.cli.bulk.recipient import normalised
from omni_common.cli.bulk.report import defused
from tests.cli.bulk.tables import table
from tests.cli.command import NumberMaker, Omni

CELLS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1)


@given(CELLS)
def test_cells_come_back_from_a_file_as_they_were_and_none_is_a_formula(cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([defused(cell) for cell in cells])
    [read] = csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True)
    for cell, found in zip(cells, read, strict=True):
        assert not found.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert found in {cell, f"'{cell}"}
        assert (found == cell) == (defused(cell) == cell)


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_defused_number_is_read_as_the_number_that_it_is(number: str) -> None:
    assert normalised(defused(number), emails=False) == number


@pytest.mark.usefixtures("over_messente")
def test_a_report_that_fails_leaves_the_last_one_and_nothing_else(
    omni: Omni,
    number: NumberMaker,
    messente: MessenteEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    to = number("0000")
    people = table(tmp_path / "people.csv", "phone", [to])
    (tmp_path / "report.csv").write_text("the last one")

    def fails(_: str) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "defused", fails)
    command = ("bulk", people, "--text", "Hi", "--outbox", str(tmp_path / "x.db"))
    ended = omni(*command, "--report", str(tmp_path / "report.csv"))
    assert ended.code == 75
    assert "cannot be written: No space left on device" in ended.complaints
    assert "accepted                           1" in ended.output
    assert (tmp_path / "report.csv").read_text() == "the last one"
    assert not list(tmp_path.glob(".report*"))
    monkeypatch.undo()
    monkeypatch.setenv("OMNI_URL", f"{messente.url}?sender=Shop")
    assert omni(*command, "--report", str(tmp_path / "report.csv")).code == 0
    assert "accepted" in (tmp_path / "report.csv").read_text()
    assert messente.ledger.count(to=to) == 1
