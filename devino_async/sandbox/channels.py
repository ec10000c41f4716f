"""Devino's calls for Viber, push, push wallet, WhatsApp and VK, and the account's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from attrs import evolve

from devino_async.sandbox import answers
from devino_async.sandbox.account import Account
from devino_async.sandbox.channel_answers import (
    account_answer,
    callback_event,
    plan_record_answer,
    sent_answer,
)
from devino_async.sandbox.channel_requests import (
    read_flags,
    read_items,
    read_query,
    recipients_of,
)
from devino_async.sandbox.channel_rules import CHANNELS, Channel, read_moment, reasons_against
from devino_async.sandbox.requests import json_body
from devino_async.sandbox.shapes import Terms
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from devino_async.sandbox.states import ending_of, plan
from omni_common.sandbox import (
    Callback,
    LedgerEntry,
    Operation,
    ReceivedRequest,
    Reply,
    Scenario,
    StateChange,
    scenario_of,
)

__all__ = ["ChannelArea"]

_PRICE = 1
"""What a message costs, in the units of the account's credit."""
_LINK_MARKS = ("http://", "https://")


class ChannelArea:
    """Sends over Viber, push, push wallet, WhatsApp and VK, and tells what is left to pay with."""

    def __init__(self, account: Account) -> None:
        """Work for *account*."""
        self._account = account

    def operations(self) -> Sequence[Operation]:
        """Return a send call for each channel, and the account's calls."""
        billing = "/billing-api/companies/current"
        sends = [
            Operation(
                channel.operation,
                "POST",
                channel.path,
                partial(self._send, channel),
                recipients_of(channel),
            )
            for channel in CHANNELS
        ]
        return (
            *sends,
            Operation("account", "GET", f"{billing}/account", self._balance),
            Operation("plan_record", "GET", f"{billing}/plan-records/current", self._plan_record),
        )

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the status callback of *change*: like that of SMS, an array of one event."""
        if entry.callback_url is None:
            return None
        behaviour = self._account.behaviour
        return Callback(
            entry.callback_url,
            json.dumps([callback_event(entry, change, behaviour)]).encode(),
            {"Content-Type": "application/json"},
            received=range(200, 201),
            copies=behaviour.callback_copies,
            attempts=behaviour.callback_attempts,
        )

    def _send(self, channel: Channel, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        try:
            flags = read_flags(request.query, channel, behaviour=behaviour)
            items = read_items(json_body(request), channel, behaviour=behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, behaviour)
        terms = Terms(senders=self._account.senders, now=request.at, behaviour=behaviour)
        return sent_answer([self._take(item, channel, terms, flags) for item in items], behaviour)

    def _take(
        self, item: Any, channel: Channel, terms: Terms, flags: Mapping[str, bool]
    ) -> str | tuple[Reason, ...]:
        """Accept one message into the ledger and return its id, or say why not."""
        if reasons := reasons_against(item, channel, terms):
            return reasons
        recipient = item[channel.recipient]
        scenario = scenario_of(recipient)
        if scenario is Scenario.REFUSED:
            return (Reason("to.format.invalid", channel.recipient, recipient),)
        if not self._account.pay(_PRICE):
            return (Reason("billing.error"),)
        [id] = self._account.give_ids(1)
        text = _text(item, channel)
        has_link = any(mark in text for mark in _LINK_MARKS)
        send_at = read_moment(item["scheduledTime"]) if "scheduledTime" in item else None
        changes = plan(
            terms.now,
            send_at=send_at,
            validity=timedelta(seconds=item.get("validity", 0)),
            ending=ending_of(
                scenario,
                undelivered=self._account.behaviour.undelivered_status,
                clicked=flags.get("shortenUrl", False) and has_link,
            ),
            pace=self._account.pace,
        )
        entry = LedgerEntry(
            id=id,
            to=recipient,
            channels=(channel.name,),
            text=text,
            accepted_at=terms.now,
            plan=tuple(evolve(change, channel=channel.name) for change in changes),
            content=item,
            send_at=send_at,
            callback_url=item.get(channel.callback),
            origin=channel.operation,
        )
        self._account.accept(entry)
        return id

    def _balance(self, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        try:
            read_query(request.query, (), behaviour=behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, behaviour)
        return account_answer(self._account.credit, behaviour)

    def _plan_record(self, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        try:
            channel = read_query(request.query, ("channel",), behaviour=behaviour).get("channel")
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, behaviour)
        if not channel:
            return answers.refused(Reason("must.be.not.null", "channel"), behaviour)
        return plan_record_answer(channel, behaviour)


def _text(item: Mapping[str, Any], channel: Channel) -> str:
    """What stands for the text of a message; empty when it has none."""
    for path in channel.texts:
        held: Any = item
        for name in path:
            held = held.get(name) if isinstance(held, dict) else None
        if isinstance(held, str):
            return held
    return ""
