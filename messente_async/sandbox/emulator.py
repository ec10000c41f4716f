"""Messente on loopback: the four omnimessage calls, delivery reports, and messages from people."""

from __future__ import annotations

import base64
import binascii
import hmac
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from attrs import evolve

from messente_async.sandbox import answers
from messente_async.sandbox.answers import ErrorCode, error_reply
from messente_async.sandbox.behaviour import CancelledStatus, MessenteBehaviour
from messente_async.sandbox.rules import (
    PAYLOAD,
    Account,
    Submission,
    find_problems,
    read_submission,
)
from messente_async.sandbox.states import Part, cancelled_plan, plan
from omni_common.errors import ConfigurationError
from omni_common.sandbox import (
    Callback,
    Emulator,
    Fault,
    LedgerEntry,
    Operation,
    Pace,
    Posting,
    ReceivedRequest,
    Reply,
    SandboxClock,
    StateChange,
    scenario_of,
)

__all__ = ["MessenteEmulator"]


class MessenteEmulator(Emulator):
    """Messente's omnimessage interface on loopback (contracts B0-B7).

    Operations, as :meth:`fail_next` knows them: ``"send"``, ``"send_many"``, ``"status"`` and
    ``"cancel"``. Delivery reports go to a message's ``dlr_url`` or to :attr:`dlr_url`, signed with
    the password. What people send, which is up to :meth:`receive`, goes to :attr:`inbound_url`,
    signed with the shared secret. Ids are random UUIDs.
    """

    name: ClassVar[str] = "messente"
    path: ClassVar[str] = "/v1"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: SandboxClock | None = None,
        callback_hosts: Collection[str] = (),
        username: str = "sandbox",
        password: str = "sandbox-password",  # noqa: S107 - opens this emulator and nothing else
        behaviour: MessenteBehaviour | None = None,
        account: Account | None = None,
        pace: Pace | None = None,
        dlr_url: str | None = None,
        inbound_url: str | None = None,
        shared_secret: str = "sandbox-shared-secret",  # noqa: S107 - as above
    ) -> None:
        """Prepare an emulator; nothing is opened before :meth:`start`.

        Args:
            host: The loopback address to listen on.
            port: The port to listen on; 0 takes a free one.
            clock: The time it lives by; by default real time.
            callback_hosts: Hosts beside loopback that callbacks may be posted to.
            username: The API user that is let in.
            password: The API password; it also signs delivery reports (T69).
            behaviour: How it answers where the vendor's documents are silent.
            account: Senders and numbers of the account.
            pace: How soon messages reach their states.
            dlr_url: The account's default address for delivery reports.
            inbound_url: Where messages go that people send to the account.
            shared_secret: What these are signed with (T69).

        Raises:
            ConfigurationError: *host* is not loopback.
        """
        super().__init__(host=host, port=port, clock=clock, callback_hosts=callback_hosts)
        self.username = username
        self.password = password
        self.behaviour = behaviour or MessenteBehaviour()
        """How it answers where the vendor's documents are silent; may be replaced at any time."""
        self.account = account or Account()
        """Senders and numbers of the account; may be replaced at any time."""
        self.pace = pace or Pace()
        """How soon messages accepted from now on reach their states."""
        self.dlr_url = dlr_url
        """Where reports go of messages that name no address of their own."""
        self.inbound_url = inbound_url
        """Where messages go that people send to the account; None where it has no such address."""
        self.shared_secret = shared_secret
        """What these are signed with."""
        self.address_allowed = True
        """Whether the caller's address is on the account's list; else every call is 403."""
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._operations = (
            Operation("send", "POST", "/omnimessage", self._send, _recipient),
            Operation("send_many", "POST", "/omnimessages", self._send_many, _recipients),
            Operation("status", "GET", "/omnimessage/{id}/status", self._status),
            Operation("cancel", "DELETE", "/omnimessage/{id}", self._cancel),
        )

    @property
    def url(self) -> str:
        """The connection URL, ``messente://USER:PASSWORD@HOST:PORT/v1``, percent-encoded."""
        user, password = quote(self.username, safe=""), quote(self.password, safe="")
        return f"{self.name}://{user}:{password}@{self.authority}{self.path}"

    def operations(self) -> Sequence[Operation]:
        """Return the vendor's calls."""
        return self._operations

    def refuse(self, request: ReceivedRequest) -> Reply | None:
        """Let in the right user and password, from an allowed address."""
        if not self._knows(request.headers.get("Authorization", "")):
            return error_reply(401, ErrorCode.UNAUTHORIZED, "User or password is wrong")
        if not self.address_allowed:
            return error_reply(403, ErrorCode.FORBIDDEN, "This address is not on the list")
        return None

    def unknown_path(self, request: ReceivedRequest) -> Reply:
        """Answer a path that the vendor does not have, in the vendor's shape."""
        del request
        return error_reply(404, ErrorCode.NOT_FOUND, "There is nothing at this address")

    def wrong_method(self, request: ReceivedRequest, allowed: Sequence[str]) -> Reply:
        """Answer a method that the path does not have, in the vendor's shape."""
        detail = f"{request.method} is not among the methods of this address"
        reply = error_reply(405, ErrorCode.METHOD_NOT_ALLOWED, detail)
        return evolve(reply, headers={"Allow": ", ".join(allowed)})

    def fault_reply(self, fault: Fault, reply: Reply) -> Reply:
        """Return what *fault* makes of *reply*, with the body that the behaviour chooses."""
        match fault:
            case Fault.RATE_LIMITED:
                plain = super().fault_reply(fault, reply)
                body = self.behaviour.rate_limit_body
                headers = plain.headers if self.behaviour.rate_limit_names_wait else {}
                return answers.wordless_reply(plain.status, body, headers)
            case Fault.SERVER_ERROR | Fault.UNAVAILABLE:
                status = super().fault_reply(fault, reply).status
                return answers.wordless_reply(status, self.behaviour.server_error_body)
            case _:
                return super().fault_reply(fault, reply)

    def receive(
        self, text: str, *, sender: str, recipient: str | None = None, channel: str = "sms"
    ) -> str:
        """Let a person send a message to the account: it is posted to :attr:`inbound_url`.

        May be called from any thread; :meth:`settle` waits until the message was posted.

        Args:
            text: What the person says.
            sender: The person's number.
            recipient: The account's number that it is sent to; its ``inbound_number`` unless given.
            channel: Over which channel. Only SMS has a documented form; see ``InboundForm``.

        Returns:
            The ``msg_id`` of the message.

        Raises:
            ConfigurationError: There is no :attr:`inbound_url`.
        """
        if self.inbound_url is None:
            msg = "inbound_url says where a received message is posted; it is not set"
            raise ConfigurationError(msg, provider=self.name, field="inbound_url")
        message_id = str(uuid.uuid4())
        body = answers.inbound_body(
            (message_id, str(uuid.uuid4())),
            text,
            sender=sender,
            recipient=recipient or self.account.inbound_number,
            channel=channel,
            at=self.clock.now(),
            behaviour=self.behaviour,
        )
        self.post(self._signed(self.inbound_url, body, self.shared_secret))
        return message_id

    def posting(self) -> Posting:
        """Return when callbacks are posted, as the behaviour says."""
        return Posting(
            order=self.behaviour.callback_order,
            delay=self.behaviour.callback_delay,
            before_answer=self.behaviour.reports_before_answer,
        )

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the signed delivery report that tells of *change*."""
        if entry.callback_url is None:
            return None
        part = next(part for part in self._parts[entry.id] if part.id == change.part)
        body = answers.report_body(entry, part, change, self.behaviour)
        return self._signed(entry.callback_url, body, self.password)

    def _signed(self, url: str, body: bytes, secret: str) -> Callback:
        return Callback(
            url=url,
            body=body,
            headers={
                "Content-Type": "application/json",
                "X-Messente-Signature": answers.signature(secret, body),
            },
            # A redirect counts as received (T75).
            received=range(200, 400),
            attempts=self.behaviour.callback_attempts,
            copies=self.behaviour.callback_copies,
        )

    def _knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        try:
            given = base64.b64decode(token.strip(), validate=True)
        except binascii.Error:
            return False
        right = f"{self.username}:{self.password}".encode()
        return scheme.casefold() == "basic" and hmac.compare_digest(given, right)

    def _send(self, request: ReceivedRequest) -> Reply:
        unreadable = _unreadable(request)
        if unreadable is not None:
            return unreadable
        outcome = self._take(request.json(), "send")
        return Reply.json(400 if "errors" in outcome else 201, outcome)

    def _send_many(self, request: ReceivedRequest) -> Reply:
        unreadable = _unreadable(request)
        if unreadable is not None:
            return unreadable
        payload = request.json()
        refusal = self._bulk_refusal(payload)
        if refusal is not None:
            return refusal
        outcomes = [self._take_of_many(item) for item in payload["messages"]]
        return Reply.json(201, {"messages": answers.bulk_items(outcomes, self.behaviour)})

    def _bulk_refusal(self, payload: Any) -> Reply | None:
        source = f"{PAYLOAD}[messages]"
        if not isinstance(payload, dict) or "messages" not in payload:
            return error_reply(400, ErrorCode.MISSING_DATA, "messages is required", source)
        items, limit = payload["messages"], self.behaviour.max_bulk
        if not isinstance(items, list) or not items:
            detail = "messages should be an array that is not empty"
            return error_reply(400, ErrorCode.INVALID_DATA, detail, source)
        if limit is not None and len(items) > limit:
            detail = f"messages should hold at most {limit} items"
            return error_reply(400, ErrorCode.INVALID_DATA, detail, source)
        return None

    def _take_of_many(self, payload: Any) -> dict[str, Any]:
        outcome = self._take(payload, "send_many")
        if "errors" in outcome and self.behaviour.bulk_errors_have_to and isinstance(payload, dict):
            return {**outcome, "to": payload.get("to")}
        return outcome

    def _take(self, payload: Any, origin: str) -> dict[str, Any]:
        """Accept one omnimessage, or say what is wrong with it."""
        problems = find_problems(payload, self.behaviour, self.account, self.clock.now())
        if problems:
            return answers.refused(problems, self.behaviour)
        submission = read_submission(payload, self.account)
        parts = tuple(Part(str(uuid.uuid4()), message) for message in submission.channels)
        entry = self._entry(submission, parts, payload, origin)
        self._parts[entry.id] = parts
        self.accept(entry)
        return answers.accepted(entry.id, submission, parts, self.behaviour)

    def _entry(
        self, submission: Submission, parts: tuple[Part, ...], payload: dict[str, Any], origin: str
    ) -> LedgerEntry:
        now = self.clock.now()
        start = max(now, submission.send_at or now)
        pace = self.pace.at_once() if self.behaviour.reports_before_answer else self.pace
        return LedgerEntry(
            id=str(uuid.uuid4()),
            to=submission.to,
            channels=tuple(part.message.channel for part in parts),
            text=parts[0].message.text,
            accepted_at=now,
            plan=plan(parts, start, scenario_of(submission.to), self.behaviour, pace),
            content=payload,
            parts=tuple(part.id for part in parts),
            send_at=submission.send_at,
            callback_url=submission.dlr_url or self.dlr_url,
            origin=origin,
        )

    def _status(self, request: ReceivedRequest) -> Reply:
        entry = self.ledger.get(request.parameters["id"])
        now = self.clock.now()
        if entry is None or self._is_hidden(entry):
            return _no_such_message()
        parts = self._parts[entry.id]
        return Reply.json(200, answers.status_body(entry, parts, self.behaviour, now))

    def _is_hidden(self, entry: LedgerEntry) -> bool:
        if entry.cancelled_at is not None:
            return self.behaviour.cancelled is CancelledStatus.NOT_FOUND
        waits = entry.send_at is not None and entry.send_at > self.clock.now()
        return waits and not self.behaviour.status_before_time

    def _cancel(self, request: ReceivedRequest) -> Reply:
        entry = self.ledger.get(request.parameters["id"])
        now = self.clock.now()
        waits = entry is not None and entry.send_at is not None and entry.send_at > now
        if entry is None or not waits:
            return _no_such_message()
        if entry.cancelled_at is not None:
            return Reply.json(202, {}) if self.behaviour.cancels_again else _no_such_message()
        course = cancelled_plan(self._parts[entry.id], now, self.behaviour)
        self.amend(evolve(entry, plan=course, cancelled_at=now))
        return Reply.json(202, {})


def _no_such_message() -> Reply:
    detail = "There is no such message, or it is not in a state to do this with"
    return error_reply(404, ErrorCode.NOT_FOUND, detail)


def _unreadable(request: ReceivedRequest) -> Reply | None:
    """Return the refusal of a body that is not JSON or does not say so, else None."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    if media_type != "application/json":
        detail = "Content-Type should be application/json"
        return error_reply(400, ErrorCode.INVALID_DATA, detail, PAYLOAD)
    try:
        request.json()
    except ValueError:
        return error_reply(400, ErrorCode.INVALID_DATA, "The body is not JSON", PAYLOAD)
    return None


def _recipient(request: ReceivedRequest) -> Iterable[str]:
    return _to_of(_lenient(request))


def _recipients(request: ReceivedRequest) -> Iterable[str]:
    payload = _lenient(request)
    items = payload.get("messages") if isinstance(payload, dict) else None
    return tuple(to for item in (items if isinstance(items, list) else ()) for to in _to_of(item))


def _lenient(request: ReceivedRequest) -> Any:
    try:
        return request.json()
    except ValueError:
        return None


def _to_of(payload: Any) -> Iterable[str]:
    to = payload.get("to") if isinstance(payload, dict) else None
    return (to,) if isinstance(to, str) else ()
