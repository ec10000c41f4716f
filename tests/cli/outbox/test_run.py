"""``omni outbox run`` until nothing is queued, over an account or over an outbox of a profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from messente_async.sandbox import MessenteEmulator
from omni_common.outbox import EntryState
from tests.cli.command import Omni
from tests.cli.outbox.journals import NUMBER, SECRET, filled, later, states

PROFILES = """
[profiles.shop]
type = "messente"
user = "{user}"
password = "{password}"
base_url = "{base_url}"
sender = "Shop"

[profiles.kept]
type = "outbox"
journal_file = "sends.db"
via = "shop"
"""


@pytest.fixture
def config(messente: MessenteEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An omni.toml with a profile that is an account and one that is an outbox over it."""
    monkeypatch.delenv("OMNI_URL", raising=False)
    file = tmp_path / "omni.toml"
    file.write_text(
        PROFILES.format(
            user=messente.username, password=messente.password, base_url=messente.base_url
        )
    )
    return file


def test_what_is_queued_is_sent_and_nothing_else(
    omni: Omni, path: Path, over_messente: MessenteEmulator
) -> None:
    filled(path, **{f"m_{state}": state for state in EntryState if state != "claimed"})
    before = len(over_messente.requests)
    ended = omni("outbox", "run", str(path), "--until-empty")
    assert (ended.code, ended.complaints) == (0, "")
    lines = ended.output.splitlines()
    assert lines[0] == "sending what falls due"
    assert lines[-1] == "accepted 2, refused 1, unknown 1, cancelled 1, expired 1"
    assert states(path)["m-queued"] == "accepted"
    assert len(over_messente.requests) == before + 1
    for hidden in (NUMBER, SECRET):
        assert hidden not in ended.text


def test_what_another_process_left_half_sent_is_unknown_and_said(
    omni: Omni, path: Path, over_messente: MessenteEmulator
) -> None:
    filled(path, a=EntryState.CLAIMED)
    before = len(over_messente.requests)
    ended = omni("outbox", "run", str(path), "--until-empty", "--json")
    assert ended.code == 0
    assert ended.document["ended"] == "empty"
    assert ended.document["states"]["unknown"] == 1
    assert ended.document["error"] is None
    assert len(over_messente.requests) == before


def test_a_pause_keeps_the_messages_and_says_why(
    omni: Omni, path: Path, messente: MessenteEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = messente.url.replace(messente.password, "another")
    monkeypatch.setenv("OMNI_URL", f"{url}?sender=Shop")
    filled(path, a=EntryState.QUEUED)
    ended = omni("outbox", "run", str(path), "--until-empty")
    assert ended.code == 75
    assert "does not accept the credentials" in ended.complaints
    assert "1 message stays queued" in ended.complaints
    ended = omni("outbox", "run", str(path), "--until-empty", "--json")
    assert ended.code == 75
    assert (ended.document["ended"], ended.document["error"]) == ("paused", None)
    assert "credentials" in ended.document["paused"]
    assert states(path) == {"a": "queued"}
    monkeypatch.setenv("OMNI_URL", f"{messente.url}?sender=Shop")
    assert omni("outbox", "run", str(path), "--until-empty").code == 0
    assert states(path) == {"a": "accepted"}


def test_an_account_that_is_an_outbox_has_its_journal(omni: Omni, path: Path, config: Path) -> None:
    of_kept = ("--until-empty", "--config", str(config), "--profile", "kept")
    ended = omni("outbox", "run", *of_kept)
    assert ended.code == 64
    assert "there is no outbox" in ended.complaints
    assert not path.exists()
    filled(path, a=EntryState.QUEUED)
    assert omni("outbox", "run", *of_kept).code == 0
    filled(path, b=EntryState.QUEUED)
    assert omni("outbox", "run", str(path), *of_kept).code == 0
    assert states(path) == {"a": "accepted", "b": "accepted"}


def test_it_must_be_said_once_which_journal_and_how_fast(
    omni: Omni, path: Path, config: Path, tmp_path: Path
) -> None:
    filled(path, a=EntryState.QUEUED)
    other = tmp_path / "other.db"
    filled(other, b=EntryState.QUEUED)
    for tokens, said in (
        (["--profile", "shop"], "JOURNAL is missing"),
        ([str(other), "--profile", "kept"], "another journal"),
        (["--profile", "kept", "--rate", "5"], "into its profile"),
        ([str(other), "--profile", "shop", "--rate", "0"], "--rate must be a number above 0"),
        ([str(other), "--profile", "shop", "--rate", "nan"], "--rate must be a number above 0"),
        ([str(other), "--profile", "shop", "--rate", "fast"], "--rate must be a number;"),
    ):
        ended = omni("outbox", "run", "--until-empty", "--config", str(config), *tokens)
        assert ended.code == 64
        assert said in ended.complaints
    assert (states(path), states(other)) == ({"a": "queued"}, {"b": "queued"})
    of_shop = ("--config", str(config), "--profile", "shop", "--rate", "50")
    assert omni("outbox", "run", str(other), "--until-empty", *of_shop).code == 0
    assert states(other) == {"b": "accepted"}


def test_what_send_keeps_for_later_can_be_seen_and_taken_back(
    omni: Omni, path: Path, config: Path
) -> None:
    later(path, "other")
    of_kept = ("--config", str(config), "--profile", "kept")
    sent = omni(
        *("send", "+37251000000", "--text", "Hi", "--send-at", "2100-01-01T00:00:00Z", "--json"),
        *of_kept,
    )
    assert sent.code == 0
    assert "queued  2" in omni("outbox", "status", str(path)).output
    assert omni("outbox", "cancel", str(path), sent.document["id"]).code == 0
    assert sorted(states(path).values()) == ["cancelled", "queued"]
