"""Wrong options and files: told before anything is sent, and without quoting anybody."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from messente_async.sandbox import MessenteEmulator
from tests.cli.bulk.tables import Bulk, table
from tests.cli.command import Omni


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
def test_a_report_takes_the_place_of_no_device_or_pipe(bulk: Bulk, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ended = bulk("--report", str(pipe))
    assert ended.code == 64
    assert "is no file" in ended.complaints
    assert pipe.is_fifo()


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
