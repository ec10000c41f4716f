"""The contract sheet's examples of tasks that exist (A11 and A12), asked for and read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from devino_async.omni import (
    OmniChannel,
    Task,
    TaskCounters,
    TaskFilters,
    TaskMacros,
    TaskOrder,
    TaskState,
    TaskType,
    TriggerInfo,
    macros_request,
    read_macros,
    read_task,
    read_tasks,
    task_request,
    tasks_request,
)
from omni_common.exchange import Operation, Request
from tests.devino.answering import answer

clock = datetime.fromisoformat

TRIGGER: dict[str, Any] = {
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
TASK: dict[str, Any] = {
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
READ_TRIGGER = TriggerInfo(
    trigger_id="511",
    task_id="7003",
    user_id="22",
    company_id="50",
    office_id="1",
    start_time=clock("2020-06-02 11:00:00"),
    end_time=clock("2020-06-02 12:00:00"),
    state="NEW",
    type="ADDRESS_BOOK_SOURCE",
    channel="SMS",
    counters=TaskCounters(total_count=1, success_count=0, error_count=0, raw=TRIGGER["counters"]),
    external_id="CAEF899C-C583-4DA4-B06D-8D364E6E14DE",
    raw=TRIGGER,
)
READ_TASK = Task(
    id="7003",
    task_name="NEW_SMS",
    user_id="22",
    company_id="50",
    office_id="1",
    creation_date=clock("2020-06-02 07:59:08"),
    type="SIMPLE",
    channel="SMS",
    state="NEW",
    triggers_info=(READ_TRIGGER,),
    raw=TASK,
)


def asks(request: Request, target: str) -> bool:
    said = (request.method, request.target, request.operation, request.body)
    return said == ("GET", target, Operation.READ, None)


# --- A11: one task --------------------------------------------------------------------------------


def test_a11_t15_t21_t22_a_task_is_asked_for_and_read() -> None:
    assert asks(task_request("7003"), "/omni-task-api/tasks/7003")
    assert read_task(answer({"result": TASK})) == READ_TASK


# --- A12: the list, and macros --------------------------------------------------------------------


def test_a12_t14_t15_the_list_is_asked_for() -> None:
    request = tasks_request(count=10, offset=0, order_by=TaskOrder.ID, ascending=True)

    assert asks(request, "/omni-task-api/tasks?ascending=true&count=10&offset=0&orderBy=ID")


def test_a12_t16_every_optional_parameter_is_written_under_the_vendors_name() -> None:
    filters = TaskFilters(
        channel=OmniChannel.SMS,
        name="NEW",
        types=[TaskType.SIMPLE, TaskType.API],
        included_states=[TaskState.NEW, TaskState.STOPPED_BALANCE_BLOCKED],
        excluded_states=[TaskState.DRAFT],
        created_date_from=clock("2020-06-01 00:00:00"),
        created_date_to=clock("2020-06-02 00:00:00"),
        start_date_from=clock("2020-06-03 00:00:00"),
        start_date_to=clock("2020-06-04 00:00:00"),
        end_date_from=clock("2020-06-05 00:00:00"),
        end_date_to=clock("2020-06-06 00:00:00"),
    )
    request = tasks_request(
        count=10, offset=5, order_by=TaskOrder.CREATION_DATE, ascending=False, **filters
    )

    assert set(request.query) == {
        ("ascending", "false"),
        ("count", "10"),
        ("offset", "5"),
        ("orderBy", "CREATION_DATE"),
        ("channel", "SMS"),
        ("name", "NEW"),
        ("types", "SIMPLE"),
        ("types", "API"),
        ("includedStates", "NEW"),
        ("includedStates", "STOPPED_BALANCE_BLOCKED"),
        ("excludedStates", "DRAFT"),
        ("createdDateFrom", "2020-06-01 00:00:00"),
        ("createdDateTo", "2020-06-02 00:00:00"),
        ("startDateFrom", "2020-06-03 00:00:00"),
        ("startDateTo", "2020-06-04 00:00:00"),
        ("endDateFrom", "2020-06-05 00:00:00"),
        ("endDateTo", "2020-06-06 00:00:00"),
    }
    assert "startDateFrom=2020-06-03+00%3A00%3A00" in request.target


def test_a12_the_list_is_read() -> None:
    trigger = TRIGGER | {"parentTriggerId": "211"}
    task = TASK | {"triggersInfo": [trigger]}
    read = evolve(
        READ_TASK,
        triggers_info=(evolve(READ_TRIGGER, parent_trigger_id="211", raw=trigger),),
        raw=task,
    )

    assert read_tasks(answer({"result": [task]})) == (read,)


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ({"task_states": [TaskState.FINISHED]}, "?taskStates=FINISHED"),
        (
            {"task_ids": ["7004", 7005], "task_states": ["STOPPED_NOT_WORKING_TIME"]},
            "?taskIds=7004&taskIds=7005&taskStates=STOPPED_NOT_WORKING_TIME",
        ),
        ({}, ""),
    ],
    ids=["example", "all", "none"],
)
def test_a12_t16_macros_are_asked_for(asked: Any, target: str) -> None:
    assert asks(macros_request(**asked), f"/omni-task-api/macros{target}")


def test_a12_macros_are_read() -> None:
    task = {"id": "7004", "taskName": "TRANSACTIONAL_CASCADE", "state": "FINISHED"}
    row = {"task": {**task, "triggersInfo": []}, "macros": ["Unsubscribe", "WebVersion"]}

    assert read_macros(answer({"result": [row]})) == (
        TaskMacros(
            task=Task(
                id="7004",
                task_name="TRANSACTIONAL_CASCADE",
                state="FINISHED",
                raw=row["task"],
            ),
            macros=("Unsubscribe", "WebVersion"),
            raw=row,
        ),
    )
