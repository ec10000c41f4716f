"""Tasks that exist: what is asked, as it stands on the wire, and what the answers say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from devino_async.omni import (
    OmniChannel,
    Task,
    TaskMacros,
    TaskOrder,
    TaskState,
    TaskType,
    macros_request,
    read_macros,
    read_task,
    read_tasks,
    task_request,
    tasks_request,
)
from omni_common.errors import InvalidQueryError
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Request
from tests.devino.answering import ANY_JSON, STATUSES, answer, reason

ELEVEN = datetime(2020, 6, 2, 11)  # noqa: DTZ001 - the account's wall clock
MOSCOW = timezone(timedelta(hours=3))

# The vendor's own examples: a task, and the list with it.
TRIGGER = {
    "triggerId": "511",
    "taskId": "7003",
    "userId": 22,
    "companyId": 50,
    "officeId": 1,
    "startTime": "2020-06-02 11:00:00",
    "endTime": "2020-06-02 12:00:00",
    "state": "NEW",
    "type": "ADDRESS_BOOK_SOURCE",
    "channel": "SMS",
    "counters": {"totalCount": 1, "successCount": 0, "errorCount": 0},
    "externalId": "CAEF899C-C583-4DA4-B06D-8D364E6E14DE",
}
TASK = {
    "id": "7003",
    "taskName": "NEW_SMS",
    "userId": 22,
    "companyId": 50,
    "officeId": 1,
    "creationDate": "2020-06-02 07:59:08",
    "type": "SIMPLE",
    "channel": "SMS",
    "state": "NEW",
    "triggersInfo": [TRIGGER],
}


def target(**filters: Any) -> str:
    """What the filters add to the address of the list."""
    return tasks_request(count=10, **filters).target.removeprefix(
        "/omni-task-api/tasks?ascending=true&count=10&offset=0&orderBy=ID"
    )


def only_asks(request: Request) -> bool:
    return (request.method, request.operation, request.body) == ("GET", Operation.READ, None)


# --- One task -------------------------------------------------------------------------------------


@pytest.mark.parametrize("task_id", ["7003", 7003], ids=repr)
def test_t15_a_task_is_asked_for_by_its_address(task_id: str | int) -> None:
    request = task_request(task_id)
    assert request.target == "/omni-task-api/tasks/7003"
    assert only_asks(request)


@pytest.mark.parametrize(
    "task_id", [None, "", "..", "7003/", "%2e", "٣", -1, 1.5, True, b"1", 10**40]
)
def test_what_cannot_be_a_task_is_not_asked_for(task_id: Any) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        task_request(task_id)
    assert refused.value.field == "task_id"


def test_t21_t22_a_task_is_read() -> None:
    task = read_task(answer({"result": TASK}))
    assert isinstance(task, Task)
    assert (task.id, task.task_name, task.user_id, task.company_id, task.office_id) == (
        "7003",
        "NEW_SMS",
        "22",
        "50",
        "1",
    )
    assert task.creation_date == datetime(2020, 6, 2, 7, 59, 8)  # noqa: DTZ001
    assert (task.type, task.channel, task.state, task.is_final) == ("SIMPLE", "SMS", "NEW", False)
    assert task.raw == TASK
    [trigger] = task.triggers_info
    assert (trigger.trigger_id, trigger.task_id) == ("511", "7003")
    assert (trigger.start_time, trigger.end_time) == (ELEVEN, ELEVEN + timedelta(hours=1))
    assert (trigger.state, trigger.type, trigger.channel) == ("NEW", "ADDRESS_BOOK_SOURCE", "SMS")
    assert trigger.external_id == "CAEF899C-C583-4DA4-B06D-8D364E6E14DE"
    assert trigger.parent_trigger_id is None
    assert trigger.counters is not None
    counters = trigger.counters
    assert (counters.total_count, counters.success_count, counters.error_count) == (1, 0, 0)


def test_t18_t21_numbers_and_text_are_the_same_id_to_the_last_digit() -> None:
    huge = 3701172084729885953
    given_task = {"id": huge, "triggersInfo": [{"triggerId": huge, "parentTriggerId": 211}]}
    task = read_task(answer({"result": given_task}))
    assert isinstance(task, Task)
    assert (task.id, task.triggers_info[0].trigger_id) == (str(huge), str(huge))
    assert task.triggers_info[0].parent_trigger_id == "211"


@pytest.mark.parametrize(
    ("state", "is_final"),
    [
        *((state, state.is_final) for state in TaskState),
        ("PAUSED", False),
        (None, False),
        (5, False),
    ],
)
def test_t54_a_state_may_be_a_word_that_is_not_known(state: Any, is_final: bool) -> None:  # noqa: FBT001
    task = read_task(answer({"result": TASK | {"state": state}}))
    assert isinstance(task, Task)
    assert task.is_final is is_final
    assert {str(each) for each in TaskState if each.is_final} == {
        "FINISHED",
        "FAILED",
        "DELETED_FINISHED",
        "DELETED_DRAFT",
    }


def test_odd_values_cost_nothing_but_themselves() -> None:
    odd = {"id": 7, "taskName": 5, "creationDate": "yesterday", "triggersInfo": [None, "x", {}]}
    task = read_task(answer({"result": odd}))
    assert isinstance(task, Task)
    assert (task.id, task.task_name, task.creation_date) == ("7", "5", None)
    assert len(task.triggers_info) == 1
    odder = read_task(answer({"result": {"id": "7", "triggersInfo": {"triggerId": 1}}}))
    assert isinstance(odder, Task)
    assert odder.triggers_info == ()


@pytest.mark.parametrize(
    "given_answer",
    [
        Answer(404, b""),
        Answer(404, b"<html>"),
        answer({"result": None}, 404),
        answer({"result": None}),
    ],
    ids=["404", "404 in HTML", "404 in JSON", "null"],
)
def test_a_task_that_there_is_not_is_said_so(given_answer: Answer) -> None:
    read = read_task(given_answer)
    assert isinstance(read, Failure)
    assert (read.kind, read.detail) == (FailureKind.REFUSED, "it does not know the task")


@pytest.mark.parametrize("status", [200, 400, 404])
def test_a_refusal_of_a_question_says_why(status: int) -> None:
    body = {"result": None, "reasons": [reason("forbidden")]}
    read = read_task(answer(body, status))
    assert isinstance(read, Failure)
    assert (read.kind, read.vendor_code) == (FailureKind.FORBIDDEN, "forbidden")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"result":{}}', b'{"result":[]}'])
@pytest.mark.parametrize("status", [200, 500])
def test_what_is_no_task_is_left_to_the_status(body: bytes, status: int) -> None:
    assert read_task(Answer(status, body)) is None


# --- The list -------------------------------------------------------------------------------------


def test_t14_t15_the_list_is_asked_for_as_documented() -> None:
    request = tasks_request(count=10)
    assert request.target == "/omni-task-api/tasks?ascending=true&count=10&offset=0&orderBy=ID"
    assert only_asks(request)
    other = tasks_request(
        count=1, offset=20, order_by=TaskOrder.CREATION_DATE, ascending=False
    ).target
    assert other == ("/omni-task-api/tasks?ascending=false&count=1&offset=20&orderBy=CREATION_DATE")


@pytest.mark.parametrize(
    ("filters", "written"),
    [
        ({"channel": OmniChannel.PUSH_WALLET}, "&channel=PUSH_WALLET"),
        ({"channel": "PIGEON"}, "&channel=PIGEON"),
        ({"name": "A & B+C"}, "&name=A+%26+B%2BC"),
        ({"types": [TaskType.SIMPLE, "API"]}, "&types=SIMPLE&types=API"),
        ({"types": "API"}, "&types=API"),
        (
            {"included_states": (TaskState.NEW, TaskState.STOPPED_BALANCE_BLOCKED)},
            "&includedStates=NEW&includedStates=STOPPED_BALANCE_BLOCKED",
        ),
        ({"excluded_states": {"DRAFT"}}, "&excludedStates=DRAFT"),
        ({"created_date_from": ELEVEN}, "&createdDateFrom=2020-06-02+11%3A00%3A00"),
        ({"created_date_to": ELEVEN}, "&createdDateTo=2020-06-02+11%3A00%3A00"),
        ({"start_date_from": ELEVEN}, "&startDateFrom=2020-06-02+11%3A00%3A00"),
        ({"start_date_to": ELEVEN}, "&startDateTo=2020-06-02+11%3A00%3A00"),
        ({"end_date_from": ELEVEN}, "&endDateFrom=2020-06-02+11%3A00%3A00"),
        ({"end_date_to": ELEVEN}, "&endDateTo=2020-06-02+11%3A00%3A00"),
        (
            {"end_date_to": datetime(2020, 6, 2, 8, tzinfo=UTC), "zone": MOSCOW},
            "&endDateTo=2020-06-02+11%3A00%3A00",
        ),
    ],
    ids=repr,
)
def test_t16_t32_filters_are_written_after_the_page(filters: dict[str, Any], written: str) -> None:
    assert target(**filters) == written


def test_filters_may_be_combined() -> None:
    written = target(types=["API"], name="Codes", channel="OMNI", created_date_to=ELEVEN)
    assert written == "&channel=OMNI&name=Codes&types=API&createdDateTo=2020-06-02+11%3A00%3A00"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("count", [0, -1, "10", True, 1.5]),
        ("offset", [-1, "0", True]),
        ("order_by", ["", 5, "\ud800"]),
        ("ascending", [1, "true"]),
        ("channel", ["", 5]),
        ("name", ["", 5, "\ud800"]),
        ("types", [[], (), "", [""], [5], [None], 5, iter(["API"])]),
        ("included_states", [[], [""], 5]),
        ("excluded_states", [set(), 5]),
        ("created_date_from", ["2020-06-02", ELEVEN.date(), ELEVEN.replace(microsecond=1)]),
        ("end_date_to", [ELEVEN.replace(tzinfo=UTC)]),
    ],
)
def test_a_wrong_filter_is_refused_by_its_name(field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidQueryError) as refused:
            tasks_request(**{"count": 10, field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")


def test_a_filter_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="there is no filter limit, status"):
        tasks_request(count=1, limit=5, status="NEW")  # type: ignore[call-arg]


def test_the_list_is_read_as_it_came() -> None:
    read = read_tasks(answer({"result": [TASK, TASK | {"id": 7004}]}))
    assert isinstance(read, tuple)
    assert [task.id for task in read] == ["7003", "7004"]


@pytest.mark.parametrize("odd", [None, "x", [TASK]])
def test_a_list_that_holds_what_is_no_task_cannot_be_read(odd: Any) -> None:
    assert isinstance(read_tasks(answer({"result": [TASK, odd]})), Failure)


@pytest.mark.parametrize("body", [{"result": []}, {"result": None}])
def test_a_page_past_the_end_is_empty(body: Any) -> None:
    assert read_tasks(answer(body)) == ()


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"result":{}}'])
def test_what_is_no_list_is_left_to_the_status(body: bytes) -> None:
    assert read_tasks(Answer(200, body)) is None


def test_a_refused_list_is_no_empty_one() -> None:
    read = read_tasks(answer({"result": None, "reasons": [reason("forbidden")]}))
    assert isinstance(read, Failure)
    assert read.kind is FailureKind.FORBIDDEN


# --- Macros ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ({}, ""),
        ({"task_states": [TaskState.FINISHED]}, "?taskStates=FINISHED"),
        ({"task_ids": ["7003", 7004]}, "?taskIds=7003&taskIds=7004"),
        (
            {"task_ids": {"7003"}, "task_states": ["NEW", TaskState.STOPPED_NOT_WORKING_TIME]},
            "?taskIds=7003&taskStates=NEW&taskStates=STOPPED_NOT_WORKING_TIME",
        ),
    ],
)
def test_t15_t16_macros_are_asked_for_in_the_address(asked: dict[str, Any], written: str) -> None:
    request = macros_request(**asked)
    assert request.target == "/omni-task-api/macros" + written
    assert only_asks(request)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("task_ids", [[], "7003", 7003, ["x"], [None], [True], [-1], b"7", {"7": 1}, iter("7")]),
        ("task_states", [[], [""], [None], 5, b"NEW", iter(["NEW"])]),
    ],
)
def test_a_wrong_question_for_macros_is_refused(field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidQueryError) as refused:
            macros_request(**{field: value})
        assert refused.value.field == field


def test_macros_are_read() -> None:
    body = {"result": [{"task": TASK | {"id": "7004"}, "macros": ["Unsubscribe", "WebVersion"]}]}
    read = read_macros(answer(body))
    assert isinstance(read, tuple)
    [found] = read
    assert found.task is not None
    assert (found.task.id, found.macros) == ("7004", ("Unsubscribe", "WebVersion"))
    odd = read_macros(answer({"result": [{"task": "7004", "macros": ["a", None, {}]}]}))
    assert isinstance(odd, tuple)
    assert (odd[0].task, odd[0].macros) == (None, ("a",))


# --- Laws -----------------------------------------------------------------------------------------


@given(body=st.binary() | st.text().map(str.encode), status=STATUSES)
def test_no_bytes_break_a_reader(body: bytes, status: int) -> None:
    for read in (read_task, read_tasks, read_macros):
        read(Answer(status, body))


_KEYS = st.sampled_from([*TASK, *TRIGGER, "task", "macros"])
_ODD = st.dictionaries(_KEYS, ANY_JSON, max_size=6)


@example(result={"id": ""}, status=200)
@given(result=_ODD | ANY_JSON, status=STATUSES)
def test_any_json_is_a_task_or_none(result: Any, status: int) -> None:
    one = read_task(answer({"result": result}, status))
    assert isinstance(one, Task | Failure | None)
    if isinstance(one, Task):
        assert one.id
        assert one.raw == result
    for reader, kind in ((read_tasks, Task), (read_macros, TaskMacros)):
        several = reader(answer({"result": [result]}, status))
        if isinstance(result, dict):
            assert isinstance(several, tuple)
            assert [type(each) for each in several] == [kind]
        else:
            assert isinstance(several, Failure)
