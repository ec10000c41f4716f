"""Nobody on the stop-list is written to, whatever it looks like."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from messente_async.sandbox import MessenteEmulator
from omni_common import Message, Sms
from omni_common.outbox import EntryState
from omni_common.outbox.documents import message_document
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Posting, Turn
from omni_common.sandbox import Emulator
from tests.cli.bulk.tables import Bulk, table, taken
from tests.outbox.outboxes import states


def test_nobody_on_the_stop_list_is_written_to(
    bulk: Bulk, vendor: Emulator, numbers: list[str], tmp_path: Path
) -> None:
    ann, bob, cid, _ = numbers
    plain = table(tmp_path / "stop.txt", f"'{ann}", ["", "ann@example.com"])
    sheet = table(tmp_path / "stop.csv", "why,phone", [f'"no, thanks",{bob[:4]} {bob[4:]}'])
    document = bulk("--stop-list", plain, "--dry-run", "--json").document
    assert document["skipped"] == {"duplicate": 0, "stopped": 2}
    assert bulk("--stop-list", sheet).code == 2
    assert {line.split()[0] for line in taken(vendor, numbers)} == {ann, cid}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["+37251000001", "3.72E+11"], "line 2: a spreadsheet has rounded"),
        (["+37251000001", "37251000002"], "line 2: the number has no +"),
        (["+37251000001", "+37251000002,+37251000003"], "line 2: it has more cells"),
        (["phone,mobile", "+37251000002,"], "give the list one column"),
        (["phone,name", "+37251000001,Ann\udce4"], "save it in UTF-8"),
        (["phone;name, first", "+37251000001;Ann"], "one recipient on each line"),
        (["name", "Ann"], "give the list one column"),
        ([], "is empty"),
    ],
)
def test_a_stop_list_that_cannot_be_read_keeps_everything_from_being_sent(
    bulk: Bulk,
    over_messente: MessenteEmulator,
    tmp_path: Path,
    lines: list[str],
    said: str,
) -> None:
    path = tmp_path / "stop.csv"
    path.write_text("".join(f"{line}\n" for line in lines), errors="surrogateescape")
    requests = len(over_messente.requests)
    ended = bulk("--stop-list", str(path), "--json")
    assert ended.code == 64
    assert said in ended.document["error"]["text"]
    assert ended.document["error"]["field"] == "--stop-list"
    assert len(over_messente.requests) == requests


def test_a_paused_outbox_is_told_and_who_says_no_meanwhile_is_taken_back(
    bulk: Bulk,
    over_messente: MessenteEmulator,
    numbers: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = f"{over_messente.url}?sender=Shop"
    monkeypatch.setenv("OMNI_URL", f"messente://sandbox:wrong@{over_messente.authority}/v1")
    ended = bulk("--json")
    assert ended.code == 75
    assert ended.document["outcomes"]["queued"] == 3
    assert ended.document["error"]["class"] == "Paused"
    assert "the same command continues" in ended.document["error"]["text"]
    monkeypatch.setenv("OMNI_URL", right)
    stop = table(tmp_path / "stop.txt", numbers[0], [])
    outcomes = bulk("--stop-list", stop, "--json").document["outcomes"]
    assert (outcomes["accepted"], outcomes["cancelled"], outcomes["queued"]) == (2, 1, 0)
    assert not over_messente.ledger.count(to=numbers[0])


def test_whoever_says_no_is_taken_back_from_every_campaign_and_from_nothing_else(
    bulk: Bulk,
    over_messente: MessenteEmulator,
    numbers: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = f"{over_messente.url}?sender=Shop"
    monkeypatch.setenv("OMNI_URL", f"messente://sandbox:wrong@{over_messente.authority}/v1")
    assert bulk("--campaign", "winter").code == 75
    path = tmp_path / "spring.db"
    asyncio.run(posted_for_tomorrow(path, Message(numbers[0], Sms("1234"), reference="code-1")))
    monkeypatch.setenv("OMNI_URL", right)
    stop = table(tmp_path / "stop.txt", numbers[0], [])
    ended = bulk("--campaign", "spring", "--stop-list", stop, "--json", text="Spring, {name}")
    assert ended.document["skipped"]["stopped"] > 0
    assert [each for each in over_messente.ledger if each.to == numbers[0]] == []
    found = asyncio.run(states(path))
    assert found.pop("code-1") == "queued"
    assert sorted(found.values()) == ["accepted"] * 4 + ["cancelled"]


async def posted_for_tomorrow(path: Path, message: Message) -> None:
    journal, now = Journal(path), datetime.now(UTC)
    turn = Turn(EntryState.QUEUED, now + timedelta(days=1), held=True)
    await journal.put([Posting(message.reference, turn, message_document(message))], now)
    await journal.close()
