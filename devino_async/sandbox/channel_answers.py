"""What Devino says about channels' messages and the account, as pure functions.

The answers to sends are those of SMS, the only ones whose items are documented, without segments,
and as :class:`~devino_async.sandbox.channel_behaviour.ChannelBehaviour` has them otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from devino_async.sandbox import answers
from devino_async.sandbox.answers import AcceptedSms, with_extra
from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.channel_behaviour import AmountForm, ChannelBehaviour
from devino_async.sandbox.sms_rules import Reason
from omni_common.sandbox import LedgerEntry, Reply, StateChange

__all__ = ["account_answer", "callback_event", "plan_record_answer", "sent_answer"]


def sent_answer(results: Sequence[str | tuple[Reason, ...]], behaviour: DevinoBehaviour) -> Reply:
    """The answer to a send: each message's id, or why it was refused, in the order given."""
    as_sms = [AcceptedSms(each) if isinstance(each, str) else each for each in results]
    reply = answers.send_answer(as_sms, behaviour)
    document = json.loads(reply.body)
    items = [_item(item, behaviour.channels) for item in document["result"]]
    single = behaviour.channels.single_result and len(items) == 1
    return Reply.json(reply.status, {**document, "result": items[0] if single else items})


def callback_event(
    entry: LedgerEntry, change: StateChange, behaviour: DevinoBehaviour
) -> dict[str, Any]:
    """One event of a status callback, whose body is an array of such."""
    event = answers.callback_event(entry.id, change, entry.content.get("options"), behaviour)
    if behaviour.channels.lower_case_status:
        event["status"] = event["status"].lower()
    data, key = entry.content.get("callbackData"), behaviour.channels.callback_data_key
    return event if data is None or key is None else {**event, key: data}


def account_answer(credit: int | None, behaviour: DevinoBehaviour) -> Reply:
    """The account of somebody who can pay for *credit* more messages; None is any number.

    Only names are documented: the values but ``balance`` stand for an account without particulars.
    """
    company_id = 1001
    nothing = _amount(0, behaviour.channels.amounts)
    account = {
        "companyId": str(company_id) if behaviour.channels.company_id_as_text else company_id,
        "accountType": "POSTPAID" if credit is None else "PREPAID",
        "addPercent": nothing,
        "balance": _amount(credit or 0, behaviour.channels.amounts),
        "credit": nothing,
        "reserve": nothing,
        "reserveSms": nothing,
        "reserveViber": nothing,
        "currencyId": "1" if behaviour.channels.company_id_as_text else 1,
        "isBlocked": False,
        "recalcBillRate": False,
        "disableThreshold": nothing,
        "notifyThreshold": nothing,
    }
    result = {"account": with_extra(account, behaviour), "validPacketChannels": ["SMS", "EMAIL"]}
    return Reply.json(200, with_extra({"result": with_extra(result, behaviour)}, behaviour))


def plan_record_answer(channel: str, behaviour: DevinoBehaviour) -> Reply:
    """What the plan says of *channel*; nothing of it is documented, so it is just named."""
    record = with_extra({"channel": channel}, behaviour)
    return Reply.json(
        200, {"result": record} if behaviour.channels.plan_record_in_result else record
    )


def _item(item: Mapping[str, Any], behaviour: ChannelBehaviour) -> dict[str, Any]:
    known = {name: value for name, value in item.items() if name not in {"messageId", "segmentsId"}}
    if "messageId" not in item or behaviour.id_key is None:
        return known
    message_id = item["messageId"]
    if behaviour.id_as_number and message_id is not None:
        message_id = int(message_id)
    return {**known, behaviour.id_key: message_id}


def _amount(units: int, form: AmountForm) -> int | float | str:
    match form:
        case AmountForm.WHOLE:
            return units
        case AmountForm.FRACTION:
            return units + 0.5
        case AmountForm.TEXT:
            return f"{Decimal(units):.4f}"
