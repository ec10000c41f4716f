"""Creating a task: what is asked, what is refused before HTTP, and what the answer proves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from devino_async.omni import (
    AddressBookSource,
    AddressBookSourceType,
    EventCollectorSettings,
    EventSource,
    EventValue,
    GeoSettings,
    NewTask,
    NoEventSourceSettings,
    OmniChannel,
    Period,
    SmsTemplate,
    TaskInfo,
    TaskType,
    Trigger,
    TriggerType,
    ViberTemplate,
    create_task_request,
)
from omni_common.converter import loads
from omni_common.errors import InvalidMessageError
from omni_common.exchange import Operation

SMS = SmsTemplate(sender="TEST", text="We have new shop!", validity=timedelta(minutes=10))
VIBER = ViberTemplate(sender="TEST", text="We have new shop!")
MINUTE = NoEventSourceSettings(state_wait_max_time=timedelta(minutes=1))
DELIVERED = EventSource(channel=OmniChannel.VIBER, event_value=EventValue.DELIVERED)
ELEVEN = datetime(2020, 6, 2, 11)  # noqa: DTZ001 - the account's wall clock
MOSCOW = timezone(timedelta(hours=3))


def first(**fields: Any) -> Trigger:
    usual = {"index": 0, "type": TriggerType.TRAN_API_SOURCE, "template": VIBER}
    return Trigger(**{**usual, **fields})


def second(**fields: Any) -> Trigger:
    """An SMS unless the Viber message is delivered within a minute."""
    usual = {
        "index": 1,
        "parent_index": 0,
        "type": TriggerType.NO_EVENT_SOURCE,
        "event_sources": [DELIVERED],
        "no_event_source_settings": MINUTE,
        "template": SMS,
    }
    return Trigger(**{**usual, **fields})


def task(*triggers: Trigger, **fields: Any) -> NewTask:
    usual = {"task_name": "Codes", "type": TaskType.API, "channel": OmniChannel.OMNI}
    return NewTask(**{**usual, "triggers": triggers or (first(), second()), **fields})


def to_lists(**fields: Any) -> NewTask:
    """A task that writes to contact lists."""
    usual: dict[str, Any] = {
        "type": TaskType.SIMPLE,
        "channel": OmniChannel.SMS,
        "address_book_source": AddressBookSource(contact_group_ids=["111"]),
    }
    return task(first(type=TriggerType.ADDRESS_BOOK_SOURCE, template=SMS), **{**usual, **fields})


def body_of(new: NewTask, **settings: Any) -> Any:
    body = create_task_request(new, **settings).body
    assert body is not None
    return loads(body)


# --- The request ----------------------------------------------------------------------------------


def test_creating_a_task_is_a_post_that_is_never_repeated() -> None:
    request = create_task_request(task())
    assert (request.method, request.target) == ("POST", "/omni-task-api/tasks")
    assert request.operation is Operation.SEND


@pytest.mark.parametrize("wrong", [None, {"taskName": "x"}, "task"])
def test_what_is_no_task_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        create_task_request(wrong)
    assert refused.value.field == "task"


def test_t12_t22_a_task_for_lists_is_the_documented_one() -> None:
    new = NewTask(
        task_name="NEW_SMS",
        type=TaskType.SIMPLE,
        channel=OmniChannel.SMS,
        address_book_source=AddressBookSource(contact_group_ids=[111], period=Period.ONCE),
        triggers=[
            Trigger(
                index=321,
                type=TriggerType.ADDRESS_BOOK_SOURCE,
                start_time=ELEVEN,
                end_time=ELEVEN + timedelta(hours=1),
                event_sources=[EventSource(channel="SMS", event_value="delivered")],
                template=SMS,
            )
        ],
    )
    assert body_of(new) == {
        "taskName": "NEW_SMS",
        "type": "SIMPLE",
        "channel": "SMS",
        "addressBookSource": {
            "addressBookSourceType": "SIMPLE",
            "contactGroupIds": [111],
            "period": "ONCE",
        },
        "triggers": [
            {
                "index": 321,
                "startTime": "2020-06-02 11:00:00",
                "endTime": "2020-06-02 12:00:00",
                "type": "ADDRESS_BOOK_SOURCE",
                "channel": "SMS",
                "eventSources": [
                    {"channel": "SMS", "eventType": "STATE", "eventValue": "delivered"}
                ],
                "template": {
                    "smsTemplate": {"from": "TEST", "text": "We have new shop!", "validity": 600}
                },
            }
        ],
    }


def test_t76_a_cascade_is_built_from_the_tables() -> None:
    assert body_of(task())["triggers"] == [
        {
            "index": 0,
            "type": "TRAN_API_SOURCE",
            "channel": "VIBER",
            "template": {"viberTemplate": {"from": "TEST", "text": "We have new shop!"}},
        },
        {
            "index": 1,
            "parentIndex": 0,
            "type": "NO_EVENT_SOURCE",
            "channel": "SMS",
            "eventSources": [{"channel": "VIBER", "eventType": "STATE", "eventValue": "delivered"}],
            "noEventSourceSettings": {"stateWaitMaxTimeSec": 60},
            "template": {
                "smsTemplate": {"from": "TEST", "text": "We have new shop!", "validity": 600}
            },
        },
    ]


def test_t20_ids_of_lists_go_out_as_whole_numbers_to_the_last_digit() -> None:
    source = AddressBookSource(
        segment_ids=["3576515602081985001", 7],
        stop_contact_group_ids=["234567865432456787634"],
        contact_count_id="12",
    )
    written = body_of(to_lists(address_book_source=source, draft_id="99"))
    assert written["draftId"] == 99
    assert written["addressBookSource"] == {
        "addressBookSourceType": "SIMPLE",
        "segmentIds": [3576515602081985001, 7],
        "stopContactGroupIds": [234567865432456787634],
        "contactCountId": 12,
    }


def test_an_address_book_source_says_all_that_it_was_given() -> None:
    source = AddressBookSource(
        address_book_source_type=AddressBookSourceType.PERIODIC,
        contact_group_ids=["111"],
        by_time_zone=True,
        by_optimal_send_time=False,
        check_duplicate=True,
        period=Period.WEEKLY,
        smooth_send=timedelta(minutes=1440),
        extra={"addedLater": 1},
    )
    new = to_lists(type=TaskType.PERIODIC, address_book_source=source)
    assert body_of(new)["addressBookSource"] == {
        "addressBookSourceType": "PERIODIC",
        "contactGroupIds": [111],
        "byTimeZone": True,
        "byOptimalSendTime": False,
        "checkDuplicate": True,
        "period": "WEEKLY",
        "smoothSendMinutes": 1440,
        "addedLater": 1,
    }


def test_t74_what_only_the_later_page_has_is_written_too() -> None:
    events = [{"eventType": "CONTACT_WEB_EVENT", "eventValue": "cart"}]
    collector = first(
        type=TriggerType.EVENT_COLLECTOR,
        event_collector_settings=EventCollectorSettings(
            max_new_register=timedelta(hours=1), only_update_event_sources=events
        ),
    )
    place = first(
        index=1,
        type=TriggerType.GEO_LOCATION,
        geo_settings=GeoSettings(
            anti_fraud=timedelta(hours=2), location_ids=["5"], push_application_ids=[6]
        ),
    )
    new = task(
        collector,
        place,
        type=TaskType.EVENT_FLOW,
        task_info=TaskInfo(scenario_type="CART"),
        extra={"addedLater": True},
    )
    written = body_of(new)
    assert (written["taskInfo"], written["addedLater"]) == ({"scenarioType": "CART"}, True)
    assert written["triggers"][0]["eventCollectorSettings"] == {
        "maxNewRegisterSec": 3600,
        "onlyUpdateEventSources": events,
    }
    assert written["triggers"][1]["geoSettings"] == {
        "antiFraudMins": 120,
        "locationIds": [5],
        "pushApplicationIds": [6],
    }


@pytest.mark.parametrize("value", [True, False, "CART", ["CART"], {"a": 1}, 0], ids=repr)
def test_t74_what_only_has_a_name_is_passed_on_as_it_is(value: Any) -> None:
    settings = EventCollectorSettings(only_update_event_sources=value)
    collector = first(type=TriggerType.EVENT_COLLECTOR, event_collector_settings=settings)
    [trigger] = body_of(task(collector, type=TaskType.EVENT_FLOW))["triggers"]
    written = trigger["eventCollectorSettings"]["onlyUpdateEventSources"]
    assert (written, type(written)) == (value, type(value))


def test_t54_words_that_are_not_known_go_out_as_they_are() -> None:
    new = task(
        first(type="MOON_PHASE", channel="PIGEON", template={"pigeonTemplate": {}}),
        type="LUNAR",
        channel="PIGEON",
    )
    written = body_of(new)
    assert (written["type"], written["channel"]) == ("LUNAR", "PIGEON")
    trigger = {"index": 0, "type": "MOON_PHASE", "channel": "PIGEON"}
    assert written["triggers"] == [{**trigger, "template": {"pigeonTemplate": {}}}]


def test_t30_a_time_with_a_zone_needs_the_accounts() -> None:
    at = datetime(2027, 1, 1, 9, tzinfo=UTC)
    new = task(first(start_time=at, end_time=ELEVEN))
    [trigger] = body_of(new, zone=MOSCOW)["triggers"]
    assert (trigger["startTime"], trigger["endTime"]) == (
        "2027-01-01 12:00:00",
        "2020-06-02 11:00:00",
    )
    with pytest.raises(InvalidMessageError, match="account_zone") as refused:
        create_task_request(new)
    assert refused.value.field == "start_time"


def test_a_time_with_fractions_of_a_second_is_refused() -> None:
    new = task(first(end_time=ELEVEN.replace(microsecond=1)))
    with pytest.raises(InvalidMessageError, match="whole seconds") as refused:
        create_task_request(new)
    assert refused.value.field == "end_time"


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "field", "values"),
    [
        (task, "task_name", ["", None, 5, "x" * 101, "two\nlines", "half \ud83d"]),
        (task, "type", ["", None, 5]),
        (task, "channel", ["", None, 5]),
        (task, "triggers", [None, [], first(), [None], "text", [{"index": 0}]]),
        (task, "draft_id", ["x", "", -1, True]),
        (task, "task_info", [{"scenarioType": "CART"}]),
        (task, "extra", ["text", {"a": {1}}]),
        (to_lists, "address_book_source", ["SIMPLE", {"contactGroupIds": [1]}]),
        (first, "index", [None, -1, "0", True, 1.0]),
        (first, "type", ["", None, 5]),
        (first, "channel", ["", 5, "SMS"]),
        (first, "template", [None, "text", {}, {"a": {}, "b": {}}, {"a": {1}}, object()]),
        (second, "parent_index", [-1, "0", True]),
        (second, "event_sources", [None, "text", ["delivered"], DELIVERED]),
        (second, "no_event_source_settings", [60, timedelta(minutes=1)]),
        (first, "start_time", ["2020-06-02 11:00:00", ELEVEN.date()]),
        (first, "end_time", [5]),
        (first, "geo_settings", [{}]),
        (first, "event_collector_settings", [{}]),
        (EventCollectorSettings, "only_update_event_sources", [object(), {1, 2}, [b"CART"]]),
        (AddressBookSource, "contact_group_ids", [None, "111", 111, ["x"], [""], [None], [True]]),
        (AddressBookSource, "smooth_send", [60, timedelta(seconds=90), timedelta(minutes=1441)]),
        (AddressBookSource, "by_time_zone", [1, "true"]),
        (AddressBookSource, "period", ["", 5]),
        (EventSource, "channel", [None, ""]),
        (NoEventSourceSettings, "state_wait_max_time", [60, timedelta(), timedelta(seconds=0.5)]),
        (GeoSettings, "anti_fraud", [60, timedelta(seconds=1)]),
        (TaskInfo, "scenario_type", [None, ""]),
    ],
)
def test_what_is_malformed_is_refused_by_the_fields_name(
    make: Any, field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            make(**{field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")
        assert len(str(refused.value)) < 200


CONTRADICTIONS: dict[str, tuple[Callable[[], object], str]] = {
    "one index twice": (lambda: task(first(), second(index=0)), "index"),
    "no such parent": (lambda: task(first(), second(parent_index=7)), "parent_index"),
    "its own parent": (lambda: task(first(), second(parent_index=1)), "parent_index"),
    "a wait without a parent": (lambda: second(parent_index=None), "parent_index"),
    "an event without a parent": (
        lambda: second(type=TriggerType.EVENT_SOURCE, parent_index=None),
        "parent_index",
    ),
    "no event to wait for": (
        lambda: second(type=TriggerType.EVENT_SOURCE, event_sources=[]),
        "event_sources",
    ),
    "a wait without an end": (
        lambda: second(no_event_source_settings=None),
        "no_event_source_settings",
    ),
    "no channel": (lambda: first(template={"voiceTemplate": {}}), "channel"),
    "a state without a word": (lambda: EventSource(channel=OmniChannel.SMS), "event_value"),
    "an API task that begins elsewhere": (lambda: task(second(), first()), "triggers"),
    "an API task with lists": (lambda: to_lists(type=TaskType.API), "address_book_source"),
    "a periodic task without a period": (lambda: to_lists(type=TaskType.PERIODIC), "period"),
    "lists and segments": (
        lambda: AddressBookSource(contact_group_ids=[1], segment_ids=[2]),
        "segment_ids",
    ),
}


@pytest.mark.parametrize(("make", "field"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_what_contradicts_the_tables_is_refused(make: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        make()
    assert refused.value.field == field


def test_an_event_has_to_be_the_parents() -> None:
    other = EventSource(channel=OmniChannel.SMS, event_value=EventValue.DELIVERED)
    with pytest.raises(InvalidMessageError, match="parent trigger") as refused:
        task(first(), second(event_sources=[other]))
    assert refused.value.field == "event_sources"


def test_what_changed_after_it_was_checked_is_refused() -> None:
    inner: dict[str, Any] = {"deep": 1}
    new = task(extra={"addedLater": inner})
    inner["deep"] = {1, 2}
    with pytest.raises(InvalidMessageError, match="cannot be written as JSON"):
        create_task_request(new)


def test_a_task_shows_nothing_of_what_it_sends() -> None:
    secret = {"canary": "canary"}
    voice = first(index=2, channel="VOICE", template={"voiceTemplate": secret}, extra=secret)
    sms = second(template=SmsTemplate(sender="TEST", text="canary"))
    shown = repr(task(first(), sms, voice, extra=secret))
    assert "canary" not in shown
    assert "<voiceTemplate>" in shown
