"""``omni outbox status`` and ``omni outbox list``: what a journal holds, and no text of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from omni_common.cli.outbox.status import Counts, counts_document, counts_table
from omni_common.errors import JournalError
from omni_common.outbox import Entry, EntryState, OutboxFile
from omni_common.report import DeliveryState
from tests.cli.command import Omni
from tests.cli.outbox.journals import NUMBER, QUOTED, SECRET, broken, filled, heard, paused

ALL = {f"m_{state.value}": state for state in EntryState}


def test_each_state_is_counted(omni: Omni, path: Path) -> None:
    filled(path, a=EntryState.QUEUED, b=EntryState.QUEUED, c=EntryState.ACCEPTED)
    ended = omni("outbox", "status", str(path))
    assert ended.code == 0
    lines = ended.output.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["queued", "2"], ["accepted", "1"]]
    assert "3 messages in" in lines[2]
    assert "due 2020-01-01T12:00:00+00:00" in lines[3]
    assert ended.output.isascii()
    assert ended.complaints == ""


def test_counts_are_a_document(omni: Omni, path: Path) -> None:
    filled(path, **ALL)
    paused(path, "the credentials are wrong")
    document = omni("outbox", "status", str(path), "--json").document
    assert document == {
        "states": dict.fromkeys(map(str, EntryState), 1),
        "deliveries": {},
        "paused": "the credentials are wrong",
        "next_due": "2020-01-01T12:00:00+00:00",
        "bytes": path.stat().st_size,
        "error": None,
    }


def test_only_those_with_a_prefix_are_counted(omni: Omni, path: Path) -> None:
    filled(path, summer_1=EntryState.UNKNOWN, winter_1=EntryState.QUEUED)
    document = omni("outbox", "status", str(path), "--prefix", "summer-", "--json").document
    assert (document["states"]["unknown"], document["states"]["queued"]) == (1, 0)
    assert document["next_due"] is None
    assert "0 messages" in omni("outbox", "status", str(path), "--prefix", "autumn").output


def test_what_asks_for_attention_is_said(omni: Omni, path: Path) -> None:
    filled(path, a=EntryState.UNKNOWN)
    paused(path, "the credentials are wrong")
    ended = omni("outbox", "status", str(path))
    assert ended.code == 0
    assert "paused: the credentials are wrong" in ended.output
    assert "look at the vendor" in ended.output


def test_what_the_vendor_said_of_accepted_ones_is_counted(omni: Omni, path: Path) -> None:
    filled(path, a=EntryState.ACCEPTED, b=EntryState.ACCEPTED, c=EntryState.QUEUED)
    heard(path, "messente:a", DeliveryState.DELIVERED)
    document = omni("outbox", "status", str(path), "--json").document
    assert document["states"]["accepted"] == 2
    assert document["deliveries"] == {"delivered": 1}
    lines = omni("outbox", "status", str(path)).output.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [
        ["queued", "1"],
        ["accepted", "2"],
        ["delivered", "1"],
    ]


counts = st.dictionaries(
    st.tuples(st.sampled_from(EntryState), st.none() | st.sampled_from(DeliveryState)),
    st.integers(0, 10**9),
    min_size=1,
)


@given(counts=counts)
def test_nothing_that_is_there_is_left_out_of_the_table_or_the_document(counts: Counts) -> None:
    document = counts_document(counts)
    assert sum(document["states"].values()) == sum(counts.values())
    known = sum(number for (_, delivery), number in counts.items() if delivery is not None)
    assert sum(document["deliveries"].values()) == known
    table = counts_table(counts, terminal=False)
    assert table.isascii()
    assert "\x1b" not in table
    shown = [line.split() for line in table.splitlines()]
    for (_, delivery), number in counts.items():
        if number and delivery is not None:
            assert any(line[:2] == [delivery.value, str(number)] for line in shown)
    assert all(1 <= len(line[2]) <= 30 for line in shown)


def test_a_terminal_is_shown_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in counts_table({(EntryState.ACCEPTED, None): 1}, terminal=True)


def test_each_message_is_a_line_without_its_text_and_its_number(omni: Omni, path: Path) -> None:
    filled(path, **ALL)
    ended = omni("outbox", "list", str(path))
    assert ended.code == 0
    lines = ended.output.splitlines()
    assert [line.split("  ")[:2] for line in lines] == [[f"m-{each}", each] for each in EntryState]
    assert all("+372…67 by sms" in line for line in lines)
    assert "(+372…77 is no number)" in ended.output
    for hidden in (SECRET, NUMBER, QUOTED):
        assert hidden not in ended.text


def test_numbers_are_shown_to_who_asks_for_them(omni: Omni, path: Path) -> None:
    filled(path, **ALL)
    for form in ([], ["--json"]):
        ended = omni("outbox", "list", str(path), "--show-numbers", *form)
        assert NUMBER in ended.output
        assert QUOTED in ended.output
        assert SECRET not in ended.text


def test_messages_are_one_document(omni: Omni, path: Path) -> None:
    filled(path, **ALL)
    ended = omni("outbox", "list", str(path), "--json")
    document = ended.document
    assert (document["more"], document["error"]) == (False, None)
    found = {each["state"]: each for each in document["messages"]}
    assert list(found) == list(EntryState)
    assert found["accepted"] == {
        "reference": "m-accepted",
        "state": "accepted",
        "changed": "2020-01-01T12:00:00+00:00",
        "due": "2020-01-01T12:00:00+00:00",
        "held": False,
        "to": "+372…67",
        "channels": ["sms"],
        "id": "messente:m-accepted",
        "error": None,
        "unreadable": [],
    }
    assert found["refused"]["error"]["class"] == "RefusedError"
    assert found["refused"]["error"]["text"] == "+372…77 is no number"
    for hidden in (SECRET, NUMBER, QUOTED):
        assert hidden not in ended.text


def test_messages_are_chosen_by_state_and_prefix_and_limited(omni: Omni, path: Path) -> None:
    filled(
        path,
        a_1=EntryState.UNKNOWN,
        a_2=EntryState.ACCEPTED,
        b_1=EntryState.UNKNOWN,
        a_3=EntryState.UNKNOWN,
        a_4=EntryState.REFUSED,
    )

    def listed(*options: str) -> list[str]:
        document = omni("outbox", "list", str(path), "--json", *options).document
        return [each["reference"] for each in document["messages"]]

    assert listed("--state", "unknown") == ["a-1", "b-1", "a-3"]
    assert listed("--state", "unknown", "--state", "refused") == ["a-1", "b-1", "a-3", "a-4"]
    assert listed("--state", "unknown", "--prefix", "a-") == ["a-1", "a-3"]
    assert listed("--state", "queued") == []
    assert listed("--limit", "2") == ["a-1", "a-2"]
    assert omni("outbox", "list", str(path), "--limit", "2", "--json").document["more"] is True
    assert omni("outbox", "list", str(path), "--limit", "5", "--json").document["more"] is False
    ended = omni("outbox", "list", str(path), "--limit", "4")
    assert len(ended.output.splitlines()) == 4
    assert "more than these 4" in ended.complaints
    assert omni("outbox", "list", str(path), "--limit", "0").code == 64


@pytest.mark.parametrize(
    ("reference", "column", "said"),
    [
        ("m-queued", "document", "message cannot be read"),
        ("m-refused", "error", "error cannot be read"),
        ("m-accepted", "receipt", "to +372…67"),
    ],
)
def test_a_row_that_cannot_be_read_is_listed_with_the_others(
    omni: Omni, path: Path, reference: str, column: str, said: str
) -> None:
    filled(path, **ALL)
    broken(path, reference, column)
    lines = omni("outbox", "list", str(path)).output.splitlines()
    assert len(lines) == len(EntryState)
    (line,) = [each for each in lines if each.startswith(reference)]
    assert said in line
    messages = omni("outbox", "list", str(path), "--json").document["messages"]
    unreadable = {each["reference"]: each["unreadable"] for each in messages}
    assert unreadable.pop(reference) == [{"document": "message"}.get(column, column)]
    assert set(map(len, unreadable.values())) == {0}
    assert omni("outbox", "status", str(path)).code == 0


def ending_with(error: BaseException) -> object:
    """Entries of which the first is followed by *error*."""
    entries = OutboxFile.entries

    async def some(file: OutboxFile, *states: Any, **options: Any) -> AsyncGenerator[Entry, None]:
        async with aclosing(entries(file, *states, **options)) as each:
            async for entry in each:
                yield entry
                raise error

    return some


def test_a_document_that_has_begun_is_ended_when_the_journal_fails(
    omni: Omni, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, **ALL)
    monkeypatch.setattr(OutboxFile, "entries", ending_with(JournalError("it is damaged")))
    ended = omni("outbox", "list", str(path), "--json")
    assert ended.code == 2
    assert [each["reference"] for each in ended.document["messages"]] == ["m-queued"]
    assert ended.document["more"] is True
    assert ended.document["error"]["class"] == "JournalError"
    ended = omni("outbox", "list", str(path))
    assert ended.code == 2
    assert len(ended.output.splitlines()) == 1
    assert ended.complaints == "omni: it is damaged\n"


def test_a_document_that_has_begun_is_ended_by_ctrl_c(
    omni: Omni, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, **ALL)
    monkeypatch.setattr(OutboxFile, "entries", ending_with(KeyboardInterrupt()))
    ended = omni("outbox", "list", str(path), "--json")
    assert ended.code == 130
    assert len(ended.document["messages"]) == 1
    assert ended.document["error"]["class"] == "Interrupted"
