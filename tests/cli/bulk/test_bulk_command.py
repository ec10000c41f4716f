"""``omni bulk``: what reaches the vendor, and what is said of each row."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.cli.bulk.reference import References
from omni_common.sandbox import Emulator
from tests.cli.bulk.tables import report_rows, table
from tests.cli.command import Ended, NumberMaker, Omni

ROWS = 7
"""Rows of the table that most tests send."""
Bulk: TypeAlias = Callable[..., Ended]


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


def taken(vendor: Emulator, numbers: list[str]) -> Counter[str]:
    entries = [entry for to in numbers for entry in vendor.ledger.find(to=to)]
    return Counter(f"+{entry.to.lstrip('+')} {entry.text}" for entry in entries)


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
    assert "3 of these messages had been handed over before" in again.output
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
    path.write_text("".join(f"{line}\n" for line in lines))
    requests = len(over_messente.requests)
    ended = bulk("--stop-list", str(path))
    assert ended.code == 64
    assert said in ended.complaints
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
    assert "1 messages are kept until their time; omni outbox run sends them" in ended.complaints
    again = omni(*command, "--json")  # now at once: it stays as it was, and is not waited for
    assert (again.code, again.document["outcomes"]["queued"], again.document["kept"]) == (
        2,
        1,
        True,
    )
    assert "other options" in again.document["refused"][0]["reason"]
    assert not vendor.ledger.count(to=to)


def test_an_email_has_its_own_subject(
    omni: Omni, over_devino: DevinoEmulator, tmp_path: Path
) -> None:
    people = table(tmp_path / "people.csv", "E-Mail,phone,name", ["bulk.ann@example.com,1,Ann"])
    letter = ("--channel", "email", "--subject", "{name}, news", "--text", "Hi [Unsubscribe]")
    outbox = ("--outbox", str(tmp_path / "x.db"), "--sender", "post@shop.example")
    assert omni("bulk", people, *letter, *outbox).code == 0
    (entry,) = over_devino.ledger.find(to="bulk.ann@example.com")
    assert entry.content["Subject"] == "Ann, news"


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


@pytest.mark.usefixtures("over_messente")
def test_a_document_is_all_that_is_printed_when_asked(bulk: Bulk) -> None:
    ended = bulk("--json")
    assert ended.complaints == ""
    assert set(json.loads(ended.output)) == {
        *("campaign", "dry_run", "rows", "messages", "skipped", "refused", "before", "outcomes"),
        *("kept", "report", "error"),
    }


@pytest.mark.parametrize(
    ("options", "field", "said"),
    [
        (["--text", "Hi {nmae}"], "--text", 'did you mean "Name"?'),
        (["--text", "Hi {"], "--text", "a brace stands alone"),
        (["--text", "Hi", "--to", "Phon"], "--to", 'did you mean "Phone"?'),
        (["--text", "Hi", "--rate", "0"], "--rate", "above 0"),
        (["--text", "Hi", "--rate", "many"], "--rate", "must be a number"),
        (["--text", "Hi", "--campaign", " "], "--campaign", "must be a name"),
        (["--text", "Hi", "--dry-run", "--report", "r.csv"], "--report", "leave out --report"),
        (["--text", "Hi", "--then", "email", "--subject", "x"], "--then", "email goes alone"),
        (["--text", "Hi", "--sender", "{name}"], "--sender", "cannot hold braces"),
        (["--text", "Hi", "--report", "/nowhere/r.csv"], "--report", "cannot be written"),
        (["--text", "Hi", "--report", "."], "--report", "is a folder"),
        (["--text", "Hi", "--stop-list", "nowhere.csv"], "--stop-list", "there is no file"),
        (["--text", "Hi", "--ttl", "soon"], "--ttl", "--ttl must be like"),
        (["--text", "Hi", "--reference", "x"], "--reference", "no such option"),
        ([], "--text", "needs --text"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(
    omni: Omni,
    over_messente: MessenteEmulator,
    people: str,
    tmp_path: Path,
    *,
    options: list[str],
    field: str,
    said: str,
) -> None:
    requests, outbox = len(over_messente.requests), tmp_path / "spring.db"
    ended = omni("bulk", people, "--outbox", str(outbox), *options, "--json")
    assert ended.code == 64
    assert ended.document["error"]["field"] == field
    assert said in ended.document["error"]["text"]
    assert not outbox.exists()
    assert len(over_messente.requests) == requests


@pytest.mark.parametrize(
    "content",
    [
        "+37298765432,canary\n",
        "canary@example.com\n",
        'phone,name\n+37298765432,"canary\n',
        'phone,name\n+37298765432,"canary"canary\n',
        "phone,name\n+37298765432,canaryЖ\n",
        "name,call +372 98765432\n",
        "phone,name\n98765432,canary\n9.8765432E+11,canary\n+37298765432x,canary\n",
        "phone,name\n+37298765432,canary,canary\n",
        "phone,name\n+37298765432,\n",
    ],
)
@pytest.mark.parametrize("as_stop_list", [False, True])
@pytest.mark.usefixtures("over_messente")
def test_what_is_wrong_with_a_file_is_told_without_quoting_it(
    omni: Omni, tmp_path: Path, *, content: str, as_stop_list: bool
) -> None:
    given, good = tmp_path / "given.csv", table(tmp_path / "good.csv", "phone,name", [])
    given.write_bytes(content.encode("windows-1251"))
    files = (good, "--stop-list", str(given)) if as_stop_list else (str(given),)
    for form in ((), ("--json",)):
        ended = omni("bulk", *files, "--text", "Hi {name}", "--dry-run", *form)
        assert "canary" not in ended.text
        assert "9876543" not in ended.text
        assert "Traceback" not in ended.text
        assert ended.code in {0, 2, 64}


@pytest.mark.usefixtures("over_messente")
def test_no_file_that_is_read_is_written_over(bulk: Bulk, people: str, tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.hardlink_to(people)
    content = Path(people).read_bytes()
    for options in (["--report", people], ["--report", str(link)], ["--report", "spring.db"]):
        if options[1] == "spring.db":
            options[1] = str(tmp_path / "spring.db")
        ended = bulk(*options)
        assert ended.code == 64
        assert "are the same file" in ended.complaints
    assert Path(people).read_bytes() == content


@pytest.mark.usefixtures("over_messente")
def test_an_outbox_is_needed_and_has_to_be_one(omni: Omni, people: str, tmp_path: Path) -> None:
    ended = omni("bulk", people, "--text", "Hi")
    assert ended.code == 64
    assert "--outbox is missing" in ended.complaints
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE something (else_)")
    content = other.read_bytes()
    assert omni("bulk", people, "--text", "Hi", "--outbox", str(other)).code == 64
    assert other.read_bytes() == content
    ended = omni("bulk", people, "--text", "Hi", "--outbox", str(tmp_path / "nowhere" / "x.db"))
    assert (ended.code, ended.output) == (64, "")
