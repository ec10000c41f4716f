"""The question for statistics of e-mail, which the vendor's page has in two forms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from devino_async.email import (
    DOCUMENTED_ENDPOINT,
    SAMPLED_ENDPOINT,
    Charset,
    StatisticsEndpoint,
    statistics_request,
)
from devino_async.selection import GroupBy
from omni_common.errors import InvalidQueryError
from omni_common.exchange import Operation

FROM, TO = datetime(2022, 4, 12), datetime(2023, 4, 12, 23, 59, 59)  # noqa: DTZ001 - wall-clock
TEXT_PATH = "/omni-statistics-exporter/export/statistics/sliced-by-event-time"
EXAMPLE_PATH = "/email-stat/statistics/sliced-by-event-time"


def target(**more: Any) -> str:
    question = {"group_by": GroupBy.MONTH, "date_time_from": FROM, "date_time_to": TO, **more}
    return statistics_request(**question).target


def test_t9_the_question_has_the_texts_path_and_its_names_of_dates() -> None:
    assert target() == (
        f"{TEXT_PATH}?groupBy=MONTH&dateTimeFrom=2022-04-12+00%3A00%3A00"
        "&dateTimeTo=2023-04-12+23%3A59%3A59&charset=UTF8"
    )


def test_t9_the_examples_form_is_another_pair_and_never_mixed() -> None:
    assert target(endpoint=SAMPLED_ENDPOINT) == (
        f"{EXAMPLE_PATH}?groupBy=MONTH&startDate=2022-04-12+00%3A00%3A00"
        "&endDate=2023-04-12+23%3A59%3A59&charset=UTF8"
    )
    assert (
        StatisticsEndpoint(path=TEXT_PATH, date_time_from="dateTimeFrom", date_time_to="dateTimeTo")
        == DOCUMENTED_ENDPOINT
    )


def test_t9_a_third_form_can_be_given() -> None:
    third = StatisticsEndpoint(path="/new/statistics", date_time_from="from", date_time_to="to")
    assert target(endpoint=third).startswith("/new/statistics?groupBy=MONTH&from=2022-04-12+00")
    assert "&to=2023" in target(endpoint=third)
    assert target(endpoint=attrs.evolve(third, path="/v2.1/a_b-c")).startswith("/v2.1/a_b-c?")


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            {"path": path}
            for path in ("", "statistics", "/a?b", "/a b", "/", "//host", "/a/", None)
        ),
        *({"date_time_from": name} for name in ("", "a b", "a=b", "дата", None)),
        *({"date_time_to": name} for name in ("", "a&b", 5)),
    ],
)
def test_a_form_that_cannot_stand_in_an_address_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        attrs.evolve(DOCUMENTED_ENDPOINT, **wrong)
    assert refused.value.field == "endpoint"


def test_statistics_are_a_question_whose_answer_is_no_json() -> None:
    request = statistics_request(group_by=GroupBy.DAY, date_time_from=FROM, date_time_to=TO)
    assert (request.method, request.operation) == ("GET", Operation.READ)
    assert request.body is None
    assert request.headers["Accept"].startswith("text/csv")


def test_t35_every_parameter_is_written_under_the_vendors_name() -> None:
    whole = target(
        charset=Charset.CP1251,
        task_id="7004",
        trigger_id=511,
        user_id="88",
        zone_offset=timedelta(hours=3),
    )
    assert whole.endswith("&charset=CP1251&taskId=7004&triggerId=511&userId=88&zoneOffset=180")


@pytest.mark.parametrize("group", GroupBy)
def test_every_grouping_is_the_vendors_word(group: GroupBy) -> None:
    assert f"?groupBy={group.name}&" in target(group_by=group)


def test_t32_a_time_with_a_zone_needs_the_accounts() -> None:
    aware = FROM.replace(tzinfo=UTC)
    assert target(date_time_from=aware, zone=UTC) == target()
    with pytest.raises(InvalidQueryError) as refused:
        target(date_time_from=aware)
    assert refused.value.field == "date_time_from"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("group_by", ["MONTH", "month", None]),
        ("charset", ["UTF8", "utf-8", None]),
        ("endpoint", [EXAMPLE_PATH, None]),
        ("date_time_from", ["2022-04-12", date(2022, 4, 12), None, FROM.replace(microsecond=1)]),
        ("date_time_to", ["2022-04-12", None]),
        ("task_id", ["", "x", -1, 1.5]),
        ("trigger_id", ["x"]),
        ("user_id", ["x"]),
        ("zone_offset", [180, timedelta(seconds=30)]),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_name(name: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidQueryError) as refused:
            target(**{name: value})
        assert refused.value.field == name
