"""``omni bulk``: what reaches the vendor, and what is said of each row."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.cli.bulk.reference import References
from omni_common.errors import JournalError
from omni_common.outbox import Entry
from omni_common.outbox.journal import Journal
from omni_common.sandbox import Emulator
from tests.cli.bulk.tables import Bulk, report_rows, table, taken
from tests.cli.command import NumberMaker, Omni

URL = "https://shop.example/spring"
ROWS = 7
"""Rows of the table of people."""


def test_each_row_gets_its_own_text_once(
    bulk: Bulk, vendor: Emulator, numbers: list[str], tmp_path: Path
) -> None:
    ann, bob, cid, _ = numbers
    ended = bulk("--report", str(tmp_path / "report.csv"))
    assert ended.code == 2  # for the rows that were refused
    assert taken(vendor, numbers) == {
        f"{ann} Hi Ann!": 1,
        f"{bob} Hi Bob!": 1,
        f'{cid} Hi Cid "C" {{name}}!': 1,
    }
    assert f"campaign spring: {ROWS} rows" in ended.output
    for said in (
        "accepted                           3",
        "duplicates                         1",
        "rows refused                       3",
        '1: the column "name" is empty (line 5)',
        "1: a spreadsheet has rounded the number",
        "1: the recipient is empty (line 8)",
    ):
        assert said in ended.output
    rows = report_rows(tmp_path / "report.csv")
    assert [(row["line"], row["outcome"]) for row in rows] == [
        ("2", "accepted"),
        ("3", "accepted"),
        ("4", "duplicate"),
        ("5", "refused"),
        ("6", "refused"),
        ("7", "accepted"),
        ("8", "refused"),
    ]
    assert [row["recipient"] for row in rows[:3]] == [f"'{ann}", f"'{bob}", f"'{ann}"]
    assert rows[0]["id"].startswith(f"{vendor.name}:")
    assert rows[0]["reference"] == References("spring").of(ann)
    assert rows[3]["error"] == 'the column "name" is empty'
    assert stat.S_IMODE((tmp_path / "report.csv").stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} >= {"people.csv", "report.csv", "spring.db"}
    assert not list(tmp_path.glob(".report*"))


def test_the_same_command_again_sends_nothing_twice_and_another_text_is_told(
    bulk: Bulk, vendor: Emulator, numbers: list[str], tmp_path: Path
) -> None:
    bulk()
    before = taken(vendor, numbers)
    again = bulk("--report", str(tmp_path / "report.csv"))
    assert taken(vendor, numbers) == before
    assert again.code == 2
    assert "accepted                           3" in again.output
    assert "of these, 3 had been handed over before" in again.output
    changed = bulk("--report", str(tmp_path / "report.csv"), text="Bye {name}!")
    assert taken(vendor, numbers) == before
    assert "3: this recipient was handed over before with another text" in changed.output
    assert "with another text" in report_rows(tmp_path / "report.csv")[0]["error"]
    bulk("--campaign", "summer", text="Bye {name}!")
    assert taken(vendor, numbers).total() == 2 * before.total()


def test_a_dry_run_sends_and_writes_nothing_and_counts_everything(
    omni: Omni, people: str, vendor: Emulator, tmp_path: Path
) -> None:
    requests, files = len(vendor.requests), set(tmp_path.iterdir())
    ended = omni("bulk", people, "--text", "Hi {name}" + "x" * 150, "--dry-run")
    assert ended.code == 2
    assert "dry run: 7 rows, 3 messages, 4 SMS segments; nothing was sent" in ended.output
    assert '1: the column "name" is empty (line 5)' in ended.output
    assert len(vendor.requests) == requests
    assert set(tmp_path.iterdir()) == files
    document = omni("bulk", people, "--text", "Hi {name}", "--dry-run", "--json").document
    assert (document["rows"], document["messages"], document["segments"]) == (7, 3, 3)
    assert document["skipped"] == {"duplicate": 1, "stopped": 0}
    assert [each["text"] for each in document["preview"]][:2] == ["Hi Ann", "Hi Bob"]


def test_what_the_provider_cannot_send_is_refused_with_its_lines(
    bulk: Bulk, over_devino: DevinoEmulator, numbers: list[str]
) -> None:
    for options in (["--dry-run"], []):
        ended = bulk("--channel", "whatsapp", *options)
        assert ended.code == 2
        assert "(lines 2, 3, 7)" in ended.output
    assert not taken(over_devino, numbers)


@pytest.mark.usefixtures("vendor")
def test_three_rows_are_shown_before_anything_is_sent_with_recipients_masked(
    bulk: Bulk, numbers: list[str]
) -> None:
    ended = bulk()
    first = [line for line in ended.output.splitlines() if line.startswith("line ")]
    assert [line.partition(": ")[2] for line in first] == [
        "Hi Ann!",
        "Hi Bob!",
        'Hi Cid "C" {name}!',
    ]
    assert not any(number[1:] in ended.text for number in numbers)
    assert f"line 2 to {numbers[0]}: Hi Ann!" in bulk("--show-numbers").output


@pytest.mark.usefixtures("over_messente")
def test_nothing_of_a_table_is_obeyed_by_the_terminal(
    omni: Omni, tmp_path: Path, number: NumberMaker
) -> None:
    people = table(tmp_path / "p.csv", "to,name", [f'{number("0000")},"\x1b[2JAnn\r\nB"'])
    ended = omni("bulk", people, "--text", "Hi {name}", "--dry-run")
    assert ": Hi \ufffd[2JAnn\n    B\n" in ended.output


@pytest.mark.parametrize(
    ("ending", "code", "state"), [("0001", 2, "refused"), ("0004", 3, "unknown")]
)
def test_the_exit_code_tells_of_refusals_and_of_what_is_unknown(
    omni: Omni,
    over_messente: MessenteEmulator,
    number: NumberMaker,
    tmp_path: Path,
    *,
    ending: str,
    code: int,
    state: str,
) -> None:
    to = number(ending)
    people = table(tmp_path / "people.csv", "phone", [to])
    command = ("bulk", people, "--text", "Hi", "--outbox", str(tmp_path / "x.db"), "--json")
    for _ in range(2):  # the second time too: nothing is sent again
        ended = omni(*command, "--report", str(tmp_path / "report.csv"))
        assert (ended.code, ended.document["outcomes"][state]) == (code, 1)
    assert over_messente.ledger.count(to=to) == (state == "unknown")
    [row] = report_rows(tmp_path / "report.csv")
    assert row["outcome"] == state
    assert row["error"]


def test_messages_for_later_are_kept_and_the_command_ends_well(
    omni: Omni, vendor: Emulator, number: NumberMaker, tmp_path: Path
) -> None:
    to = number("0000")
    people = table(tmp_path / "people.csv", "phone", [to])
    command = ("bulk", people, "--text", "Hi", "--outbox", str(tmp_path / "x.db"))
    ended = omni(*command, "--send-at", "2099-01-01T00:00Z")
    assert ended.code == 0
    assert (
        "1 message is kept until its time; omni outbox run sends what is kept" in ended.complaints
    )
    again = omni(*command, "--json")  # now at once: it stays as it was, and is not waited for
    assert (again.code, again.document["outcomes"]["queued"], again.document["kept"]) == (
        2,
        1,
        True,
    )
    assert "other options" in again.document["refused"][0]["reason"]
    assert not vendor.ledger.count(to=to)


def test_a_cascade_goes_out_as_one(
    bulk: Bulk, over_messente: MessenteEmulator, numbers: list[str]
) -> None:
    bulk("--channel", "viber", "--then", "sms", "--button-text", "Hi {NAME}", "--button-url", URL)
    (entry,) = over_messente.ledger.find(to=numbers[0])
    assert entry.channels == ("viber", "sms")
    assert over_messente.ledger.count(to=numbers[0], text="Hi Ann") == 1


def test_a_journal_that_cannot_be_written_any_more_is_told_and_the_same_command_continues(
    omni: Omni,
    over_messente: MessenteEmulator,
    number: NumberMaker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everybody = [number("0000") for _ in range(450)]
    people = table(tmp_path / "people.csv", "phone", everybody)
    outbox, report = str(tmp_path / "x.db"), str(tmp_path / "report.csv")
    command = ("bulk", people, "--text", "Hi", "--outbox", outbox, "--report", report, "--json")
    put, calls = Journal.put, list[int]()

    async def fails_later(self: Journal, *arguments: Any) -> list[int | Entry]:
        calls.append(1)
        if len(calls) > 2:
            raise JournalError("the journal of the outbox cannot be used (SQLITE_FULL)")
        return await put(self, *arguments)

    monkeypatch.setattr(Journal, "put", fails_later)
    ended = omni(*command)
    assert ended.code == 75
    assert ended.document["error"]["class"] == "JournalError"
    assert ended.document["messages"] == 400
    assert not Path(report).exists()
    monkeypatch.setattr(Journal, "put", put)
    ended = omni(*command)
    assert (ended.code, ended.document["outcomes"]["accepted"]) == (0, 450)
    assert ended.document["before"] == 400
    assert {over_messente.ledger.count(to=to) for to in everybody} == {1}


def test_an_email_has_its_own_subject(
    omni: Omni, over_devino: DevinoEmulator, tmp_path: Path
) -> None:
    people = table(tmp_path / "people.csv", "E-Mail,phone,name", ["bulk.ann@example.com,1,Ann"])
    letter = ("--channel", "email", "--subject", "{name}, news", "--text", "Hi [Unsubscribe]")
    outbox = ("--outbox", str(tmp_path / "x.db"), "--sender", "post@shop.example")
    assert omni("bulk", people, *letter, *outbox).code == 0
    (entry,) = over_devino.ledger.find(to="bulk.ann@example.com")
    assert entry.content["Subject"] == "Ann, news"


def test_blanks_around_a_name_make_no_other_campaign(
    bulk: Bulk, vendor: Emulator, numbers: list[str]
) -> None:
    bulk("--campaign", "spring")
    once = taken(vendor, numbers)
    ended = bulk("--campaign", " spring\t", "--json")
    assert ended.document["before"] == ended.document["messages"] > 0
    assert taken(vendor, numbers) == once


def test_an_account_that_is_an_outbox_is_used_as_it_is(
    omni: Omni,
    messente: MessenteEmulator,
    number: NumberMaker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMNI_URL", raising=False)
    config = tmp_path / "omni.toml"
    config.write_text(
        f'[profiles.shop]\nurl = "{messente.url}?sender=Shop"\n'
        '[profiles.kept]\ntype = "outbox"\njournal_file = "kept.db"\nvia = "shop"\n'
    )
    to = number("0000")
    people = table(tmp_path / "people.csv", "phone", [to])
    command = ("bulk", people, "--text", "Hi", "--config", str(config), "--profile", "kept")
    assert omni(*command, "--json").document["campaign"] == "kept"
    assert messente.ledger.count(to=to) == 1
    for options in (("--outbox", "x.db"), ("--rate", "5")):
        ended = omni(*command, *options)
        assert (ended.code, ended.output) == (64, "")
        assert f"leave out {options[0]}" in ended.complaints
    ended = omni(*command, "--report", str(tmp_path / "kept.db"))
    assert ended.code == 64
    assert "--report and --outbox are the same file" in ended.complaints
    assert omni(*command, "--json").document["before"] == 1
    assert messente.ledger.count(to=to) == 1


@pytest.mark.usefixtures("over_messente")
def test_a_document_is_all_that_is_printed_when_asked(bulk: Bulk) -> None:
    ended = bulk("--json")
    assert ended.complaints == ""
    assert set(json.loads(ended.output)) == {
        *("campaign", "dry_run", "rows", "messages", "skipped", "refused", "before", "outcomes"),
        "deliveries",
        *("kept", "report", "error"),
    }


def test_an_outbox_under_another_name_begins_no_campaign_anew(
    bulk: Bulk, vendor: Emulator, omni: Omni, people: str, tmp_path: Path
) -> None:
    bulk()
    sent = len(vendor.ledger)
    (tmp_path / "spring.db").rename(tmp_path / "old.db")
    command = ("bulk", people, "--text", "Hi {name}!", "--outbox", str(tmp_path / "old.db"))
    ended = omni(*command)
    assert ended.code == 64
    assert "say with --campaign which one to continue" in ended.complaints
    assert len(vendor.ledger) == sent
    assert omni(*command, "--campaign", "spring", "--json").document["before"] == 3
    assert len(vendor.ledger) == sent
    omni(*command, "--campaign", "autumn")
    assert len(vendor.ledger) == sent + 3


@pytest.mark.usefixtures("over_messente")
def test_a_file_that_is_no_outbox_is_no_reason_to_try_again(
    omni: Omni, people: str, tmp_path: Path
) -> None:
    other = tmp_path / "photo.db"
    other.write_bytes(b"no database at all" * 1000)
    ended = omni("bulk", people, "--text", "Hi {name}!", "--outbox", str(other))
    assert ended.code == 2
    assert "it is no outbox, or damaged" in ended.complaints
    assert "the same command" not in ended.complaints
    assert other.read_bytes() == b"no database at all" * 1000


@pytest.mark.usefixtures("over_messente")
def test_a_number_is_masked_in_the_preview_of_a_text_too(bulk: Bulk, numbers: list[str]) -> None:
    text = "Hi {name}, call 112 or +3726000000; yours is {phone}"
    for options in ((), ("--dry-run",), ("--dry-run", "--json")):
        ended = bulk(*options, text=text)
        assert "+3726000000" in ended.output
        assert not any(number[1:] in ended.text for number in numbers)
    shown = bulk("--dry-run", "--show-numbers", text=text).output
    assert f"yours is {numbers[0]}" in shown
