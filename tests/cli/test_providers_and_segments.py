"""What needs no account: ``omni providers`` and ``omni segments``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from devino_async import DevinoProvider
from messente_async import MessenteProvider
from tests.cli.command import Omni
from tests.support.third_party import install


def test_providers_tells_what_the_providers_say_of_themselves(omni: Omni) -> None:
    ended = omni("providers", "--json")
    assert ended.code == 0
    documents = {found["name"]: found for found in ended.document["providers"]}
    for provider in (MessenteProvider("u", "p"), DevinoProvider("k")):
        capabilities = provider.capabilities
        document = documents[capabilities.provider]
        assert list(document["cascade"]) == [str(channel) for channel in capabilities.cascade]
        assert document["batch_size"] == capabilities.batch_size
        assert list(document["channels"]) == [str(channel) for channel in capabilities.channels]
        for name, channel in capabilities.channels.items():
            shown = document["channels"][str(name)]
            assert shown["cancel"] is channel.cancel
            assert shown["schedule"] is channel.schedule
            assert set(shown["priorities"]) == {each.value for each in channel.priorities}


def test_providers_shows_what_channels_can_do_together_where_that_differs(omni: Omni) -> None:
    titles = [line for line in omni("providers").output.splitlines() if "in order" in line]
    assert "devino, several channels in order" in " ".join(titles)
    assert "messente: channels in order" in " ".join(titles)


@pytest.mark.parametrize("width", ["30", "80", "200"])
def test_providers_shows_a_table_of_any_width(
    omni: Omni, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    ended = omni("providers")
    assert ended.code == 0
    assert "devino:" in ended.output
    assert max(map(len, ended.output.splitlines())) <= int(width)
    if width == "200":
        assert "low, normal, high, realtime" in ended.output
        assert "1 second to 3 days" in ended.output


def test_providers_lists_one_that_it_can_say_nothing_of(
    omni: Omni, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, {"plain": "Plain"})
    monkeypatch.syspath_prepend(tmp_path)
    assert "plain: it brings no emulator" in omni("providers").output
    documents = {
        found["name"]: found for found in omni("providers", "--json").document["providers"]
    }
    assert documents["plain"]["channels"] == {}
    assert "no emulator" in documents["plain"]["error"]


def test_an_emulator_that_cannot_be_loaded_hides_no_other_provider(
    omni: Omni, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, {"plain": "Plain", "keyed": "Keyed"})
    [metadata] = tmp_path.glob("*.dist-info")
    entries = metadata / "entry_points.txt"
    sandboxes = "[omni.sandboxes]\nplain = no.such.module:Emulator\nkeyed = os:sep\n"
    entries.write_text(entries.read_text() + sandboxes)
    monkeypatch.syspath_prepend(tmp_path)
    output = omni("providers").output
    assert "cannot be loaded: ModuleNotFoundError" in output
    assert "the emulator of keyed is none" in output
    assert "messente:" in output


@pytest.mark.parametrize(
    ("text", "count", "encoding", "dear"),
    [
        ("a" * 160, 1, "GSM-7", []),
        ("a" * 161, 2, "GSM-7", []),
        ("Привет", 1, "UCS-2", ["П", "р", "и", "в", "е", "т"]),
        ("-", 1, "GSM-7", []),
        ("", 1, "GSM-7", []),
    ],
)
def test_segments_counts_without_showing_the_text(
    omni: Omni,
    monkeypatch: pytest.MonkeyPatch,
    *,
    text: str,
    count: int,
    encoding: str,
    dear: list[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from a pipe")))
    ended = omni("segments", text)
    assert ended.output.startswith(f"{count} segment")
    document = omni("segments", text, "--json").document
    assert (document["segments"], document["encoding"]) == (count, encoding)
    assert document["forced_by"] == dear
