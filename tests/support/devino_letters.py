"""Devino's e-mail calls made by hand, and transactional messages as its emulator keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from devino_async.sandbox import DevinoBehaviour
from devino_async.sandbox.email_behaviour import EmailBehaviour
from omni_common.sandbox import LedgerEntry, StateChange
from tests.support.devino_http import Caller, HttpAnswer

BOUNDARY = "----a7d76677f699"
STATISTICS = "/omni-statistics-exporter/export/statistics/sliced-by-event-time"
STATISTICS_OF_EXAMPLE = "/email-stat/statistics/sliced-by-event-time"


def letter(*addresses: str, **fields: Any) -> dict[str, Any]:
    """A letter that Devino takes, with *fields* in place of its own."""
    recipients = [{"Address": address} for address in addresses or ("james@jamesmail.example",)]
    return {
        "Recipients": recipients,
        "Sender": {"Address": "info@shop.example", "Name": "Shop"},
        "Subject": "News",
        "Body": {"Html": "<p>Welcome!</p>[Unsubscribe]"},
        **fields,
    }


async def post(devino: Caller, *addresses: str, **fields: Any) -> HttpAnswer:
    return await devino.call("/email/messages", letter(*addresses, **fields))


async def posted(devino: Caller, *addresses: str, **fields: Any) -> list[str]:
    """Send a letter that must be accepted, and return the ids that it got."""
    answer = await post(devino, *addresses, **fields)
    assert answer.data["description"].lower() == "ok", answer.body
    return [item["messageId"] for item in answer.items]


async def detail(devino: Caller, **parameters: Any) -> HttpAnswer:
    """Ask for details, of the first rows unless told otherwise."""
    query = urlencode({"limit": 100, "offset": 0, **parameters}, doseq=True)
    path = f"/email-statistics/statistics/detail?{query}"
    return await devino.call(path, b"", method="GET")


async def rows(devino: Caller, **parameters: Any) -> list[dict[str, Any]]:
    found = (await detail(devino, **parameters)).data["result"]["data"]
    assert isinstance(found, list)
    return found


async def statistics(devino: Caller, path: str = STATISTICS, **parameters: Any) -> HttpAnswer:
    return await devino.call(f"{path}?{urlencode(parameters)}", b"", method="GET")


async def upload(
    devino: Caller,
    name: str = "letter.png",
    content: bytes = b"picture",
    *,
    query: str = "?category=EMAIL_ATTACHMENT",
) -> HttpAnswer:
    return await upload_form(devino, form((f'name="file"; filename="{name}"', content)), query)


async def upload_form(
    devino: Caller, body: bytes, query: str = "?category=EMAIL_ATTACHMENT"
) -> HttpAnswer:
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return await devino.call(f"/files/files{query}", body, content_type=content_type)


def form(*parts: tuple[str, bytes]) -> bytes:
    """A form of parts: what their disposition says, and what they hold."""
    written = [
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n"
        f"Content-Type: image/png\r\n\r\n".encode()
        + content
        + b"\r\n"
        for disposition, content in parts
    ]
    return b"".join(written) + f"--{BOUNDARY}--\r\n".encode()


def behave(devino: Caller, **switches: Any) -> None:
    """Turn switches of e-mail, and leave all others alone."""
    devino.emulator.behaviour = DevinoBehaviour(email=EmailBehaviour(**switches))


def campaign_letter(
    message_id: str, at: datetime, changes: Sequence[StateChange], **contact: Any
) -> LedgerEntry:
    """A transactional message with two steps by e-mail, the second only if *changes* have it."""
    return LedgerEntry(
        id=message_id,
        to=contact.get("phone", "79031234567"),
        channels=("SMS", "EMAIL", "EMAIL"),
        text="Hello",
        accepted_at=at,
        plan=tuple(changes),
        content={
            "taskId": "7004",
            "taskName": "Cascade",
            "taskType": "API",
            "contact": {"email": "ann@mail.example", **contact},
            "callbackData": None,
            "triggers": [
                {"triggerId": "511", "channel": "SMS", "template": {"smsTemplate": {}}},
                _email_trigger("512", "First"),
                _email_trigger("513", "Second"),
            ],
        },
        origin="omni_send",
    )


def _email_trigger(id: str, subject: str) -> Mapping[str, Any]:
    template = {
        "sourceAddress": "tasks@shop.example",
        "sourceName": "Tasks",
        "subject": subject,
        "htmlBody": "${Unsubscribe}",
    }
    return {"triggerId": id, "channel": "EMAIL", "template": {"emailTemplate": template}}
