"""Devino's SMS calls, send and the statuses of messages by their ids; and SMS that come in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from devino_async.sandbox import answers
from devino_async.sandbox.account import Account
from devino_async.sandbox.answers import AcceptedSms, SmsStatusRow
from devino_async.sandbox.requests import json_body, recipients_in
from devino_async.sandbox.sms_incoming import ReceivedSms, incoming_body
from devino_async.sandbox.sms_rules import (
    Reason,
    RequestRefusedError,
    SendFlags,
    SmsRules,
    SmsSubmission,
    read_flags,
    read_ids,
    read_message,
    read_messages,
)
from devino_async.sandbox.states import CHANNEL, StatusWord, ending_of, plan
from omni_common.errors import ConfigurationError
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
from omni_common.segments import segments

__all__ = ["SmsArea"]

_LINK_MARKS = ("http://", "https://")


class SmsArea:
    """Sends SMS, says what became of them, and takes those that people send."""

    def __init__(self, account: Account) -> None:
        """Work for *account*."""
        self._account = account

    def operations(self) -> Sequence[Operation]:
        """Return the calls for SMS."""
        return (
            Operation("send", "POST", "/sms/messages", self._send, recipients_in("messages", "to")),
            Operation("status", "POST", "/sms-stat/statuses/get-by-ids", self._statuses),
        )

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the status callback of *change*: an array of one event, unsigned (T68)."""
        if entry.callback_url is None:
            return None
        options = entry.content.get("options")
        behaviour = self._account.behaviour
        event = answers.callback_event(entry.id, change, options, behaviour)
        return Callback(
            entry.callback_url,
            json.dumps([event]).encode(),
            {"Content-Type": "application/json"},
            received=range(200, 201),
            copies=behaviour.callback_copies,
            attempts=behaviour.callback_attempts,
        )

    def receive(
        self,
        sender: str,
        to: str,
        text: str,
        *,
        prefix: str | None = None,
        operator: str = "MTS",
        country: str = "ru",
    ) -> str:
        """Let an SMS come in, and post the callback that tells of it; return its id.

        Args:
            sender: The phone number of who sent it, without ``+``.
            to: The account's name or number.
            text: Its text.
            prefix: The keyword that it begins with, if the account has one.
            operator: The sender's operator.
            country: The code of the sender's country.

        Raises:
            ConfigurationError: The account has no URL for incoming messages.
        """
        url = self._account.incoming_callback_url
        if url is None:
            raise ConfigurationError(
                "An incoming message needs somewhere to go: set incoming_callback_url",
                provider="devino",
                field="incoming_callback_url",
            )
        [id] = self._account.give_ids(1)
        sms = ReceivedSms(
            id=id,
            sender=sender,
            to=to,
            text=text,
            at=self._account.clock.now(),
            prefix=prefix,
            operator=operator,
            country=country,
        )
        behaviour = self._account.behaviour
        callback = Callback(
            url,
            incoming_body(sms, behaviour),
            {"Content-Type": "application/json"},
            received=range(200, 201),
            copies=behaviour.callback_copies,
            attempts=behaviour.callback_attempts,
        )
        self._account.post(callback)
        return id

    def _send(self, request: ReceivedRequest) -> Reply:
        try:
            flags = read_flags(request.query, behaviour=self._account.behaviour)
            items = read_messages(json_body(request), behaviour=self._account.behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, self._account.behaviour)
        rules = SmsRules(
            senders=self._account.senders, now=request.at, behaviour=self._account.behaviour
        )
        return answers.send_answer(
            [self._take(item, rules, flags) for item in items], self._account.behaviour
        )

    def _take(
        self, item: object, rules: SmsRules, flags: SendFlags
    ) -> AcceptedSms | tuple[Reason, ...]:
        """Accept one message into the ledger, or say why not."""
        sms = read_message(item, rules)
        if not isinstance(sms, SmsSubmission):
            return sms
        scenario = scenario_of(sms.to)
        if scenario is Scenario.REFUSED:
            return (Reason("to.format.invalid", "to", sms.to),)
        count = segments(sms.text).count
        if not self._account.pay(count):
            return (Reason("billing.error"),)
        ids = self._account.give_ids(count)
        content = item if isinstance(item, dict) else {}
        has_link = any(mark in sms.text for mark in _LINK_MARKS)
        changes = plan(
            rules.now,
            send_at=sms.scheduled_at,
            validity=sms.validity,
            ending=ending_of(
                scenario,
                undelivered=self._account.behaviour.undelivered_status,
                clicked=flags.shorten_url and has_link,
            ),
            pace=self._account.pace,
        )
        self._account.accept(_entry(ids, sms, content, changes, self._account.account_callback_url))
        return AcceptedSms(ids[0], ids if flags.include_segment_id else None)

    def _statuses(self, request: ReceivedRequest) -> Reply:
        try:
            ids = read_ids(json_body(request))
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, self._account.behaviour)
        return answers.status_answer(
            [self._status_row(id, request) for id in ids], self._account.behaviour
        )

    def _status_row(self, id: str, request: ReceivedRequest) -> SmsStatusRow:
        entry = self._account.ledger.get(id)
        if entry is None or entry.origin != "send":  # scenarios tell by callbacks only
            return SmsStatusRow(id, StatusWord.UNKNOWN)
        newest = entry.history(request.at)[-1]
        return SmsStatusRow(id, newest.state, newest.at)


def _entry(
    ids: tuple[str, ...],
    sms: SmsSubmission,
    content: dict[str, Any],
    changes: tuple[StateChange, ...],
    account_callback_url: str | None,
) -> LedgerEntry:
    return LedgerEntry(
        id=ids[0],
        to=sms.to,
        channels=(CHANNEL,),
        text=sms.text,
        accepted_at=changes[0].at,
        plan=changes,
        content=content,
        parts=ids,
        send_at=sms.scheduled_at,
        callback_url=sms.callback_url or account_callback_url,
        origin="send",
    )
