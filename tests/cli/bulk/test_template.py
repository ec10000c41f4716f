"""Texts that rows fill: a plain look-up, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from omni_common.cli.bulk.columns import Header
from omni_common.cli.bulk.recipient import RowRefusedError
from omni_common.cli.bulk.template import Template
from omni_common.cli.usage import UsageError

NAME = st.text(
    st.characters(exclude_characters="{}", exclude_categories=["Cs"]), min_size=1
).filter(lambda name: bool(name.strip()))
VALUE = st.text(st.characters(exclude_categories=["Cs"])).filter(
    lambda text: bool(text.strip()) and not text.strip().startswith(("=", "#", "'"))
)


def filled(text: str, **columns: str) -> str:
    return Template.of(text, Header(tuple(columns)), "--text").filled(list(columns.values()))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_can_be_said_with_its_braces_doubled(text: str) -> None:
    assert filled(text.replace("{", "{{").replace("}", "}}")) == text


@given(st.lists(st.tuples(st.text(st.characters(exclude_characters="{}")), NAME, VALUE)))
def test_each_place_is_filled_with_its_column_and_not_looked_into(
    pieces: list[tuple[str, str, str]],
) -> None:
    names = tuple(name.strip() for _, name, _ in pieces)
    cells = {name.strip(): value for _, name, value in pieces}
    template = Template.of(
        "".join(f"{before}{{{name}}}" for before, name, _ in pieces),
        Header(tuple(dict.fromkeys(names))),
        "--text",
    )
    expected = "".join(before + cells[name.strip()].strip() for before, name, _ in pieces)
    assert template.filled(list(cells.values())) == expected


@pytest.mark.parametrize("text", ["{name.x}", "{name!r}", "{name:>9}", "{name[0]}", "{0}", "{}"])
def test_what_a_format_string_could_do_is_the_name_of_no_column(text: str) -> None:
    with pytest.raises(UsageError, match="there is no column"):
        filled(text, name="Ann")
    assert filled("{name.x} {{name}}", **{"name.x": "as it stands"}) == "as it stands {name}"


@pytest.mark.parametrize(("text", "place"), [("a { b", 3), ("}", 1), ("{{{", 3), ("{a{name}", 1)])
def test_a_brace_that_stands_alone_is_refused(text: str, place: int) -> None:
    with pytest.raises(UsageError, match=f"as character {place};"):
        filled(text, name="Ann")


@pytest.mark.parametrize("cells", [[], [""], ["  \t"], ["\u00a0"], ['=" "']])
def test_a_row_that_has_nothing_to_say_is_refused_by_itself(cells: list[str]) -> None:
    template = Template.of("Hi {NAME}", Header(("name",)), "--text")
    with pytest.raises(RowRefusedError, match='the column "NAME" is empty'):
        template.filled(cells)
    assert template.filled([" Ann "]) == "Hi Ann"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('="007"', "007"),
        (' = "Ann ""A"" Bee" ', 'Ann "A" Bee'),
        ('="a"&"b"', '="a"&"b"'),
        ("=A1", "=A1"),
        ("'t Hooft", "'t Hooft"),
        ("'+37251000000", "+37251000000"),
        ("#1", "#1"),
        ("#hello!", "#hello!"),
    ],
)
def test_what_a_spreadsheet_puts_around_a_text_is_not_said(cell: str, said: str) -> None:
    assert filled("Hi {name}", name=cell) == f"Hi {said}"


@pytest.mark.parametrize("cell", ["#N/A", " #REF! ", "#DIV/0!", "#ИМЯ?", '="#N/A"'])
def test_an_error_of_a_spreadsheet_is_said_to_nobody(cell: str) -> None:
    with pytest.raises(RowRefusedError, match='the column "name" holds an error'):
        filled("Hi {name}", name=cell)


def test_an_unknown_column_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r'no column "nmae"; did you mean "name"\? there are: "na'):
        filled("Hi {nmae}", name="Ann", city="Tallinn")
