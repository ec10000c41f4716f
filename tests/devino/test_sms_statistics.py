"""Statistics of SMS: what is asked, as it stands on the wire, and what is read from answers."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.selection import GroupBy
from devino_async.sms import (
    SmsCount,
    SmsStatistics,
    SmsStatisticsStatus,
    read_statistics,
    statistics_request,
)
from omni_common.errors import InvalidQueryError
from omni_common.exchange import Answer, Failure, FailureKind, Operation
from tests.devino.answering import ANY_ENVELOPE, ANY_ITEM, STATUSES, answer

FROM, TO = datetime(2022, 10, 6, 13, 45, 30), datetime(2023, 2, 6, 13, 45, 30)  # noqa: DTZ001
RANGE: dict[str, Any] = {"group_by": GroupBy.MONTH, "start_date": FROM, "end_date": TO}
SAMPLE = {
    "messages": {
        "accepted": [{"date": "2023-01-01 00:00:00", "amount": 100}],
        "sent": [{"date": "2022-12-01 00:00:00", "amount": 2}],
        "deleted": [],
        "delivered": [
            {"date": "2023-01-01 00:00:00", "amount": 67},
            {"date": "2022-10-01 00:00:00", "amount": 1},
            {"date": "2022-12-01 00:00:00", "amount": 72},
            {"date": "2023-02-01 00:00:00", "amount": 3},
        ],
        "enrouted": [],
    },
    "segments": {
        "accepted": [
            {"date": "2023-01-01 00:00:00", "amount": 2},
            {"date": "2023-02-01 00:00:00", "amount": 4},
        ]
    },
}


def target(**asked: Any) -> str:
    return statistics_request(**{**RANGE, **asked}).target


def read(result: Any, status: int = 200) -> SmsStatistics:
    statistics = read_statistics(answer({"result": result}, status))
    assert isinstance(statistics, SmsStatistics)
    return statistics


# --- The request ----------------------------------------------------------------------------------


def test_statistics_are_a_question_without_a_body() -> None:
    request = statistics_request(**RANGE)
    assert (request.method, request.path) == ("GET", "/sms-stat/statistics/of-group")
    assert (request.operation, request.body) == (Operation.READ, None)


def test_t33_dates_have_a_t_and_are_encoded_once() -> None:
    assert target() == (
        "/sms-stat/statistics/of-group?groupBy=MONTH"
        "&startDate=2022-10-06T13%3A45%3A30&endDate=2023-02-06T13%3A45%3A30"
    )
    assert "%25" not in target()


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ({"task_id": "7004"}, "&taskId=7004"),
        ({"trigger_id": 511}, "&triggerId=511"),
        ({"task_id": 1, "trigger_id": 2}, "&taskId=1&triggerId=2"),
        ({"time_offset": timedelta(hours=3)}, "&timeOffset=180"),
        ({"time_offset": timedelta(hours=-1)}, "&timeOffset=-60"),
    ],
)
def test_what_else_can_be_asked_follows(asked: dict[str, Any], written: str) -> None:
    assert target(**asked) == target() + written


@pytest.mark.parametrize("group_by", GroupBy)
def test_every_period_has_the_vendors_word(group_by: GroupBy) -> None:
    assert f"?groupBy={group_by.name}&" in target(group_by=group_by)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("group_by", ["MONTH", "month", None, 1]),
        ("start_date", ["2022-10-06", None, FROM.date(), FROM.replace(microsecond=5)]),
        ("end_date", [TO.replace(tzinfo=UTC)]),
        ("task_id", ["seven", "", -1]),
        ("trigger_id", [1.0]),
        ("time_offset", [180, timedelta(seconds=1)]),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_parameters_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidQueryError) as refused:
            target(**{field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")


def test_t30_a_time_with_a_zone_is_written_as_the_accounts_clock_shows_it() -> None:
    noon = datetime(2022, 10, 6, 12, tzinfo=UTC)
    written = target(start_date=noon, zone=timezone(timedelta(hours=3)))
    assert "startDate=2022-10-06T15%3A00%3A00" in written


# --- The answer -----------------------------------------------------------------------------------


def test_t67_periods_are_sorted_and_missing_ones_count_as_none() -> None:
    statistics = read(SAMPLE)
    delivered = statistics.messages["delivered"]
    assert [(count.date, count.amount) for count in delivered] == [
        (datetime(2022, 10, 1), 1),  # noqa: DTZ001 - the vendor names no zone
        (datetime(2022, 12, 1), 72),  # noqa: DTZ001
        (datetime(2023, 1, 1), 67),  # noqa: DTZ001
        (datetime(2023, 2, 1), 3),  # noqa: DTZ001
    ]
    assert statistics.messages["enrouted"] == ()


def test_totals_are_over_all_periods() -> None:
    statistics = read(SAMPLE)
    assert statistics.message_total(SmsStatisticsStatus.DELIVERED) == 143
    assert statistics.message_total("accepted") == 100
    assert statistics.segment_total(SmsStatisticsStatus.ACCEPTED) == 6
    assert statistics.segment_total(SmsStatisticsStatus.DELIVERED) == 0
    assert statistics.message_total("added_later") == 0


def test_the_raw_result_is_kept() -> None:
    statistics = read(SAMPLE)
    assert statistics.raw == SAMPLE
    assert pickle.loads(pickle.dumps(statistics)) == statistics  # noqa: S301 - our own bytes
    assert isinstance(hash(statistics), int)


def test_t57_the_words_are_those_of_statistics() -> None:
    assert [word.value for word in SmsStatisticsStatus] == [
        *("accepted", "scheduled", "enrouted", "sent", "deleted", "delivered"),
        *("expired", "seen", "clicked", "rejected", "undeliverable", "unknown"),
    ]


def test_unknown_words_are_kept() -> None:
    rows = [{"date": "2023-01-01 00:00:00", "amount": 5}]
    statistics = read({"messages": {"ADDED_LATER": rows}, "segments": {}})
    assert statistics.message_total("ADDED_LATER") == 5
    assert statistics.segments == {}


def test_t21_amounts_may_be_text() -> None:
    rows = [{"date": "2023-01-01 00:00:00", "amount": "5"}]
    assert read({"messages": {"sent": rows}}).message_total("sent") == 5


def test_odd_values_stay_raw_and_cost_nothing_else() -> None:
    rows = [
        {"date": "2023", "amount": 2},
        {"date": None, "amount": None},
        {"amount": 3},
        {"date": "2022-12-01T00:00:00", "amount": 4},
        "odd",
    ]
    counts = read({"messages": {"sent": rows, "odd": 5, "none": None}}).messages
    assert [(count.date, count.amount) for count in counts["sent"]] == [
        (None, 2),
        (None, None),
        (None, 3),
        (datetime(2022, 12, 1), 4),  # noqa: DTZ001
    ]
    assert [count.raw for count in counts["sent"]] == [rows[0], rows[1], rows[2], rows[3]]
    assert (counts["odd"], counts["none"]) == ((), ())


def test_times_with_and_without_a_zone_can_be_sorted() -> None:
    rows = [{"date": "2023-02-01 00:00:00"}, {"date": "2023-01-01T00:00:00Z"}]
    [first, second] = read({"messages": {"sent": rows}}).messages["sent"]
    assert first == SmsCount(date=datetime(2023, 1, 1, tzinfo=UTC), raw=rows[1])
    assert second.raw == rows[0]


@given(
    messages=st.dictionaries(st.text(), st.lists(ANY_ITEM) | ANY_ITEM),
    segments=ANY_ITEM,
    status=STATUSES,
)
def test_counts_are_read_whatever_they_hold(messages: Any, segments: Any, status: int) -> None:
    statistics = read({"messages": messages, "segments": segments}, status)
    assert statistics.messages.keys() == messages.keys()


@pytest.mark.parametrize("status", [200, 400])
def test_t2_a_refusal_is_one_whatever_its_http_status(status: int) -> None:
    body = {"result": None, "reasons": [{"key": "invalid", "ref": "groupBy"}]}
    refused = read_statistics(answer(body, status))
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.vendor_code) == (FailureKind.REFUSED, "invalid")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"[]",
        b"{}",
        b'{"result": {}}',
        b'{"result": {"messages": [], "segments": null}}',
        b'{"result": [{"messages": {}}]}',
    ],
)
def test_what_is_no_statistics_is_left_to_the_http_status(body: bytes) -> None:
    assert read_statistics(Answer(200, body)) is None


@given(body=ANY_ENVELOPE, status=STATUSES)
def test_any_answer_is_statistics_or_a_failure_or_neither(body: Any, status: int) -> None:
    found = read_statistics(answer(body, status))
    assert found is None or isinstance(found, SmsStatistics | Failure)
