"""What Devino says about letters and files, as pure functions of what was decided."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from attrs import field, frozen

from devino_async.sandbox.answers import with_extra
from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.email_behaviour import ExtraDataEcho, FailureKeys, ResultOrder
from devino_async.sandbox.sms_rules import Reason
from omni_common.redaction import mask_number
from omni_common.sandbox import LedgerEntry, Reply, StateChange

__all__ = [
    "TakenLetter",
    "callback_event",
    "detail_answer",
    "refused_letter",
    "sent_answer",
    "uploaded_answer",
]


@frozen
class TakenLetter:
    """An item of the answer: the recipient's place in the request, and the id of the letter."""

    index: int
    address: str = field(repr=mask_number)
    message_id: str


def sent_answer(letters: Sequence[TakenLetter], behaviour: DevinoBehaviour) -> Reply:
    """The answer to an accepted letter; *letters* are in the order of the request."""
    items = [_item(letter, behaviour) for letter in letters]
    if behaviour.email.result_order is ResultOrder.REVERSED:
        items.reverse()
    body = {"result": items, "description": behaviour.email.accepted_description}
    return Reply.json(behaviour.accepted_status, with_extra(body, behaviour))


def refused_letter(reasons: Sequence[Reason], behaviour: DevinoBehaviour) -> Reply:
    """The answer that refuses a letter, whose keys are not written like those of success (T1)."""
    written = [
        with_extra({"Key": reason.key, "Reference": reason.name}, behaviour) for reason in reasons
    ]
    body = {
        "Description": behaviour.email.refused_description,
        "Reasons": written[0] if behaviour.reasons_as_object else written,
    }
    if behaviour.email.failure_keys is FailureKeys.LOWER:
        body = _lowered(body)
    return Reply.json(behaviour.refused_status, with_extra(body, behaviour))


def uploaded_answer(file_id: str, url: str, behaviour: DevinoBehaviour) -> Reply:
    """The answer to an upload that was accepted."""
    result = with_extra({"fileId": file_id, "publicUrl": url}, behaviour)
    return Reply.json(behaviour.email.uploaded_status, with_extra({"result": result}, behaviour))


def detail_answer(page: Mapping[str, Any], behaviour: DevinoBehaviour) -> Reply:
    """The answer to a detail report: *page*, whose rows may hold keys that no document names."""
    rows = [with_extra(row, behaviour) for row in page["data"]]
    result = with_extra({**page, "data": rows}, behaviour)
    return Reply.json(200, with_extra({"result": result}, behaviour))


def callback_event(
    entry: LedgerEntry, change: StateChange, behaviour: DevinoBehaviour
) -> dict[str, Any]:
    """One event of a callback, whose body is an array of such (A8b)."""
    [recipient] = entry.content["Recipients"]
    event = {
        "dateTime": _iso(change),
        "userData": _user_data(recipient, behaviour.email.extra_data),
        "contactId": None,
        "messageId": entry.id,
        "taskId": 0,
        "event": change.state,
        "email": entry.to,
    }
    return with_extra(event, behaviour)


def _item(letter: TakenLetter, behaviour: DevinoBehaviour) -> dict[str, Any]:
    lowercases = behaviour.email.lowercases_addresses
    item = {
        "index": letter.index,
        "address": letter.address.lower() if lowercases else letter.address,
        "messageId": letter.message_id,
    }
    return with_extra(item, behaviour)


def _iso(change: StateChange) -> str:
    return change.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _user_data(recipient: Mapping[str, Any], echo: ExtraDataEcho) -> Any:
    data = recipient.get("ExtraData")
    if data is None or echo is ExtraDataEcho.NULL:
        return None
    if isinstance(data, str):  # taken as JSON text
        data = json.loads(data)
    return json.dumps(data) if echo is ExtraDataEcho.TEXT else data


def _lowered(body: Any) -> Any:
    """*body* with all keys in small letters."""
    match body:
        case dict():
            return {name.lower(): _lowered(value) for name, value in body.items()}
        case list():
            return [_lowered(value) for value in body]
        case _:
            return body
