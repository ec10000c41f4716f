"""Devino's SMS calls on loopback: who may come in, which call is meant, and what was taken."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Sequence
from hmac import compare_digest
from typing import Any, ClassVar
from urllib.parse import quote

from attrs import evolve

from devino_async.sandbox import answers
from devino_async.sandbox.answers import AcceptedSms, SmsStatusRow
from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.rules import (
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
from devino_async.sandbox.states import CHANNEL, Ending, StatusWord, plan
from omni_common.sandbox import (
    Callback,
    Emulator,
    Fault,
    LedgerEntry,
    Operation,
    Pace,
    ReceivedRequest,
    Reply,
    SandboxClock,
    Scenario,
    StateChange,
    scenario_of,
)
from omni_common.segments import segments

__all__ = ["DevinoEmulator"]

_FIRST_ID = 3_701_172_084_729_885_953
_LINK_MARKS = ("http://", "https://")
_OPERATIONS = ("send", "status")


class DevinoEmulator(Emulator):
    """Devino's SMS interface as its documents have it, strict about what it takes.

    It emulates ``POST /sms/messages`` (operation ``"send"``) and
    ``POST /sms-stat/statuses/get-by-ids`` (``"status"``), with status callbacks. What the documents
    leave open is decided by :attr:`behaviour`, which may be replaced between requests. Any other
    path or method is answered with 404: Devino has no call that cancels a message.

    ::

        async with DevinoEmulator(behaviour=DevinoBehaviour(refused_status=200)) as emulator:
            async with connect(emulator.url) as omni: ...
    """

    name: ClassVar[str] = "devino"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: SandboxClock | None = None,
        callback_hosts: Collection[str] = (),
        key: str = "c2FuZGJveC/rZXk+ZGV2aW5v==",
        login: str = "sandbox",
        password: str = "sand/box+pass@word",  # noqa: S107 - opens nothing but this emulator
        key_operations: Collection[str] = _OPERATIONS,
        senders: Collection[str] | None = None,
        account_callback_url: str | None = None,
        credit: int | None = None,
        pace: Pace | None = None,
        behaviour: DevinoBehaviour | None = None,
    ) -> None:
        """Prepare an emulator; nothing is opened before :meth:`start`.

        Args:
            host: The loopback address to listen on.
            port: The port to listen on; 0 takes a free one.
            clock: The time it lives by; by default real time.
            callback_hosts: Hosts beside loopback that callbacks may be posted to.
            key: The API key that opens it.
            login: The login that opens it together with *password*, by Basic authorization.
            password: The password to *login*.
            key_operations: Names of the operations that *key* has the right to.
            senders: Names the account may send from; None takes any of up to 11 Latin characters
                or 15 digits.
            account_callback_url: Where callbacks go for a message that names no URL.
            credit: How many segments the account can still pay for; None puts no end to it.
            pace: How fast messages move on.
            behaviour: The answers where the vendor's documents are silent.

        Raises:
            ConfigurationError: *host* is not loopback.
        """
        super().__init__(host=host, port=port, clock=clock, callback_hosts=callback_hosts)
        self.key = key
        self.login = login
        self.password = password
        self.key_operations = frozenset(key_operations)
        """Names of the operations that the key has the right to."""
        self.senders = None if senders is None else frozenset(senders)
        """Names the account may send from, or None for any of the documented form."""
        self.account_callback_url = account_callback_url
        """Where callbacks go for messages that name no URL."""
        self.credit = credit
        """How many segments the account can still pay for; None puts no end to it."""
        self.pace = pace or Pace()
        """How fast messages accepted from now on move on."""
        self.behaviour = behaviour or DevinoBehaviour()
        """The answers where the vendor's documents are silent; may be replaced at any time."""
        self._next_id = _FIRST_ID

    @property
    def url(self) -> str:
        """The connection URL with the API key, percent-encoded, for ``connect()``."""
        return f"devino://{quote(self.key, safe='')}@{self.authority}"

    @property
    def basic_url(self) -> str:
        """The connection URL with login and password, percent-encoded, for ``connect()``."""
        login, password = quote(self.login, safe=""), quote(self.password, safe="")
        return f"devino://{login}:{password}@{self.authority}"

    def operations(self) -> Sequence[Operation]:
        """Return the vendor's SMS calls that are emulated."""
        send, status = _OPERATIONS
        return (
            Operation(send, "POST", "/sms/messages", self._send, _recipients),
            Operation(status, "POST", "/sms-stat/statuses/get-by-ids", self._statuses),
        )

    def refuse(self, request: ReceivedRequest) -> Reply | None:
        """Turn away wrong credentials, and a key without the right to the operation."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic" and _same(credentials, _basic(self.login, self.password)):
            return None
        if scheme != "Key" or not _same(credentials, self.key):
            return answers.unauthorized(self.behaviour)
        if request.operation is not None and request.operation not in self.key_operations:
            return answers.forbidden(self.behaviour)
        return None

    def unknown_path(self, request: ReceivedRequest) -> Reply:
        """Answer 404 to a path that the vendor does not document."""
        del request
        return answers.not_found(self.behaviour)

    def wrong_method(self, request: ReceivedRequest, allowed: Sequence[str]) -> Reply:
        """Answer 404 to a method that the vendor does not document for a path."""
        del allowed
        return self.unknown_path(request)

    def fault_reply(self, fault: Fault, reply: Reply) -> Reply:
        """Return what *fault* makes of *reply*, with the body that the behaviour chooses."""
        plain = super().fault_reply(fault, reply)
        if fault not in {Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.UNAVAILABLE}:
            return plain
        return evolve(answers.failed(plain.status, self.behaviour), headers=plain.headers)

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the status callback of *change*: an array of one event, unsigned (T68)."""
        if entry.callback_url is None:
            return None
        options = entry.content.get("options")
        event = answers.callback_event(entry.id, change, options, self.behaviour)
        return Callback(
            entry.callback_url,
            json.dumps([event]).encode(),
            {"Content-Type": "application/json"},
            received=range(200, 201),
            attempts=self.behaviour.callback_attempts,
        )

    def _send(self, request: ReceivedRequest) -> Reply:
        try:
            flags = read_flags(request.query, behaviour=self.behaviour)
            items = read_messages(_body(request), behaviour=self.behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, self.behaviour)
        rules = SmsRules(senders=self.senders, now=request.at, behaviour=self.behaviour)
        return answers.send_answer(
            [self._take(item, rules, flags) for item in items], self.behaviour
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
        if self.credit is not None:
            if self.credit < count:
                return (Reason("billing.error"),)
            self.credit -= count
        ids = self._give_ids(count)
        content = item if isinstance(item, dict) else {}
        changes = plan(
            rules.now,
            send_at=sms.scheduled_at,
            validity=sms.validity,
            ending=_ending(scenario, sms, flags, self.behaviour),
            pace=self.pace,
        )
        self.accept(_entry(ids, sms, content, changes, self.account_callback_url))
        return AcceptedSms(ids[0], ids if flags.include_segment_id else None)

    def _statuses(self, request: ReceivedRequest) -> Reply:
        try:
            ids = read_ids(_body(request))
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, self.behaviour)
        return answers.status_answer([self._status_row(id, request) for id in ids], self.behaviour)

    def _status_row(self, id: str, request: ReceivedRequest) -> SmsStatusRow:
        entry = self.ledger.get(id)
        if entry is None:
            return SmsStatusRow(id, StatusWord.UNKNOWN)
        newest = entry.history(request.at)[-1]
        return SmsStatusRow(id, newest.state, newest.at)

    def _give_ids(self, count: int) -> tuple[str, ...]:
        """Take ids for the segments of a message; the first is the message's own (A1)."""
        first = self._next_id
        while answers.through_double(first) == first:  # rounding has to show (T18)
            first += 1
        self._next_id = first + max(self.behaviour.id_step, count)
        return tuple(str(first + position) for position in range(count))


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
    )


def _ending(
    scenario: Scenario, sms: SmsSubmission, flags: SendFlags, behaviour: DevinoBehaviour
) -> Ending:
    match scenario:
        case Scenario.UNDELIVERED:
            return Ending(status=behaviour.undelivered_status)
        case Scenario.EXPIRED:
            return Ending(status=StatusWord.EXPIRED)
        case _:
            has_link = any(mark in sms.text for mark in _LINK_MARKS)
            return Ending(clicked=flags.shorten_url and has_link)


def _body(request: ReceivedRequest) -> object:
    """What a request's JSON body holds.

    Raises:
        RequestRefusedError: it is not declared to be JSON, or is none.
    """
    content_type = request.headers.get("Content-Type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RequestRefusedError(Reason("invalid", "Content-Type", content_type))
    try:
        return request.json()
    except (ValueError, RecursionError):
        raise RequestRefusedError(Reason("invalid")) from None


def _recipients(request: ReceivedRequest) -> Iterable[str]:
    try:
        body = _body(request)
    except RequestRefusedError:
        return ()
    messages = body.get("messages") if isinstance(body, dict) else None
    items = messages if isinstance(messages, list) else []
    numbers = (item.get("to") for item in items if isinstance(item, dict))
    return [number for number in numbers if isinstance(number, str)]


def _basic(login: str, password: str) -> str:
    return base64.b64encode(f"{login}:{password}".encode()).decode()


def _same(given: str, expected: str) -> bool:
    return compare_digest(given.encode(errors="surrogateescape"), expected.encode())
