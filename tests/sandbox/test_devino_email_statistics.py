"""The statistics of letters at the emulated Devino: a table of text, exact to the byte."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, ErrorBody
from devino_async.sandbox.email_behaviour import (
    AfterDelivery,
    EmailBehaviour,
    WeekRows,
)
from devino_async.sandbox.email_letters import LetterEvent, ReportedLetter
from devino_async.sandbox.email_statistics import read_statistics_question, statistics_table
from omni_common.sandbox import SandboxClock, StateChange
from tests.support.devino_http import KEY, Caller
from tests.support.devino_letters import behave, campaign_letter, posted, statistics
from tests.support.devino_statistics import DELIVERED, HEADER, NOTHING, TODAY, ask, deliver, lines

SECOND = timedelta(seconds=1)


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


# The table


async def test_t66_the_table_is_text_whose_header_alone_ends_with_a_semicolon(
    devino: Caller,
) -> None:
    await deliver(devino, "a@mail.example", "b@mail.example", "c0002@mail.example")
    answer = await ask(devino)
    assert (answer.status, answer.content_type) == (200, "text/csv")
    figures = ";3;2;66.67%;1;33.33%;0;0%;0;0%;0;0%;0;0%\n"
    table = f"{HEADER}\n01.01.2027{figures}01.01.2027 - 01.01.2027{figures}"
    assert answer.body == table.encode()


async def test_an_account_that_sent_nothing_has_a_total_of_nothing(devino: Caller) -> None:
    assert await lines(devino) == [f"01.01.2027{NOTHING}", f"01.01.2027 - 01.01.2027{NOTHING}"]


@pytest.mark.parametrize(
    ("after", "figures"),
    [
        (AfterDelivery.OPENED, "1;100%;0;0%;0;0%;0;0%"),
        (AfterDelivery.CLICKED, "1;100%;1;100%;0;0%;0;0%"),
        (AfterDelivery.UNSUBSCRIBED, "1;100%;0;0%;1;100%;0;0%"),
        (AfterDelivery.COMPLAINED, "1;100%;0;0%;0;0%;1;100%"),
        (AfterDelivery.SUBSCRIBED, "1;100%;0;0%;0;0%;0;0%"),
    ],
)
async def test_what_people_do_with_their_letters_is_counted(
    devino: Caller, after: AfterDelivery, figures: str
) -> None:
    behave(devino, after_delivery=after)
    await deliver(devino, "a@mail.example")
    total = (await lines(devino))[-1]
    assert total == f"01.01.2027 - 01.01.2027;1;1;100%;0;0%;{figures}"


async def test_what_has_not_happened_yet_is_not_counted(devino: Caller) -> None:
    await posted(devino)
    assert (await lines(devino))[0] == "01.01.2027;1;0;0%;0;0%;0;0%;0;0%;0;0%;0;0%"
    devino.emulator.clock.advance(SECOND * 2)
    assert (await lines(devino))[0] == f"01.01.2027{DELIVERED}"


def letters(sent: int, at: datetime, **events: int) -> list[ReportedLetter]:
    """Letters sent at *at*, to as many of which each of the *events* happened then."""
    return [
        ReportedLetter(
            message_id=f"{at:%m}-{number}",
            recipient="a@mail.example",
            source_address=None,
            source_name=None,
            subject=None,
            events=(
                LetterEvent(at, "ACCEPTED"),
                *(LetterEvent(at, word) for word, count in events.items() if number < count),
            ),
        )
        for number in range(sent)
    ]


def table(
    found: Sequence[ReportedLetter],
    query: str,
    *,
    behaviour: EmailBehaviour | None = None,
) -> list[str]:
    whole = DevinoBehaviour(email=behaviour or EmailBehaviour())
    question = read_statistics_question(query, whole, dates=("dateTimeFrom", "dateTimeTo"))
    return statistics_table(found, question, whole.email).decode().splitlines()


def test_rates_are_those_of_the_vendors_example() -> None:
    found = [
        *letters(2, datetime(2022, 5, 3, tzinfo=UTC), DELIVERED=2),
        *letters(914, datetime(2022, 6, 3, tzinfo=UTC), DELIVERED=904),
        *letters(18, datetime(2022, 7, 3, tzinfo=UTC), DELIVERED=3, UNSUBSCRIBED=1),
        *letters(32, datetime(2022, 9, 3, tzinfo=UTC), DELIVERED=18, CLICKED=1, UNSUBSCRIBED=1),
        *letters(5, datetime(2022, 12, 3, tzinfo=UTC), DELIVERED=4, BOUNCED=1),
        *letters(51, datetime(2023, 2, 3, tzinfo=UTC), DELIVERED=51),
    ]
    query = "groupBy=MONTH&dateTimeFrom=2022-04-12+00:00:00&dateTimeTo=2023-04-12+00:00:00"
    behaviour = EmailBehaviour(shows_empty_periods=False)
    assert table(found, query, behaviour=behaviour) == [
        HEADER,
        "01.05.2022;2;2;100%;0;0%;0;0%;0;0%;0;0%;0;0%",
        "01.06.2022;914;904;98.91%;0;0%;0;0%;0;0%;0;0%;0;0%",
        "01.07.2022;18;3;16.67%;0;0%;0;0%;0;0%;1;33.33%;0;0%",
        "01.09.2022;32;18;56.25%;0;0%;0;0%;1;0%;1;5.56%;0;0%",
        "01.12.2022;5;4;80%;1;20%;0;0%;0;0%;0;0%;0;0%",
        "01.02.2023;51;51;100%;0;0%;0;0%;0;0%;0;0%;0;0%",
        "12.04.2022 - 12.04.2023;1022;982;96.09%;1;0.1%;0;0%;1;0%;2;0.2%;0;0%",
    ]


async def test_t66_more_can_be_delivered_in_a_period_than_was_sent_in_it(devino: Caller) -> None:
    devino.emulator.clock.advance(timedelta(hours=14, minutes=59, seconds=59))
    await deliver(devino, "a@mail.example")
    found = await lines(devino, groupBy="DAY", dateTimeTo="2027-01-02 00:00:00")
    assert found == [
        "01.01.2027;1;0;0%;0;0%;0;0%;0;0%;0;0%;0;0%",
        "02.01.2027;0;0;0%;0;0%;0;0%;0;0%;0;0%;0;0%",
        "01.01.2027 - 02.01.2027;1;0;0%;0;0%;0;0%;0;0%;0;0%;0;0%",
    ]
    found = await lines(devino, groupBy="DAY", dateTimeTo="2027-01-02 00:00:01")
    assert found[1] == "02.01.2027;0;1;0%;0;0%;0;0%;0;0%;0;0%;0;0%"
    assert found[2] == f"01.01.2027 - 02.01.2027{DELIVERED}"


@given(
    counts=st.dictionaries(
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001
        st.integers(1, 3),
        max_size=8,
    ),
    group=st.sampled_from(["YEAR", "MONTH", "WEEK", "DAY", "HOUR"]),
    shows_empty=st.booleans(),
)
def test_the_total_is_the_sum_of_the_rows(
    counts: dict[datetime, int], group: str, *, shows_empty: bool
) -> None:
    found = [
        each
        for at, count in counts.items()
        for each in letters(count, at.replace(tzinfo=UTC), DELIVERED=count)
    ]
    query = f"groupBy={group}&dateTimeFrom=2026-01-01+00:00:00&dateTimeTo=2028-01-01+00:00:00"
    behaviour = EmailBehaviour(shows_empty_periods=shows_empty)
    _, *rows, total = (line.split(";") for line in table(found, query, behaviour=behaviour))
    assert all(len(row) == 14 for row in (*rows, total))
    assert int(total[1]) == sum(int(row[1]) for row in rows) == sum(counts.values())
    assert len({row[0] for row in rows}) == len(rows)
    if not shows_empty:
        assert all(int(row[1]) for row in rows)


# The question


@pytest.mark.parametrize(
    ("group", "begin", "end", "names"),
    [
        ("YEAR", "2025-06-05 00", "2027-01-01 00", ["01.01.2025", "01.01.2026", "01.01.2027"]),
        ("MONTH", "2026-11-05 00", "2027-01-01 00", ["01.11.2026", "01.12.2026", "01.01.2027"]),
        ("WEEK", "2026-12-20 00", "2027-01-01 00", ["14.12.2026", "21.12.2026", "28.12.2026"]),
        ("DAY", "2026-12-30 23", "2027-01-01 00", ["30.12.2026", "31.12.2026", "01.01.2027"]),
        ("HOUR", "2026-12-31 23", "2027-01-01 00", ["31.12.2026 23:00", "01.01.2027 00:00"]),
        ("NONE", "2026-12-30 00", "2027-01-01 00", []),
    ],
)
async def test_rows_are_grouped_as_asked(
    devino: Caller, group: str, begin: str, end: str, names: list[str]
) -> None:
    dates = {"dateTimeFrom": f"{begin}:00:00", "dateTimeTo": f"{end}:00:00"}
    *rows, total = await lines(devino, groupBy=group, **dates)
    assert rows == [f"{name}{NOTHING}" for name in names]
    day, month, year = begin[8:10], begin[5:7], begin[:4]
    assert total == f"{day}.{month}.{year} - 01.01.2027{NOTHING}"


async def test_events_fall_into_their_own_period(devino: Caller) -> None:
    await deliver(devino, "a@mail.example")
    devino.emulator.clock.advance(timedelta(hours=2))
    await deliver(devino, "b0002@mail.example")
    found = await lines(
        devino,
        groupBy="HOUR",
        dateTimeFrom="2027-01-01 09:00:00",
        dateTimeTo="2027-01-01 11:59:59",
    )
    assert found == [
        f"01.01.2027 09:00{DELIVERED}",
        f"01.01.2027 10:00{NOTHING}",
        "01.01.2027 11:00;1;0;0%;1;100%;0;0%;0;0%;0;0%;0;0%",
        "01.01.2027 - 01.01.2027;2;1;50%;1;50%;0;0%;0;0%;0;0%;0;0%",
    ]


async def test_t35_an_offset_in_minutes_moves_the_clock_on_the_wall(devino: Caller) -> None:
    await deliver(devino, "a@mail.example")
    noon = {"dateTimeFrom": "2027-01-01 12:00:00", "dateTimeTo": "2027-01-01 12:00:59"}
    assert (await lines(devino, **noon, groupBy="HOUR"))[0] == f"01.01.2027 12:00{NOTHING}"
    moved = await lines(devino, **noon, groupBy="HOUR", zoneOffset=180)
    assert moved[0] == f"01.01.2027 12:00{DELIVERED}"
    devino.emulator.behaviour = DevinoBehaviour(status_offset=timedelta(hours=3))
    assert await lines(devino, **noon, groupBy="HOUR") == moved


async def test_letters_are_chosen_by_task_trigger_and_user(devino: Caller) -> None:
    now = devino.emulator.clock.now()
    changes = [
        StateChange(now, "EMAIL", "bounced", part="512"),
        StateChange(now, "EMAIL", "delivered", part="513"),
    ]
    devino.emulator.accept(campaign_letter("3606044956953218300", now, changes))
    await deliver(devino, "a@mail.example")
    sent = {
        name: [line.split(";")[1] for line in await lines(devino, **chosen)][-1]
        for name, chosen in {
            "all": {},
            "task": {"taskId": 7004},
            "trigger": {"taskId": 7004, "triggerId": 513},
            "other": {"taskId": 7005},
            "user": {"userId": 88},
            "stranger": {"userId": 89},
        }.items()
    }
    assert sent == {
        "all": "3",
        "task": "2",
        "trigger": "1",
        "other": "0",
        "user": "3",
        "stranger": "0",
    }
    assert await lines(devino, taskId=7004, triggerId=513) == [
        f"01.01.2027{DELIVERED}",
        f"01.01.2027 - 01.01.2027{DELIVERED}",
    ]


@pytest.mark.parametrize(
    ("parameters", "key", "ref"),
    [
        ({"groupBy": ""}, "invalid", "groupBy"),
        ({"groupBy": "month"}, "invalid", "groupBy"),
        ({"dateTimeFrom": "2027-01-01"}, "invalid", "dateTimeFrom"),
        ({"dateTimeTo": "2027-01-01T00:00:00"}, "invalid", "dateTimeTo"),
        ({"charset": "UTF-8"}, "invalid", "charset"),
        ({"taskId": "x"}, "invalid", "taskId"),
        ({"zoneOffset": "+3"}, "invalid", "zoneOffset"),
        ({"timeOffset": 180}, "invalid", "timeOffset"),
        ({"startDate": "2027-01-01 00:00:00"}, "invalid", "startDate"),
    ],
)
async def test_a_wrong_question_is_refused(
    devino: Caller, parameters: dict[str, Any], key: str, ref: str
) -> None:
    answer = await ask(devino, **parameters)
    [reason] = answer.data["reasons"]
    assert (answer.status, answer.content_type) == (400, "application/json")
    assert (reason["key"], reason["ref"]) == (key, ref)


@pytest.mark.parametrize("missing", ["groupBy", "dateTimeFrom", "dateTimeTo"])
async def test_group_and_dates_are_needed(devino: Caller, missing: str) -> None:
    parameters = {"groupBy": "DAY", **TODAY}
    del parameters[missing]
    answer = await statistics(devino, **parameters)
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == ("must.be.not.null", missing)


async def test_a_refused_question_has_the_body_of_other_refusals(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(refused_body=ErrorBody.HTML, refused_status=200)
    answer = await ask(devino, groupBy="X")
    assert (answer.status, answer.content_type) == (200, "text/html")


def test_a_range_of_all_times_has_rows_where_something_happened() -> None:
    found = letters(1, datetime(2027, 1, 1, 9, tzinfo=UTC), DELIVERED=1)
    ends = "dateTimeFrom=0001-01-01+00:00:00&dateTimeTo=9999-12-31+23:59:59"
    name = "01.01.0001 - 31.12.9999"
    assert table(found, f"groupBy=HOUR&{ends}")[1:] == [
        f"01.01.2027 09:00{DELIVERED}",
        name + DELIVERED,
    ]
    years = table(found, f"groupBy=YEAR&{ends}")
    assert (len(years), years[-2], years[-1]) == (
        1 + 9999 + 1,
        f"01.01.9999{NOTHING}",
        name + DELIVERED,
    )
    last_week = "dateTimeFrom=9999-12-25+00:00:00&dateTimeTo=9999-12-31+23:59:59"
    weeks = table(
        [], f"groupBy=WEEK&{last_week}", behaviour=EmailBehaviour(week_rows=WeekRows.RANGE)
    )
    assert weeks[2] == f"27.12.9999 - 31.12.9999{NOTHING}"


def test_a_range_that_ends_before_it_begins_holds_nothing() -> None:
    query = "groupBy=DAY&dateTimeFrom=2027-01-02+00:00:00&dateTimeTo=2027-01-01+00:00:00"
    found = letters(1, datetime(2027, 1, 1, 9, tzinfo=UTC))
    assert table(found, query)[1:] == [f"02.01.2027 - 01.01.2027{NOTHING}"]


async def test_a_key_may_lack_the_right_to_statistics(devino: Caller) -> None:
    devino.emulator.key_operations = frozenset({"email_detail"})
    answer = await ask(devino)
    assert (answer.status, answer.data["reasons"][0]["key"]) == (403, "forbidden")
    stranger = await ask(evolve(devino, authorization=None))
    assert stranger.status == 401
