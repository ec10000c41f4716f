"""Each switch of the statistics of letters at the emulated Devino."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from devino_async.sandbox import DevinoEmulator
from devino_async.sandbox.email_behaviour import (
    Charset,
    Header,
    HourRows,
    NoneRows,
    StatisticsForm,
    WeekRows,
)
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, Caller
from tests.support.devino_letters import STATISTICS_OF_EXAMPLE, behave, statistics
from tests.support.devino_statistics import DELIVERED, HEADER, NOTHING, TODAY, ask, deliver, lines


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


@pytest.mark.parametrize(
    ("form", "of_text", "of_example"),
    [
        (StatisticsForm.TEXT, 200, 404),
        (StatisticsForm.EXAMPLE, 404, 200),
        (StatisticsForm.BOTH, 200, 200),
    ],
)
async def test_t9_one_form_of_the_call_exists_or_both_do(
    devino: Caller, form: StatisticsForm, of_text: int, of_example: int
) -> None:
    behave(devino, statistics_form=form)
    await deliver(devino, "a@mail.example")
    text = await ask(devino)
    begin, end = TODAY.values()
    example = await statistics(
        devino, STATISTICS_OF_EXAMPLE, groupBy="MONTH", startDate=begin, endDate=end
    )
    assert (text.status, example.status) == (of_text, of_example)
    if form is StatisticsForm.BOTH:
        assert text.body == example.body
        mixed = await statistics(devino, STATISTICS_OF_EXAMPLE, groupBy="MONTH", **TODAY)
        assert mixed.data["reasons"][0]["ref"] == "dateTimeFrom"


@pytest.mark.parametrize("default", Charset)
@pytest.mark.parametrize("asked", [None, *Charset])
async def test_t66_the_encoding_is_the_one_asked_for_or_the_default(
    devino: Caller, default: Charset, asked: Charset | None
) -> None:
    behave(devino, default_charset=default, header=Header.RUSSIAN)
    parameters = {} if asked is None else {"charset": asked.value}
    body = (await ask(devino, **parameters)).body
    codec = {Charset.UTF8: "utf-8", Charset.CP1251: "cp1251"}[asked or default]
    header = body.decode(codec).splitlines()[0].split(";")
    assert (header[0], header[1], header[-1], len(header)) == (
        "Дата отправки",
        "Отправлено",
        "",
        15,
    )
    if codec == "cp1251":
        assert body.startswith(b"\xc4\xe0\xf2\xe0 ")


async def test_t66_a_byte_order_mark_can_stand_before_utf8(devino: Caller) -> None:
    behave(devino, byte_order_mark=True)
    assert (await ask(devino)).body.startswith(b"\xef\xbb\xbfSend date;")
    assert (await ask(devino, charset="CP1251")).body.startswith(b"Send date;")


async def test_lines_can_end_otherwise(devino: Caller) -> None:
    behave(devino, line_end="\r\n", last_line_ends=False)
    body = (await ask(devino, groupBy="NONE")).body
    assert body == f"{HEADER}\r\n01.01.2027 - 01.01.2027{NOTHING}".encode()


async def test_t66_periods_in_which_nothing_happened_can_be_missing(devino: Caller) -> None:
    behave(devino, shows_empty_periods=False)
    assert await lines(devino, groupBy="HOUR") == [f"01.01.2027 - 01.01.2027{NOTHING}"]
    await deliver(devino, "a@mail.example")
    found = await lines(devino, groupBy="HOUR")
    assert found[:-1] == [f"01.01.2027 09:00{DELIVERED}"]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (NoneRows.NO_ROW, ["01.12.2026 - 01.01.2027"]),
        (NoneRows.RANGE, ["01.12.2026 - 01.01.2027"] * 2),
        (NoneRows.FIRST_DAY, ["01.12.2026", "01.12.2026 - 01.01.2027"]),
    ],
)
async def test_t66_what_is_not_grouped_can_have_a_row_before_its_total(
    devino: Caller, rows: NoneRows, names: list[str]
) -> None:
    behave(devino, none_rows=rows)
    await deliver(devino, "a@mail.example")
    found = await lines(devino, groupBy="NONE", dateTimeFrom="2026-12-01 00:00:00")
    assert found == [f"{name}{DELIVERED}" for name in names]


@pytest.mark.parametrize(
    ("rows", "name"),
    [(WeekRows.MONDAY, "28.12.2026"), (WeekRows.RANGE, "28.12.2026 - 03.01.2027")],
)
async def test_a_week_can_be_named_in_two_ways(devino: Caller, rows: WeekRows, name: str) -> None:
    behave(devino, week_rows=rows)
    assert (await lines(devino, groupBy="WEEK"))[0] == f"{name}{NOTHING}"


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (HourRows.MINUTES, "01.01.2027 09:00"),
        (HourRows.SECONDS, "01.01.2027 09:00:00"),
        (HourRows.DAY, "01.01.2027"),
    ],
)
async def test_an_hour_can_be_named_in_three_ways(
    devino: Caller, rows: HourRows, name: str
) -> None:
    behave(devino, hour_rows=rows)
    found = await lines(devino, groupBy="HOUR", dateTimeFrom="2027-01-01 09:30:00")
    assert found[0] == f"{name}{NOTHING}"


async def test_the_content_type_can_say_nothing(devino: Caller) -> None:
    behave(devino, statistics_type="application/octet-stream")
    assert (await ask(devino)).content_type == "application/octet-stream"
