"""Devino on loopback: one account, who may come in, and which area answers."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from hmac import compare_digest
from typing import ClassVar
from urllib.parse import quote

from attrs import evolve

from devino_async.sandbox import answers
from devino_async.sandbox.account import Area
from devino_async.sandbox.address_book import AddressBookArea
from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.channels import ChannelArea
from devino_async.sandbox.contacts import ContactBook
from devino_async.sandbox.email import EmailArea
from devino_async.sandbox.email_files import FileStore
from devino_async.sandbox.omni import OmniArea
from devino_async.sandbox.reports import ReportArea
from devino_async.sandbox.sms import SmsArea
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
)

__all__ = ["DevinoEmulator"]

_FIRST_ID = 3_701_172_084_729_885_953


class DevinoEmulator(Emulator):
    """Devino's interface as its documents have it, strict about what it takes.

    Each area is a module of this package, and all share one account: what one call sends or makes,
    the others know. What the documents leave open is decided by :attr:`behaviour`, which may be
    replaced between requests. An undocumented path or method is answered with 404: Devino has no
    call that cancels a message.

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
        key_operations: Collection[str] | None = None,
        senders: Collection[str] | None = None,
        account_callback_url: str | None = None,
        email_callback_url: str | None = None,
        incoming_callback_url: str | None = None,
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
            key_operations: Names of the operations that *key* has the right to; None for all.
            senders: Names the account may send from, and addresses or domains for e-mail; None
                takes any name of up to 11 Latin characters or 15 digits, and any address.
            account_callback_url: Where callbacks go for an SMS that names no URL.
            email_callback_url: Where callbacks about e-mail go; without it there are none.
            incoming_callback_url: Where SMS go that people send to the account.
            credit: How many segments and letters the account can still pay for; None puts no end
                to it.
            pace: How fast messages move on.
            behaviour: The answers where the vendor's documents are silent.

        Raises:
            ConfigurationError: *host* is not loopback.
        """
        super().__init__(host=host, port=port, clock=clock, callback_hosts=callback_hosts)
        self.key = key
        self.login = login
        self.password = password
        self.key_operations = None if key_operations is None else frozenset(key_operations)
        """Names of the operations that the key has the right to, or None for all."""
        self.senders = None if senders is None else frozenset(senders)
        """Names the account may send from, or None for any of the documented form."""
        self.account_callback_url = account_callback_url
        """Where callbacks go for SMS that name no URL."""
        self.email_callback_url = email_callback_url
        """Where callbacks about e-mail go; a letter cannot name a URL."""
        self.incoming_callback_url = incoming_callback_url
        """Where SMS go that people send to the account."""
        self.credit = credit
        """How many segments the account can still pay for; None puts no end to it."""
        self.pace = pace or Pace()
        """How fast messages accepted from now on move on."""
        self.behaviour = behaviour or DevinoBehaviour()
        """The answers where the vendor's documents are silent; may be replaced at any time."""
        self.book = ContactBook()
        """The contact lists of the account."""
        self._next_id = _FIRST_ID
        self._sms = SmsArea(self)
        self._email = EmailArea(self)
        self._omni = OmniArea(self)
        areas: tuple[Area, ...] = (
            self._sms,
            ReportArea(self),
            self._email,
            self._omni,
            AddressBookArea(self),
            ChannelArea(self),
        )
        self._area_of = {each.name: area for area in areas for each in area.operations()}
        self._operations = [each for area in areas for each in area.operations()]
        _check(self.behaviour, self.key_operations, self._area_of)

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
        """Return the vendor's calls that are emulated."""
        return self._operations

    def refuse(self, request: ReceivedRequest) -> Reply | None:
        """Turn away wrong credentials, and a key without the right to the operation."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic" and _same(credentials, _basic(self.login, self.password)):
            return None
        if scheme != "Key" or not _same(credentials, self.key):
            return answers.unauthorized(self.behaviour)
        allowed = self.key_operations
        if request.operation and allowed is not None and request.operation not in allowed:
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
        """Return the callback of *change*, as the area that took the message posts it."""
        return self._area_of[entry.origin].callback(entry, change)

    def posting(self) -> Posting:
        """Return when callbacks are posted, as the behaviour says."""
        return Posting(
            order=self.behaviour.callback_order,
            delay=self.behaviour.callback_delay,
            before_answer=self.behaviour.reports_before_answer,
        )

    @property
    def files(self) -> FileStore:
        """The files that were uploaded for letters."""
        return self._email.files

    def unsubscribe(self, address: str) -> None:
        """Let the person with this e-mail address unsubscribe from the account's letters."""
        self._email.unsubscribe(address)

    def set_task_state(self, task_id: str, state: str | None) -> None:
        """Let somebody stop or delete a task in the vendor's own pages, or let it go on.

        No call of the vendor does that (contract sheet, D), but its answers show that it is done.
        Messages that were accepted before take their course.

        Args:
            task_id: Which task.
            state: Where the task and its triggers are from now on, such as ``STOPPED``,
                ``STOPPED_NOT_WORKING_TIME``, ``DELETED_FINISHED`` or ``FAILED``; None for where
                its times put it.

        Raises:
            ConfigurationError: There is no such task, or no such state.
        """
        self._omni.set_task_state(task_id, state)

    def receive(
        self,
        text: str,
        *,
        sender: str,
        recipient: str = "MyCompany",
        prefix: str | None = None,
        operator: str = "MTS",
        country: str = "ru",
    ) -> str:
        """Let somebody send an SMS to the account, and post the callback that tells of it.

        May be called from any thread; :meth:`settle` waits until the callback was posted.

        Args:
            text: What it says.
            sender: The person's phone number; the callback has it without a ``+``.
            recipient: The account's name or number that it is sent to.
            prefix: The keyword that it begins with, if the account has one.
            operator: The person's operator.
            country: The code of the person's country.

        Returns:
            The id of the incoming message.

        Raises:
            ConfigurationError: The account has no ``incoming_callback_url``.
        """
        return self._sms.receive(
            sender.removeprefix("+"),
            recipient,
            text,
            prefix=prefix,
            operator=operator,
            country=country,
        )

    def pay(self, amount: int) -> bool:
        """Take *amount* messages or segments off :attr:`credit`; False if it does not suffice."""
        if self.credit is None:
            return True
        if self.credit < amount:
            return False
        self.credit -= amount
        return True

    def give_ids(self, count: int) -> tuple[str, ...]:
        """Take *count* consecutive ids; of a message's segments the first is its own (A1)."""
        first = self._next_id
        while answers.through_double(first) == first:  # rounding has to show (T18)
            first += 1
        self._next_id = first + max(self.behaviour.id_step, count)
        return tuple(str(first + position) for position in range(count))


def _check(
    behaviour: object, key_operations: Collection[str] | None, known: Collection[str]
) -> None:
    """Refuse settings that would show as an answer of the vendor's only."""
    if not isinstance(behaviour, DevinoBehaviour):
        raise ConfigurationError(
            "behaviour must be a DevinoBehaviour", provider="devino", field="behaviour"
        )
    if unknown := sorted(set(key_operations or ()) - set(known)):
        raise ConfigurationError(
            f"There is no operation {', '.join(unknown)}; there are {', '.join(known)}",
            provider="devino",
            field="key_operations",
        )


def _basic(login: str, password: str) -> str:
    return base64.b64encode(f"{login}:{password}".encode()).decode()


def _same(given: str, expected: str) -> bool:
    return compare_digest(given.encode(errors="surrogateescape"), expected.encode())
