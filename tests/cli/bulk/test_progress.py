"""How far it is: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from omni_common.cli.bulk.progress import shown_progress
from omni_common.cli.output import PLAIN, Output
from tests.cli.bulk.tables import table
from tests.cli.command import NumberMaker, Omni
from tests.support.clock import FakeClock


async def test_lines_are_written_seconds_apart(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    with shown_progress(1_000, PLAIN, clock) as progress:
        for second in range(1, 13):
            await clock.advance(1)
            progress.show(10 * second)
    assert capsys.readouterr().err.splitlines() == [
        "omni: 50 of 1,000 rows, 10 a second, 0:01:35 left",
        "omni: 100 of 1,000 rows, 10 a second, 0:01:30 left",
    ]


async def test_a_program_that_reads_a_document_is_shown_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = FakeClock()
    with shown_progress(10, Output(json=True), clock) as progress:
        await clock.advance(60)
        progress.show(5)
        progress.say("anything")
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("over_messente")
def test_a_terminal_shows_a_bar(
    omni: Omni, number: NumberMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    people = table(tmp_path / "people.csv", "phone", [number("0000"), number("0000")])
    ended = omni("bulk", people, "--text", "Hi", "--outbox", str(tmp_path / "x.db"))
    assert ended.code == 0
    assert "2/2" in screen.getvalue()
