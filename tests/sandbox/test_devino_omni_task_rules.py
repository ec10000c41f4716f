"""Which tasks the emulated OMNI takes, and how it refuses the others, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.omni_behaviour import (
    MisspeltEvents,
    RefusedTask,
)
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, LOGIN, PASSWORD, Caller
from tests.support.devino_tasks import (
    EMAIL_TEMPLATE,
    SAMPLE,
    TASKS,
    WALLET_TEMPLATE,
    advance,
    api_task,
    behave,
    changed,
    create,
    created,
    fallback,
    follower,
    get,
    list_task,
    listed,
    read,
    sent,
    trigger,
)


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY, login=LOGIN, password=PASSWORD) as emulator:
        yield Caller(emulator, http)


async def refusal(devino: Caller, task: Any) -> tuple[str, str | None]:
    """The key of a task's refusal, and what is at fault."""
    answer = await create(devino, task)
    assert answer.status == 400, answer.body
    [reason] = answer.data["reasons"]
    return reason["key"], reason["ref"]


# What a task may hold


@pytest.mark.parametrize(
    "body",
    [
        SAMPLE,
        api_task(),
        api_task(channel="SMS"),
        api_task(trigger("EMAIL"), channel="EMAIL"),
        api_task(trigger("PUSH"), channel="PUSH"),
        api_task(trigger("VIBER"), channel="VIBER"),
        api_task(trigger("WHATSAPP", template={"whatsappTemplate": {"any": 1}})),
        api_task(taskName="x" * 100, draftId=5, taskInfo={"scenarioType": "EVENT"}),
        list_task(source={"byTimeZone": True, "checkDuplicate": True, "smoothSendMinutes": 1440}),
        list_task(source={"contactGroupIds": [], "segmentIds": [5], "stopContactGroupIds": [7]}),
        list_task(source={"byOptimalSendTime": False, "contactCountId": 1}),
        {**list_task(source={"period": "DAILY"}), "type": "PERIODIC"},
        {**list_task(source={"addressBookSourceType": "BIRTHDAY"}), "type": "BIRTHDAY"},
        api_task(
            trigger(
                type="EVENT_COLLECTOR",
                eventCollectorSettings={
                    "maxNewRegisterSec": 60,
                    "onlyUpdateEventSources": [{"eventType": "CONTACT_WEB_EVENT"}],
                },
            ),
            type="EVENT_FLOW",
        ),
        api_task(
            trigger(
                type="EVENT_COLLECTOR", eventCollectorSettings={"onlyUpdateEventSources": True}
            ),
            type="EVENT_FLOW",
        ),
        api_task(
            trigger(type="GEO_LOCATION", geoSettings={"antiFraudMins": 5, "locationIds": [1]}),
            type="GEO",
        ),
    ],
)
async def test_what_the_tables_allow_is_taken(devino: Caller, body: Any) -> None:
    assert (await read(devino, await created(devino, body)))["type"] == body["type"]


async def test_t74_times_can_be_left_out_where_the_later_page_is_right(devino: Caller) -> None:
    body = api_task()
    for name in ("startTime", "endTime"):
        body = changed(body, f"triggers.0.{name}", ...)
    assert await refusal(devino, body) == ("must.be.not.null", "triggers[0].startTime")
    behave(devino, times_required=False)
    advance(devino, 0.5)
    task_id = await created(devino, body)
    [shown] = (await read(devino, task_id))["triggersInfo"]
    assert (shown["startTime"], shown["endTime"]) == ("2027-01-01 09:00:00", None)
    for query, found in (
        ("&endDateFrom=2027-01-01+00:00:00", [task_id]),
        ("&endDateTo=2099-01-01+00:00:00", []),
    ):
        assert await listed(devino, query) == found
    advance(devino, 10**9)
    assert await sent(devino, task_id)
    assert (await read(devino, task_id))["state"] == "STARTED"


async def test_an_event_that_is_no_state_may_name_nothing_else(devino: Caller) -> None:
    first = trigger("VIBER")
    child = follower("SMS", 1, of=first, value="delivered")
    child["eventSources"] = [{"eventType": "CONTACT_WEB_EVENT"}]
    assert await created(devino, api_task(first, child))
    child["eventSources"] = [{"eventType": "STATE", "channel": "VIBER"}]
    where = "triggers[1].eventSources[0].eventValue"
    assert await refusal(devino, api_task(first, child)) == ("must.be.not.null", where)


async def test_t54_channels_that_only_the_samples_use_are_taken(devino: Caller) -> None:
    for channel in ("PUSH_WALLET", "VK"):
        for of_task in ("OMNI", channel):
            body = api_task(trigger(channel), channel=of_task)
            task = await read(devino, await created(devino, body))
            assert (task["channel"], task["triggersInfo"][0]["channel"]) == (of_task, channel)


@pytest.mark.parametrize(
    ("path", "values", "key"),
    [
        ("taskName", [..., "", None], "must.be.not.null"),
        ("taskName", ["x" * 101], "length.too.long"),
        ("taskName", [7], "invalid"),
        ("type", [..., None], "must.be.not.null"),
        ("type", ["simple", "OTHER", 1], "invalid"),
        ("channel", [...], "must.be.not.null"),
        ("channel", ["FAX", "sms", "VIBER"], "invalid"),
        ("triggers", [..., [], None], "must.be.not.null"),
        ("triggers", ["text", {"index": 0}], "invalid"),
        ("addressBookSource", [...], "must.be.not.null"),
        ("addressBookSource", ["text", [111], None], "invalid"),
        ("addressBookSource.addressBookSourceType", [...], "must.be.not.null"),
        ("addressBookSource.addressBookSourceType", ["PUSH"], "invalid"),
        ("addressBookSource.contactGroupIds", [..., []], "must.be.not.null"),
        ("addressBookSource.contactGroupIds", ["111", 111, None], "invalid"),
        ("addressBookSource.segmentIds", [[5]], "invalid"),
        ("addressBookSource.period", ["YEARLY", None], "invalid"),
        ("addressBookSource.smoothSendMinutes", [-1, 1441, "5", 1.5, True], "invalid"),
        ("addressBookSource.byTimeZone", ["true", 1], "invalid"),
        ("addressBookSource.other", [1], "invalid"),
        ("other", [1], "invalid"),
        ("draftId", ["5"], "invalid"),
        ("triggers.0", ["text", None], "invalid"),
        ("triggers.0.index", [...], "must.be.not.null"),
        ("triggers.0.index", ["0", -1, 1.5, True], "invalid"),
        ("triggers.0.parentIndex", [5], "invalid"),
        ("triggers.0.startTime", [...], "must.be.not.null"),
        ("triggers.0.startTime", ["2020-06-02T11:00:00", "2020-06-02 11:00", 5], "invalid"),
        ("triggers.0.startTime", ["2020-06-02 11:00:00Z", "2020-06-31 11:00:00"], "invalid"),
        ("triggers.0.endTime", [...], "must.be.not.null"),
        ("triggers.0.endTime", ["2020-06-02 11:00:00", "2020-06-02 10:00:00"], "invalid"),
        ("triggers.0.endTime", ["9999-01-01 00:00:00"], "invalid"),
        ("triggers.0.type", [...], "must.be.not.null"),
        ("triggers.0.type", ["TRAN_API_SOURCE", "OTHER"], "invalid"),
        ("triggers.0.channel", [...], "must.be.not.null"),
        ("triggers.0.channel", ["OMNI", "FAX"], "invalid"),
        ("triggers.0.eventSources", ["text", {}], "invalid"),
        ("triggers.0.eventSources.0.channel", ["OMNI"], "invalid"),
        ("triggers.0.eventSources.0.eventType", ["EVENT"], "invalid"),
        ("triggers.0.eventSources.0.eventValue", ["DELIVERED", "opened", "seen"], "invalid"),
        ("triggers.0.eventSources.0.eventValue", [...], "must.be.not.null"),
        ("triggers.0.noEventSourceSettings", [{"stateWaitMaxTimeSec": 60}], "invalid"),
        ("triggers.0.template", [..., {}], "must.be.not.null"),
        ("triggers.0.template", ["text"], "invalid"),
    ],
)
async def test_a_wrong_field_is_refused_by_its_name(
    devino: Caller, path: str, values: list[Any], key: str
) -> None:
    where = re.sub(r"\.(\d)", r"[\1]", path)
    for value in values:
        found = await refusal(devino, changed(SAMPLE, path, value))
        assert found[0] == key, value
        # A channel of its own makes the template, or another field, the wrong one.
        assert (found[1] or "").startswith(where.rpartition(".")[0]), value
    assert await listed(devino) == []


@pytest.mark.parametrize("body", [b"{", b"", b"[" * 50_000, [], "text", None])
async def test_a_body_that_is_no_object_is_refused(devino: Caller, body: Any) -> None:
    assert (await refusal(devino, body))[0] == "invalid"


async def test_t20_ids_of_lists_are_integers(devino: Caller) -> None:
    body = changed(SAMPLE, "addressBookSource.contactGroupIds", [3576515602081985000])
    assert await created(devino, body)
    as_text = changed(SAMPLE, "addressBookSource.contactGroupIds", ["3576515602081985000"])
    where = "addressBookSource.contactGroupIds[0]"
    assert await refusal(devino, as_text) == ("invalid", where)


async def test_t22_address_book_and_triggers_are_objects_although_declared_strings(
    devino: Caller,
) -> None:
    for name in ("addressBookSource", "triggers"):
        assert await refusal(devino, {**SAMPLE, name: "text"}) == ("invalid", name)


async def test_a_task_for_messages_takes_no_address_book(devino: Caller) -> None:
    source = SAMPLE["addressBookSource"]
    assert await refusal(devino, api_task(addressBookSource=source)) == (
        "invalid",
        "addressBookSource",
    )
    with_lists = api_task(trigger(type="ADDRESS_BOOK_SOURCE"), addressBookSource=source)
    assert await refusal(devino, with_lists) == ("invalid", "triggers[0].type")
    two = api_task(trigger(), trigger(index=1))
    assert await refusal(devino, two) == ("invalid", "triggers")


async def test_a_periodic_task_says_how_often(devino: Caller) -> None:
    body = {**changed(SAMPLE, "addressBookSource.period", ...), "type": "PERIODIC"}
    assert await refusal(devino, body) == ("must.be.not.null", "addressBookSource.period")


async def test_a_list_that_does_not_exist_can_be_refused(devino: Caller) -> None:
    behave(devino, unknown_groups_refused=True)
    assert await refusal(devino, SAMPLE) == ("invalid", "addressBookSource.contactGroupIds[0]")
    assert await created(devino, list_task(source={"contactGroupIds": [], "segmentIds": [5]}))
    stopped = list_task(
        source={"contactGroupIds": [], "segmentIds": [5], "stopContactGroupIds": [7]}
    )
    where = "addressBookSource.stopContactGroupIds[0]"
    assert await refusal(devino, stopped) == ("invalid", where)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("triggers.1.index", 0, "triggers[0].index"),
        ("triggers.1.parentIndex", ..., "triggers[1].parentIndex"),
        ("triggers.1.parentIndex", 7, "triggers[1].parentIndex"),
        ("triggers.1.parentIndex", 1, "triggers[1].parentIndex"),
        ("triggers.1.parentIndex", 2, "triggers[1].parentIndex"),
        ("triggers.0.parentIndex", 1, "triggers[0].parentIndex"),
        ("triggers.1.noEventSourceSettings", ..., "triggers[1].noEventSourceSettings"),
        (
            "triggers.1.noEventSourceSettings",
            {"stateWaitMaxTimeSec": 0},
            "triggers[1].noEventSourceSettings.stateWaitMaxTimeSec",
        ),
        (
            "triggers.1.noEventSourceSettings",
            {"stateWaitMaxTimeSec": "60"},
            "triggers[1].noEventSourceSettings.stateWaitMaxTimeSec",
        ),
        ("triggers.1.eventSources.0.channel", "SMS", "triggers[1].eventSources[0].channel"),
        (
            "triggers.1.eventSources.0.eventValue",
            "undeliverable",
            "triggers[1].eventSources[0].eventValue",
        ),
        ("triggers.2.eventSources", ..., "triggers[2].eventSources"),
        ("triggers.2.eventSources", [], "triggers[2].eventSources"),
    ],
)
async def test_a_trigger_that_waits_says_for_what(
    devino: Caller, path: str, value: Any, where: str
) -> None:
    first = trigger("VIBER")
    second = fallback("SMS", 1, of=first)
    cascade = api_task(first, second, follower("EMAIL", 2, of=second, value="expired"))
    assert await created(devino, cascade)
    assert (await refusal(devino, changed(cascade, path, value)))[1] == where


async def test_children_may_stand_before_their_parents(devino: Caller) -> None:
    first = trigger("VIBER", 7)
    task_id = await created(devino, api_task(fallback("SMS", 3, of=first), first))
    message_id = await sent(devino, task_id)
    assert devino.emulator.ledger[message_id].channels == ("VIBER", "SMS")


async def test_t12_a_misspelt_list_of_events_is_ignored_or_refused(devino: Caller) -> None:
    first = trigger("VIBER")

    def misspelt(child: dict[str, Any]) -> dict[str, Any]:
        events = child.pop("eventSources")
        return api_task(first, {**child, "EventSource": events})

    following = misspelt(follower("SMS", 1, of=first, value="delivered"))
    assert await refusal(devino, following) == ("must.be.not.null", "triggers[1].eventSources")
    task_id = await created(devino, misspelt(fallback("SMS", 1, of=first, wait=60)))
    message_id = await sent(devino, task_id)
    advance(devino, 60)
    # It waits for nothing, so that it sends although the first message was delivered.
    words = {(change.channel, change.state) for change in _history(devino, message_id)}
    assert {("VIBER", "DELIVERED"), ("SMS", "ACCEPTED")} <= words
    behave(devino, misspelt_events=MisspeltEvents.REFUSED)
    again = misspelt(fallback("SMS", 1, of=first))
    assert await refusal(devino, again) == ("invalid", "triggers[1].EventSource")


async def test_t76_the_vendors_sample_of_a_cascade_is_no_model(devino: Caller) -> None:
    letter = {**EMAIL_TEMPLATE["emailTemplate"], "plainText": "<h1>New!</h1>${Unsubscribe}"}
    wallet = trigger("PUSH_WALLET", startTime="2027-01-01 00:00:00", template=WALLET_TEMPLATE)
    earlier = {"startTime": "2026-12-31 12:00:00", "endTime": "2026-12-31 13:00:00"}
    email = fallback("EMAIL", 1, of=wallet) | earlier | {"template": {"emailTemplate": letter}}
    email["EventSource"] = email.pop("eventSources")
    sms = fallback("SMS", 2, of=email) | earlier
    del sms["noEventSourceSettings"]
    cascade = api_task(wallet, email, sms, taskName="PUSH -> EMAIL -> SMS")
    where = "triggers[2].noEventSourceSettings"
    assert await refusal(devino, cascade) == ("must.be.not.null", where)
    minute = timedelta(minutes=1)
    behave(devino, default_wait=minute)
    task_id = await created(devino, cascade)
    message_id = await sent(devino, task_id)
    advance(devino, 200)
    assert {change.channel for change in _history(devino, message_id)} == {"PUSH_WALLET", "EMAIL"}
    behave(devino, default_wait=minute, child_windows=True)
    message_id = await sent(devino, task_id)
    advance(devino, 200)
    assert {change.channel for change in _history(devino, message_id)} == {"PUSH_WALLET"}


@pytest.mark.parametrize("status", [400, 200])
async def test_the_refusal_of_a_task_can_stand_in_the_place_of_its_success(
    devino: Caller, status: int
) -> None:
    behave(devino, refused_task=RefusedTask.IN_RESULT)
    devino.emulator.behaviour = evolve(devino.emulator.behaviour, refused_status=status)
    answer = await create(devino, changed(SAMPLE, "taskName", ""))
    assert answer.status == status
    result = answer.data["result"]
    assert (result["code"], result["result"]) == ("REJECTED", None)
    assert [reason["key"] for reason in result["reasons"]] == ["must.be.not.null"]


async def test_fields_that_no_document_names_can_be_ignored(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(accepts_unknown_fields=True)
    body = changed({**SAMPLE, "new": 1}, "triggers.0.template.smsTemplate.new", 1)
    task_id = await created(devino, body)
    assert (await get(devino, f"{TASKS}/{task_id}?full=true")).status == 200
    assert await listed(devino, "&full=true") == [task_id]


def _history(devino: Caller, message_id: str) -> Any:
    return devino.emulator.ledger[message_id].history(devino.emulator.clock.now())
