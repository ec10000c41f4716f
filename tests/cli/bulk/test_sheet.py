"""How a file is read: found where it is certain, asked for where it is not, never guessed."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from omni_common.cli.bulk.delimiter import delimiter_of
from omni_common.cli.bulk.records import LONGEST_RECORD
from omni_common.cli.bulk.sheet import Sheet, open_sheet
from omni_common.cli.usage import UsageError

NAMES = ["Jõgi", "Жук", "Ąžuolas", "O'Neill", "名前"]
CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def opened(path: Path, content: bytes, **given_by_user: object) -> Sheet:
    path.write_bytes(content)
    options = {"encoding": None, "delimiter": None} | given_by_user
    return open_sheet(path, field="FILE", **options)  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def refusal(path: Path, content: bytes, **given_by_user: object) -> str:
    with pytest.raises(UsageError) as raised:
        list(opened(path, content, **given_by_user).rows())
    assert raised.value.__context__ is None  # which would hold the row
    return raised.value.text


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_certain_of_an_encoding_is_found(file: Path, codec: str) -> None:
    content = "phone,name\n" + "".join(f"+37251000000,{name}\n" for name in NAMES)
    sheet = opened(file, content.encode(codec))
    assert sheet.header.names == ("phone", "name")
    assert [row.cells[1] for row in sheet.rows()] == NAMES


@pytest.mark.parametrize("codec", ["windows-1251", "windows-1252", "windows-1257", "cp866"])
def test_a_code_page_is_asked_for_and_then_read(file: Path, codec: str) -> None:
    name = {"windows-1252": "Jõgi", "windows-1257": "Ąžuolas"}.get(codec, "Жук")
    content = f"phone,name\n+37251000000,Ann\n+37251000001,{name}\n".encode(codec)
    said = refusal(file, content)
    assert "line 3" in said
    assert "--encoding windows-1251" in said
    rows = opened(file, content, encoding=codec).rows()
    assert [row.cells[1] for row in rows] == ["Ann", name]


@given(st.text(st.characters(codec="windows-1251", exclude_categories=["Cc"]), min_size=1))
def test_no_text_of_a_code_page_is_taken_for_other_letters(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    file = tmp_path_factory.mktemp("sheet") / "people.csv"
    quoted = name.replace('"', '""')
    content = f'phone,name\n+37251000000,"{quoted}Ж"\n'.encode("windows-1251")
    with pytest.raises(UsageError, match="--encoding"):
        opened(file, content)


@pytest.mark.parametrize(
    ("content", "encoding", "said"),
    [
        (b"", None, "is empty"),
        (b"\n\n", None, "is empty"),
        ("phone,name\n".encode("utf-32"), None, "UTF-32"),
        ("phone,name\nA,B\n".encode("utf-16-le"), None, "line 1: this is not UTF-8"),
        ("phone,name\n".encode("utf-16-le"), "utf-16", "--encoding utf-16-le or utf-16-be"),
        ("phone,name\n".encode("utf-8-sig"), "windows-1251", "leave out --encoding"),
        ("phone,name\n1,Jõgi\n".encode(), "windows-1252", "is in UTF-8; leave out --encoding"),
        (b"PK\x03\x04 and so on", None, "is a workbook"),
        (b"phone,name\n1,\x98\n", "windows-1251", "line 2: this is not windows-1251"),
        ("phone,Ж\n".encode("utf-16")[:-1], None, "this is not utf-16"),
    ],
)
def test_a_file_that_does_not_hold_what_it_says_is_refused(
    file: Path, content: bytes, encoding: str | None, said: str
) -> None:
    assert said in refusal(file, content, encoding=encoding)


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@given(names=st.lists(CELL, min_size=2, max_size=4))
@settings(max_examples=30)
def test_a_delimiter_is_the_right_one_or_asked_for(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, names: list[str]
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "people.csv"
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerow(["phone", *names])
    path.write_text(text.getvalue(), "utf-8")
    try:
        found = delimiter_of(path, "utf-8", None, "FILE")
    except UsageError:
        found = "asked for"
    assert found == delimiter or (found == "asked for" and set(",;|\t") & set("".join(names)))


def test_a_header_that_could_be_cut_in_two_ways_is_asked_about(file: Path) -> None:
    content = b"phone;name, first\n+37251000000;Ann\n"
    assert "--delimiter" in refusal(file, content)
    assert opened(file, content, delimiter=";").header.names == ("phone", "name, first")
    assert opened(file, b"phone\tname\n", delimiter="tab").header.names == ("phone", "name")
    assert opened(file, b'"phone, or none";name\n').header.names == ("phone, or none", "name")


@pytest.mark.parametrize("first", ["sep=;", "SEP=,", "sep=\t", '"sep=;"'])
def test_a_line_that_is_meant_for_a_spreadsheet_is_no_header(file: Path, first: str) -> None:
    said = refusal(file, f"{first}\r\nphone;name\r\n+37251000000;Ann\r\n".encode())
    assert "(sep=); remove that line" in said


def test_a_table_of_one_column_needs_no_delimiter(file: Path) -> None:
    rows = opened(file, b"phone\n+37251000000\n").rows()
    assert [row.cells for row in rows] == [["+37251000000"]]


@pytest.mark.parametrize("content", [b"name,phone\n", b"phone,name\n1,Jim\n2,Bob\n", b"", None])
def test_a_file_that_was_changed_or_removed_meanwhile_is_not_read_on(
    file: Path, content: bytes | None
) -> None:
    before = b"phone,name\n1,Ann\n2,Bob\n"
    sheet = opened(file, before)
    assert len(list(sheet.rows())) == 2
    rows = sheet.rows()
    next(rows)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
        os.utime(file, ns=(0, 0))
    for each in (rows, sheet.rows()):
        with pytest.raises(UsageError, match="was changed or removed while it was used") as raised:
            list(each)
        assert raised.value.__context__ is None


def test_bytes_that_come_in_while_a_file_is_read_are_told_without_quoting_them(file: Path) -> None:
    rows = opened(file, b"phone,name\n" + b"1,Ann\n" * 10_000).rows()
    next(rows)
    with file.open("ab") as changed:
        changed.write(b"2,canary\xff\n")
    with pytest.raises(UsageError, match="cannot be read any more") as raised:
        list(rows)
    assert raised.value.__context__ is None


def test_rows_know_the_line_on_which_they_begin(file: Path) -> None:
    content = b'phone,name\r\n1,"a\r\nb"\r\n\r\n , \r\n2,c\r\n'
    rows = list(opened(file, content).rows())
    assert [(row.line, row.cells) for row in rows] == [(2, ["1", "a\r\nb"]), (6, ["2", "c"])]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('phone,name\n1,Ann\n2,"Bob\n' + "3,Cid\n" * 20_000, "line 3: more than 65536 characters"),
        ('phone,name\n1,Ann\n2,"Bob\n3,Cid\n', "line 3: a quote that is opened here is not closed"),
        ('phone,name\n1,"Ann "Bee" Cee"\n', "line 2: a quote stands where none can"),
        ("phone,name\n1," + "x" * LONGEST_RECORD + "\n", "line 2: more than 65536 characters"),
        ("x" * 10_000_000, "line 1: more than 65536 characters"),
    ],
    ids=["swallows the file", "to the end", "in a quoted cell", "long row", "one line"],
)
def test_a_row_that_is_none_is_refused_with_its_line(file: Path, content: str, said: str) -> None:
    assert said in refusal(file, content.encode())


@pytest.mark.parametrize("first", ["+37251000000", "372 5100 0000", "ann@example.com", "3.7E+11"])
def test_a_file_without_a_header_is_told_apart_and_shows_nobodys_number(
    file: Path, first: str
) -> None:
    said = refusal(file, f"{first},Ann\n".encode())
    assert "has no header" in said
    assert first not in said


@pytest.mark.parametrize(
    ("header", "emails", "found"),
    [
        ("name,Phone", False, "Phone"),
        ("name,phone_number,email", False, "phone_number"),
        ("имя,Телефон", False, "Телефон"),
        ("имя,номер телефона", False, "номер телефона"),
        ("MSISDN,number of orders", False, "MSISDN"),
        ("phone,E-Mail", True, "E-Mail"),
        ("to,name", True, "to"),
        ("to,name", False, "to"),
    ],
)
def test_the_column_of_recipients_is_found_by_its_usual_names(
    file: Path, *, header: str, emails: bool, found: str
) -> None:
    names = opened(file, f"{header}\n".encode()).header
    place = names.recipients(emails=emails, advice="x", field="--to")
    assert names.names[place] == found


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("name,city", 'there are: "name", "city"'),
        ("phone,mobile", 'any of the columns "phone", "mobile"'),
        ("phone,Phone", 'any of the columns "phone", "Phone"'),
        ("name,called +372 5100 0000", '"called +372…00"'),
    ],
)
def test_a_column_of_recipients_that_is_not_certain_is_asked_for(
    file: Path, header: str, said: str
) -> None:
    names = opened(file, f"{header}\n".encode()).header
    with pytest.raises(UsageError, match="say which") as raised:
        names.recipients(emails=False, advice="say which", field="--to")
    assert said in raised.value.text


def test_a_column_is_found_exactly_before_it_is_found_in_other_case(file: Path) -> None:
    names = opened(file, b"Name,NAME,city\n").header
    assert names.find("NAME", "--to") == 1
    assert names.find("CITY", "--to") == 2
    with pytest.raises(UsageError, match="several columns"):
        names.find("name", "--to")
    with pytest.raises(UsageError, match='did you mean "city"'):
        names.find("cty", "--to")
