"""``omni demo``: what it claims holds, it says so when something does not, and it fits anywhere."""

from __future__ import annotations

import os

import pytest

from omni_common.cli.demo.stage import Stage
from tests.cli.command import Omni, completed

WORDS = {"accepted", "unknown", "delivered", "cancelled", "expired"}


def test_the_demo_tells_its_story_without_a_terminal() -> None:
    ended = completed("demo", environment={"COLUMNS": "40", "PYTHONIOENCODING": "ascii"})
    assert ended.code == 0, ended.complaints
    assert ended.complaints == ""
    assert "All 12 claims hold." in ended.output
    assert "async with connect(url) as omni:" in ended.output
    assert "\x1b" not in ended.output
    assert max(map(len, ended.output.splitlines())) <= 40
    assert all(word in ended.output for word in WORDS)


def test_the_demo_gives_its_facts_as_one_document() -> None:
    ended = completed("demo", "--json")
    assert ended.code == 0, ended.complaints
    document = ended.document
    assert document["ok"] is True
    scenes = {scene["name"]: scene for scene in document["scenes"]}
    assert list(scenes) == ["outcomes", "delivery", "cancel", "cascade", "many"]
    outcomes = scenes["outcomes"]["rows"]
    assert [row["messente"].partition(",")[0] for row in outcomes] == [
        "accepted",
        "not sent",
        "accepted",
        "unknown",
    ]
    assert [row["devino"] for row in outcomes] == [row["messente"] for row in outcomes]
    assert [row["ledgers"] for row in outcomes] == ["1 and 1", "0 and 0", "1 and 1", "1 and 1"]
    *_, delivered = scenes["delivery"]["rows"]
    assert (delivered["messente"], delivered["devino"]) == ("delivered", "delivered")
    cancelled = scenes["cancel"]["rows"][0]
    assert (cancelled["messente"], cancelled["devino"]) == ("cancelled", "not supported")
    *_, last = scenes["cascade"]["rows"]
    del last["after"]
    assert list(last.values()) == ["expired", "delivered", "expired", "delivered"]
    assert len(scenes["many"]["rows"]) == 5
    assert all(claim["holds"] for scene in scenes.values() for claim in scene["claims"])


def test_the_demo_fails_when_a_ledger_tells_another_story(
    omni: Omni, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stage, "was_delivered", lambda *_: False)
    monkeypatch.setattr("omni_common.cli.demo.story._ACTS", _last_acts())
    ended = omni("demo")
    assert ended.code == 1
    assert "1 of 2 claims do not hold: Devino did deliver" in " ".join(ended.output.split())
    assert omni("demo", "--json").code == 1


def _last_acts() -> tuple[object, ...]:
    from omni_common.cli.demo.delivery import taken_back

    return (taken_back,)


@pytest.mark.parametrize(("settings", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_the_demo_is_coloured_on_a_terminal_unless_told_otherwise(
    omni: Omni, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], *, coloured: bool
) -> None:
    monkeypatch.setattr("omni_common.cli.demo.story._ACTS", _last_acts())
    for name in [name for name in os.environ if name in {"NO_COLOR", "FORCE_COLOR", "TERM"}]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    output = omni("demo").output
    assert ("\x1b[32m" in output or "\x1b[1;32m" in output) is coloured
    assert "✓" in output
