"""Which task messages of a shape can go by, decided from what Devino tells of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from devino_async.omni import Task, TriggerInfo
from devino_async.routes.scenario_shape import Shape, Step
from devino_async.routes.scenario_task import called, end_of, is_told, lasts, misfit, standstill
from omni_common.message import Channel
from tests.devino.conftest import NOW
from tests.devino.scenario_account import FIVE_MINUTES

DAY = timedelta(days=1)
TODAY = datetime(2027, 1, 1, 9)  # noqa: DTZ001 - the account's wall clock

SHAPE = Shape([Step(Channel.VIBER, {"text"}, FIVE_MINUTES), Step(Channel.SMS, {"text"})])


def trigger(channel: str | None, id: str | None = "1", **fields: Any) -> TriggerInfo:
    return TriggerInfo(channel=channel, trigger_id=id, **{"end_time": TODAY, **fields})


def test_t20_ids_are_compared_as_numbers() -> None:
    tasks = [
        Task(id=id, task_name="x", state="NEW")
        for id in ("10", "9", "x", "", "100", "٣", "9" * 5000, "0")
    ]
    assert [task.id for task in called("x", [*tasks, Task(task_name="x", state="NEW")])] == [
        "9",
        "10",
        "100",
    ]


@pytest.mark.parametrize("state", [None, "DRAFT", "STOPPED", "STOPPED_BALANCE_BLOCKED", "started"])
def test_t54_a_task_in_any_other_state_is_not_used(state: str | None) -> None:
    task = Task(
        id="1", task_name="x", state=state, triggers_info=(trigger("VIBER"), trigger("SMS"))
    )
    assert called("x", [task]) == []
    assert "neither NEW nor STARTED" in (standstill(task) or "")


@pytest.mark.parametrize(
    ("triggers", "fits"),
    [
        ([trigger("VIBER"), trigger("SMS")], True),
        ([trigger("SMS"), trigger("VIBER")], True),
        ([trigger("VIBER", type="TRAN_API_SOURCE"), trigger("SMS", type="X")], True),
        ([trigger("VIBER", type="NO_EVENT_SOURCE"), trigger("SMS", type="TRAN_API_SOURCE")], False),
        ([trigger("VIBER"), trigger("SMS"), trigger("SMS")], False),
        ([trigger("VIBER"), trigger("SMS"), trigger("EMAIL")], False),
        ([trigger("viber"), trigger("sms")], False),
        ([trigger("VIBER"), trigger(None)], False),
        ([trigger("VIBER"), trigger("SMS", None)], False),
        ([trigger("VIBER"), trigger("SMS", " ")], False),
        ([], False),
    ],
)
def test_t73_a_task_fits_by_the_channels_of_its_triggers_alone(
    triggers: list[TriggerInfo], *, fits: bool
) -> None:
    task = Task(id="1", state="STARTED", triggers_info=tuple(triggers))
    assert (misfit(task, SHAPE) is None) is fits


def test_an_end_is_the_first_of_all_and_must_be_told() -> None:
    early, late = trigger("SMS", end_time=TODAY), trigger("SMS", end_time=TODAY + DAY)
    assert end_of([late, early]) == TODAY
    assert end_of([late, trigger("SMS", end_time=None)]) is None
    assert end_of([]) is None
    zoned = trigger("SMS", end_time=NOW)
    assert end_of([zoned]) == TODAY


def test_t30_two_days_cover_every_zone() -> None:
    assert lasts(TODAY + 2 * DAY + timedelta(seconds=1), NOW)
    assert not lasts(TODAY + 2 * DAY, NOW)
    assert not lasts(None, NOW)


@pytest.mark.parametrize(
    ("triggers", "told"),
    [
        ([trigger("SMS")], True),
        ([], False),
        ([trigger("SMS"), trigger(None)], False),
        ([trigger("SMS", None)], False),
        ([trigger("SMS", end_time=None)], False),
    ],
)
def test_a_list_may_leave_out_what_must_be_known(
    triggers: list[TriggerInfo], *, told: bool
) -> None:
    assert is_told(Task(id="1", triggers_info=tuple(triggers))) is told
