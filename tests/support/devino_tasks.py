"""Devino's OMNI calls made by hand: tasks, macros and transactional messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import evolve

from devino_async.sandbox.omni_behaviour import OmniBehaviour
from tests.support.devino_http import Caller, HttpAnswer

TASKS = "/omni-task-api/tasks"
MACROS = "/omni-task-api/macros"
MESSAGES = "/omni-scheduler/api/messages"

SMS_TEMPLATE = {"smsTemplate": {"from": "Shop", "text": "We have a new shop!", "validity": 600}}
VIBER_TEMPLATE = {"viberTemplate": {"from": "Shop", "text": "We have a new shop, ${name}!"}}
EMAIL_TEMPLATE = {
    "emailTemplate": {
        "sourceAddress": "info@shop.example",
        "sourceName": "Shop",
        "subject": "New shop",
        "htmlBody": "<p>Come, ${name}!</p>${Unsubscribe} ${WebVersion}",
    }
}
PUSH_TEMPLATE = {"pushTemplate": {"from": 3410, "title": "New", "text": "We have a new shop!"}}
WALLET_TEMPLATE = {
    "pushWalletTemplate": {
        "from": "Shop",
        "payload": {
            "title": "New shop",
            "message": "We have a new shop",
            "deeplink": {"target": "campaign", "campaignId": "q123456"},
        },
    }
}
VK_TEMPLATE = {"vkTemplate": {"templateId": "16", "routes": ["VK", "OK"]}}
TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "SMS": SMS_TEMPLATE,
    "VIBER": VIBER_TEMPLATE,
    "EMAIL": EMAIL_TEMPLATE,
    "PUSH": PUSH_TEMPLATE,
    "PUSH_WALLET": WALLET_TEMPLATE,
    "VK": VK_TEMPLATE,
}

SAMPLE = {
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
            "type": "ADDRESS_BOOK_SOURCE",
            "channel": "SMS",
            "startTime": "2020-06-02 11:00:00",
            "endTime": "2020-06-02 12:00:00",
            "eventSources": [{"channel": "SMS", "eventType": "STATE", "eventValue": "delivered"}],
            "template": {
                "smsTemplate": {"from": "TEST", "text": "We have new shop!", "validity": 600}
            },
        }
    ],
}
"""The vendor's own example of a task, as far as it agrees with itself."""

PERSON = {"phone": "79103398080", "email": "james@jamesmail.example"}


def trigger(channel: str = "SMS", index: int = 0, **fields: Any) -> dict[str, Any]:
    """A trigger that is open all day, with *fields* in place of its own."""
    return {
        "index": index,
        "type": "TRAN_API_SOURCE",
        "channel": channel,
        "startTime": "2027-01-01 00:00:00",
        "endTime": "2027-01-02 00:00:00",
        "template": TEMPLATES.get(channel, {}),
        **fields,
    }


def fallback(channel: str, index: int, *, of: dict[str, Any], wait: int = 60) -> dict[str, Any]:
    """A trigger that sends if what *of* sent was not delivered in *wait* seconds."""
    return trigger(
        channel,
        index,
        type="NO_EVENT_SOURCE",
        parentIndex=of["index"],
        eventSources=[event(of["channel"])],
        noEventSourceSettings={"stateWaitMaxTimeSec": wait},
    )


def follower(channel: str, index: int, *, of: dict[str, Any], value: str) -> dict[str, Any]:
    """A trigger that sends once what *of* sent has reached the state *value*."""
    return trigger(
        channel,
        index,
        type="EVENT_SOURCE",
        parentIndex=of["index"],
        eventSources=[event(of["channel"], value)],
    )


def event(channel: str, value: str = "delivered") -> dict[str, Any]:
    return {"channel": channel, "eventType": "STATE", "eventValue": value}


def api_task(*triggers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A task for transactional messages; without *triggers* it sends one SMS."""
    whole = {"taskName": "Cascade", "type": "API", "channel": "OMNI"}
    return {**whole, "triggers": list(triggers) or [trigger()], **fields}


def list_task(*group_ids: int, source: Any = None, **fields: Any) -> dict[str, Any]:
    """A task that writes an SMS to everybody in lists; *fields* are those of its trigger."""
    addresses = {
        "addressBookSourceType": "SIMPLE",
        "contactGroupIds": list(group_ids) or [111],
        "period": "ONCE",
    }
    return {
        "taskName": "NEW_SMS",
        "type": "SIMPLE",
        "channel": "SMS",
        "addressBookSource": {**addresses, **(source or {})},
        "triggers": [trigger(type="ADDRESS_BOOK_SOURCE", **fields)],
    }


async def create(devino: Caller, task: Any) -> HttpAnswer:
    return await devino.call(TASKS, task)


async def created(devino: Caller, task: Any) -> str:
    """Create a task that must be accepted, and return its id."""
    answer = await create(devino, task)
    assert answer.data["result"]["code"] == "OK", answer.body
    return str(answer.data["result"]["result"])


async def get(devino: Caller, path: str) -> HttpAnswer:
    return await devino.call(path, b"", method="GET")


async def read(devino: Caller, task_id: str) -> dict[str, Any]:
    """A task that must be there."""
    answer = await get(devino, f"{TASKS}/{task_id}")
    result = answer.data["result"]
    assert isinstance(result, dict), answer.body
    return result


async def triggers_of(devino: Caller, task_id: str) -> list[str]:
    return [each["triggerId"] for each in (await read(devino, task_id))["triggersInfo"]]


async def listed(devino: Caller, query: str = "", count: int = 100, offset: int = 0) -> list[str]:
    """Ids of the tasks on a page, oldest first."""
    path = f"{TASKS}?ascending=true&count={count}&offset={offset}&orderBy=ID{query}"
    return [str(row["id"]) for row in (await get(devino, path)).items]


def to(*contacts: Any, task_id: str, **fields: Any) -> dict[str, Any]:
    """The body of a send call to *contacts*; without any it goes to one person."""
    items = [{"contact": contact} for contact in contacts or (PERSON,)]
    return {"taskId": int(task_id), "contacts": items, **fields}


async def send(devino: Caller, body: Any) -> HttpAnswer:
    return await devino.call(MESSAGES, body)


async def sent(devino: Caller, task_id: str, contact: Any = None, **fields: Any) -> str:
    """Send one message that must be accepted, and return its id."""
    item = {"contact": contact or PERSON, **fields}
    answer = await send(devino, {"taskId": int(task_id), "contacts": [item]})
    assert not answer.data["result"]["errorAnswers"], answer.body
    [taken] = answer.data["result"]["sendAnswers"]
    return str(taken["result"])


def steps(devino: Caller, message_id: str) -> list[tuple[float, str, str]]:
    """What became of a message by now: seconds since its acceptance, channel, word."""
    entry = devino.emulator.ledger[message_id]
    return [
        ((change.at - entry.accepted_at).total_seconds(), change.channel, change.state)
        for change in entry.history(devino.emulator.clock.now())
    ]


def outline(devino: Caller, message_id: str) -> list[tuple[float, str, str]]:
    """Like :func:`steps`, without those in which a message is merely on its way."""
    ways = {"ENROUTE", "SENT"}
    return [step for step in steps(devino, message_id) if step[2] not in ways]


def advance(devino: Caller, seconds: float) -> None:
    devino.emulator.clock.advance(timedelta(seconds=seconds))


def behave(devino: Caller, **switches: Any) -> None:
    """Turn switches of OMNI, and leave all others alone."""
    behaviour = evolve(devino.emulator.behaviour, omni=OmniBehaviour(**switches))
    devino.emulator.behaviour = behaviour


def changed(body: Any, path: str, value: Any) -> Any:
    """*body* with *value* at the end of *path*, ``triggers.0.index``; ``...`` takes it away."""
    name, _, rest = path.partition(".")
    if isinstance(body, list):
        held = changed(body[int(name)], rest, value)
        return [held if position == int(name) else each for position, each in enumerate(body)]
    if rest:
        return {**body, name: changed(body[name], rest, value)}
    without = {key: held for key, held in body.items() if key != name}
    return without if value is ... else {**without, name: value}
