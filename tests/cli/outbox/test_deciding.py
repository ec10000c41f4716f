"""``omni outbox cancel``, ``resend`` and ``purge``: what nobody else can decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from omni_common.errors import JournalError
from omni_common.outbox import Entry, EntryState, OutboxFile
from tests.cli.command import Omni
from tests.cli.outbox.journals import NUMBER, SECRET, filled, states

ALL = {f"m_{state.value}": state for state in EntryState}


def test_queued_messages_are_taken_back_by_reference_or_id(omni: Omni, path: Path) -> None:
    filled(path, a=EntryState.QUEUED, b=EntryState.QUEUED, c=EntryState.QUEUED)
    ended = omni("outbox", "cancel", str(path), "a", "outbox:b", "a")
    assert (ended.code, ended.output) == (0, "cancelled a\ncancelled b\n")
    assert states(path) == {"a": "cancelled", "b": "cancelled", "c": "queued"}
    assert omni("outbox", "cancel", str(path), "a").code == 0


@pytest.mark.parametrize("state", set(EntryState) - {EntryState.QUEUED, EntryState.CANCELLED})
def test_what_is_not_queued_is_not_taken_back(omni: Omni, path: Path, state: EntryState) -> None:
    filled(path, a=state, b=EntryState.QUEUED)
    ended = omni("outbox", "cancel", str(path), "a", "b", "nobody", NUMBER)
    assert ended.code == 2
    assert ended.output.splitlines() == [
        f"not cancelled a: it is {state} already",
        "cancelled b",
        "not cancelled nobody: not in the journal",
        "not cancelled +372…67: not in the journal",
    ]
    document = omni("outbox", "cancel", str(path), "a", "b", NUMBER, "--json").document
    assert document == {
        "cancelled": 1,
        "not_cancelled": 2,
        "messages": [
            {"reference": "a", "outcome": "not_cancelled", "state": state.value},
            {"reference": "b", "outcome": "cancelled", "state": "cancelled"},
            {"reference": "+372…67", "outcome": "not_cancelled", "state": None},
        ],
        "error": None,
    }
    assert states(path) == {"a": state.value, "b": "cancelled"}


def test_all_that_are_queued_are_taken_back_and_nothing_else(omni: Omni, path: Path) -> None:
    filled(path, **ALL, more=EntryState.QUEUED)
    ended = omni("outbox", "cancel", str(path), "--all-queued")
    assert (ended.code, ended.output) == (0, "cancelled 2 messages\n")
    assert states(path) == {
        **{f"m-{state}": state.value for state in EntryState},
        "m-queued": "cancelled",
        "more": "cancelled",
    }


def test_what_was_taken_back_before_the_journal_failed_is_said(
    omni: Omni, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, a=EntryState.QUEUED, b=EntryState.QUEUED)
    cancel = OutboxFile.cancel

    async def failing(file: OutboxFile, reference: str) -> Entry | None:
        if reference == "b":
            raise JournalError("it is damaged")
        return await cancel(file, reference)

    monkeypatch.setattr(OutboxFile, "cancel", failing)
    ended = omni("outbox", "cancel", str(path), "a", "b", "--json")
    assert ended.code == 2
    assert [each["reference"] for each in ended.document["messages"]] == ["a"]
    assert ended.document["error"]["class"] == "JournalError"
    ended = omni("outbox", "cancel", str(path), "b")
    assert (ended.code, ended.output, ended.complaints) == (2, "", "omni: it is damaged\n")


def test_unknown_messages_are_queued_again_and_no_others(omni: Omni, path: Path) -> None:
    filled(path, **ALL, more=EntryState.UNKNOWN)
    ended = omni("outbox", "resend", str(path), "outbox:m-unknown", "m-accepted", "nobody")
    assert ended.code == 2
    assert ended.output.splitlines() == [
        "not queued m-accepted: not unknown, or not in the journal",
        "not queued nobody: not unknown, or not in the journal",
        "queued 1 message again; what arrived the first time arrives twice, and is charged twice",
    ]
    assert states(path) == {
        **{f"m-{state}": state.value for state in EntryState},
        "m-unknown": "queued",
        "more": "unknown",
    }
    document = omni("outbox", "resend", str(path), "more", "--json").document
    assert document == {
        "queued": 1,
        "not_queued": 0,
        "messages": [{"reference": "more", "outcome": "queued"}],
        "error": None,
    }


def test_all_unknown_messages_are_queued_again_only_with_a_yes(omni: Omni, path: Path) -> None:
    filled(path, **ALL, more=EntryState.UNKNOWN)
    refused = omni("outbox", "resend", str(path), "--all-unknown")
    assert refused.code == 64
    assert "charged twice" in refused.complaints
    assert states(path)["more"] == "unknown"
    ended = omni("outbox", "resend", str(path), "--all-unknown", "--yes")
    assert ended.code == 0
    assert ended.output.startswith("queued 2 messages again; ")
    left = states(path)
    assert (left["m-unknown"], left["more"], left["m-refused"]) == ("queued", "queued", "refused")


@pytest.mark.parametrize(
    ("command", "option"), [("cancel", "--all-queued"), ("resend", "--all-unknown")]
)
def test_it_must_be_said_which_messages(omni: Omni, path: Path, command: str, option: str) -> None:
    filled(path, **ALL)
    before = states(path)
    for tokens in ([], ["m-queued", option], ["m-unknown", option]):
        ended = omni("outbox", command, str(path), *tokens, "--json")
        assert ended.code == 64
        assert ended.document["messages"] == []
        assert option in ended.document["error"]["text"]
    assert states(path) == before


def test_settled_messages_are_purged_and_the_file_shrinks(omni: Omni, path: Path) -> None:
    many = {f"n{number}": EntryState.ACCEPTED for number in range(300)}
    filled(path, **ALL, **many)
    ended = omni("outbox", "purge", str(path), "--older-than", "0", "--json")
    assert ended.code == 0
    document = ended.document
    assert (document["purged"], document["error"]) == (304, None)
    assert document["bytes"] == path.stat().st_size < document["bytes_before"]
    assert set(states(path)) == {"m-queued", "m-claimed", "m-unknown"}
    ended = omni("outbox", "purge", str(path), "--older-than", "0", "--unknown")
    assert ended.output.startswith("deleted 1 message; ")
    filled(path, m_unknown=EntryState.REFUSED)


def test_only_states_that_are_named_are_purged(omni: Omni, path: Path) -> None:
    filled(path, **ALL)
    omni("outbox", "purge", str(path), "--older-than", "0", "--state", "refused", "--unknown")
    assert set(ALL) - {each.replace("-", "_") for each in states(path)} == {
        "m_refused",
        "m_unknown",
    }


def test_nothing_is_purged_without_an_age_that_it_has(omni: Omni, path: Path) -> None:
    filled(path, **ALL)
    for tokens in (
        [],
        ["--older-than", "soon"],
        ["--older-than", "999999999d"],
        ["--older-than", "1d", "--state", "queued"],
    ):
        assert omni("outbox", "purge", str(path), *tokens).code == 64
    assert omni("outbox", "purge", str(path), "--older-than", "36500d").code == 0
    assert len(states(path)) == len(ALL)
    assert SECRET.encode() in path.read_bytes()
