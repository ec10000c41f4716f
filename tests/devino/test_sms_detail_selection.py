"""Which messages a report is about: five ways to say it, and none besides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import DevinoClient
from devino_async.selection import GroupBy, Selection, SortOrder, select
from devino_async.sms import detail_request
from omni_common.errors import InvalidQueryError

FROM, TO = datetime(2023, 2, 12), datetime(2023, 2, 24, 13, 45, 30)  # noqa: DTZ001 - wall clock
VALUES: dict[str, Any] = {
    "task_id": "8742",
    "trigger_id": "2312",
    "sent_from": FROM,
    "sent_to": TO,
    "message_ids": ["1", "2"],
}
ALLOWED = {
    ("task_id",): (("taskId", "8742"),),
    ("task_id", "trigger_id"): (("taskId", "8742"), ("triggerId", "2312")),
    ("sent_from", "sent_to"): (
        ("dateTimeFrom", "2023-02-12 00:00:00"),
        ("dateTimeTo", "2023-02-24 13:45:30"),
    ),
    ("task_id", "trigger_id", "sent_from", "sent_to"): (
        ("taskId", "8742"),
        ("triggerId", "2312"),
        ("dateTimeFrom", "2023-02-12 00:00:00"),
        ("dateTimeTo", "2023-02-24 13:45:30"),
    ),
    ("message_ids",): (("messageIds", "1"), ("messageIds", "2")),
}
COMBINATIONS = list(chain.from_iterable(combinations(VALUES, size) for size in range(6)))
REFUSED = [names for names in COMBINATIONS if names not in ALLOWED]


def test_every_combination_is_looked_at() -> None:
    assert (len(COMBINATIONS), len(ALLOWED), len(REFUSED)) == (32, 5, 27)


@pytest.mark.parametrize("names", ALLOWED)
def test_five_combinations_are_allowed(names: tuple[str, ...]) -> None:
    assert select(**{name: VALUES[name] for name in names}) == ALLOWED[names]


@pytest.mark.parametrize("names", REFUSED, ids="+".join)
def test_any_other_is_refused_by_what_is_missing_or_too_much(names: tuple[str, ...]) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        select(**{name: VALUES[name] for name in names})
    assert refused.value.provider == "devino"
    assert refused.value.field is not None
    assert str(refused.value).startswith(refused.value.field)
    if "message_ids" in names:
        assert refused.value.field == "message_ids"
    else:
        assert refused.value.field not in names
        completed = {*names, refused.value.field}
        assert any(completed <= set(allowed) for allowed in ALLOWED)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["trigger_id"], "task_id is missing: trigger_id can only be given with task_id"),
        (["sent_to"], "sent_from is missing: sent_to can only be given with sent_from"),
        (
            ["task_id", "sent_from", "sent_to"],
            (
                "trigger_id is missing: task_id, sent_from and sent_to can only be given with"
                " trigger_id"
            ),
        ),
        (
            ["task_id", "sent_to"],
            (
                "trigger_id is missing: task_id and sent_to can only be given with trigger_id and"
                " sent_from"
            ),
        ),
        (
            ["task_id", "trigger_id", "message_ids"],
            "message_ids must stand alone, without task_id and trigger_id",
        ),
        (
            [],
            (
                "task_id is missing: a report needs task_id, task_id with trigger_id, sent_from"
                " with sent_to, all four of these, or message_ids"
            ),
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_the_refusal_says_what_to_do(names: list[str], text: str) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        select(**{name: VALUES[name] for name in names})
    assert str(refused.value) == text


async def test_the_signature_refuses_the_same_combinations() -> None:
    # A type checker that let one of these pass would find its `ignore` unused.
    async with DevinoClient("key") as devino:
        sms = devino.sms
        with pytest.raises(InvalidQueryError):
            sms.detail()  # type: ignore[call-overload]
        others: list[Callable[[], object]] = [
            lambda: sms.detail(trigger_id="1"),  # type: ignore[call-overload]
            lambda: sms.detail(sent_from=FROM),  # type: ignore[call-overload]
            lambda: sms.detail(sent_to=TO),  # type: ignore[call-overload]
            lambda: sms.detail(task_id="1", sent_from=FROM),  # type: ignore[call-overload]
            lambda: sms.detail(task_id="1", sent_from=FROM, sent_to=TO),  # type: ignore[call-overload]
            lambda: sms.detail(trigger_id="1", sent_from=FROM, sent_to=TO),  # type: ignore[call-overload]
            lambda: sms.detail(message_ids=["1"], task_id="1"),  # type: ignore[call-overload]
            lambda: sms.detail(message_ids=["1"], sent_from=FROM, sent_to=TO),  # type: ignore[call-overload]
        ]
        for refused in others:
            with pytest.raises(InvalidQueryError):
                refused()
        with pytest.raises(InvalidQueryError):
            await sms.detail_page(limit=1)  # type: ignore[call-overload]
        with pytest.raises(InvalidQueryError):
            await sms.detail_page(limit=1, task_id="1", sent_to=TO)  # type: ignore[call-overload]


def test_t32_the_plus_of_a_date_is_an_encoded_space() -> None:
    request = detail_request(select(sent_from=FROM, sent_to=TO), limit=1)
    assert "dateTimeFrom=2023-02-12+00%3A00%3A00&" in request.target
    assert "%2B" not in request.target


def test_t30_a_time_with_a_zone_needs_the_accounts() -> None:
    noon = datetime(2023, 2, 12, 12, tzinfo=UTC)
    moscow = timezone(timedelta(hours=3))
    with pytest.raises(InvalidQueryError, match="account_zone") as refused:
        select(sent_from=noon, sent_to=noon)
    assert refused.value.field == "sent_from"
    assert select(sent_from=noon, sent_to=TO, zone=moscow)[0] == (
        "dateTimeFrom",
        "2023-02-12 15:00:00",
    )


@pytest.mark.parametrize("time", [FROM.date(), "2023-02-12", 0, FROM.replace(microsecond=1)])
def test_times_are_whole_seconds(time: Any) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        select(sent_from=FROM, sent_to=time)
    assert refused.value.field == "sent_to"


def test_t19_ids_are_written_as_the_text_they_are() -> None:
    ids = ["234567865432456787634", "0042", "dwY4BSnjQ2X", "3379c731-337a"]
    assert [id for _, id in select(message_ids=ids)] == ids


@given(ids=st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), min_size=1))
def test_t16_each_id_has_the_name_before_it(ids: list[str]) -> None:
    assert select(message_ids=(id for id in ids)) == tuple(("messageIds", id) for id in ids)


@pytest.mark.parametrize(
    "ids", [[], (), iter([]), "3482512350952730368", b"1", 5, [5], [""], [None], ["\ud800"]]
)
def test_what_is_no_list_of_ids_is_refused(ids: Any) -> None:
    with pytest.raises(InvalidQueryError, match=r"^message_ids must") as refused:
        select(message_ids=ids)
    assert refused.value.field == "message_ids"


@pytest.mark.parametrize("id", ["", "seven", "7.0", -7, 7.5, True, "٧", "7" * 41], ids=repr)
def test_t20_ids_of_tasks_and_triggers_are_digits(id: Any) -> None:
    assert select(task_id=8742, trigger_id="2312") == (("taskId", "8742"), ("triggerId", "2312"))
    for name in ("task_id", "trigger_id"):
        with pytest.raises(InvalidQueryError, match="digits") as refused:
            select(**{"task_id": "1", "trigger_id": "2", name: id})
        assert refused.value.field == name


def test_a_selection_holds_what_an_iterator_gave_once() -> None:
    selection = Selection(message_ids=iter(["1", "2"]))
    assert selection.query(None) == selection.query(None) == ALLOWED["message_ids",]
    assert hash(selection) == hash(Selection(message_ids=("1", "2")))


def test_orders_and_groups_are_the_vendors_words() -> None:
    assert [order.value for order in SortOrder] == ["ASC", "DESC"]
    assert [group.value for group in GroupBy] == ["NONE", "YEAR", "MONTH", "WEEK", "DAY", "HOUR"]
