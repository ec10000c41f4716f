"""One operation under one fault: what the client says is held against what the vendor knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from attrs import Factory, define, field, frozen

from devino_async import DevinoProvider
from messente_async import MessenteProvider
from omni_common import Message, OmniProvider, Sms
from omni_common.errors import (
    CancelFailedError,
    NotSentError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    ReadError,
    UnknownMessageError,
)
from omni_common.exchange import OnUnknown
from tests.reliability.fault_matrix.setting import Setting
from tests.support.faulty_vendor import FaultyVendor, contradicts
from tests.support.vendor_faults import ANSWERED, Ending, VendorFault

__all__ = ["AFTERWARDS", "BEFORE", "Operation", "Stage", "Taken", "Tally"]

BEFORE, AFTERWARDS = "before", "afterwards"
"""Texts of messages that are sent before and after an operation, with nothing going wrong."""

_BESIDE = {f"message {text}" for text in (BEFORE, AFTERWARDS)}

Taken: TypeAlias = Callable[[], int]
"""How often the vendor did a thing that the client speaks of."""


@define
class Tally:
    """What came of all operations."""

    figures: Counter[str] = Factory(Counter)
    violations: list[str] = Factory(list)

    def count(self, what: str, number: int = 1) -> None:
        self.figures[what] += number


@frozen
class _Word:
    """What the client said of one thing."""

    what: str
    outcome: Outcome
    taken: Taken
    normally: Outcome
    most: int


@define
class Stage:
    """A vendor, a client that meets the fault, and another one that meets none.

    An operation prepares what it needs beside the client (``aside``), makes its calls inside
    ``fault()``, and hands over what the client said. It is judged when all connections are closed
    and nothing is under way at the vendor any more.
    """

    setting: Setting
    vendor: FaultyVendor
    omni: OmniProvider
    aside: OmniProvider
    exchanges: int = 0
    """Exchanges of the operation so far."""
    words: list[_Word] = Factory(list)
    problems: list[str] = Factory(list)
    right: int = 0
    read_errors: int = 0
    _names: Iterator[int] = field(factory=lambda: iter(range(1000, 10_000)))

    @property
    def native(self) -> Any:
        """The native client that meets the fault."""
        assert isinstance(self.omni, DevinoProvider | MessenteProvider)
        return self.omni.client

    @property
    def native_aside(self) -> Any:
        """The native client that does not."""
        assert isinstance(self.aside, DevinoProvider | MessenteProvider)
        return self.aside.client

    def number(self) -> str:
        """Another phone number that does nothing special."""
        return f"+3725100{next(self._names)}"

    def text(self) -> str:
        """A text that no other message has."""
        return f"text-{next(self._names)}"

    def message(self, **options: Any) -> Message:
        """Another SMS; its reference is its text, as with every message here."""
        text = self.text()
        return Message(self.number(), Sms(text), reference=text, **options)

    @contextmanager
    def fault(self) -> Iterator[None]:
        """Let exchanges in here go as the setting says."""
        self.vendor.plan = self._plan
        try:
            yield
        finally:
            self.vendor.plan = lambda: ANSWERED

    def _plan(self) -> VendorFault:
        place, self.exchanges = self.exchanges, self.exchanges + 1
        return self.setting.fault_of(place)

    def taken(self, text: str) -> Taken:
        """How often the message with *text* is in the vendor's ledger."""
        return lambda: self.vendor.emulator.ledger.count(text=text)

    def says(
        self,
        what: str,
        outcome: Outcome,
        taken: Taken,
        *,
        normally: Outcome = Outcome.ACCEPTED,
    ) -> None:
        """The client said *outcome* of a thing that the vendor did *taken* times."""
        most = self.setting.attempts if self.setting.resend else 1
        self.words.append(_Word(what, outcome, taken, normally, most))

    def says_of_message(
        self,
        message: Message,
        outcome: Outcome,
        id: str | None = None,
        *,
        normally: Outcome = Outcome.ACCEPTED,
    ) -> None:
        """The client said *outcome* of *message*; *id* is that of the receipt, if there is one."""
        text = message.reference
        self.says(f"message {text}", outcome, self.taken(text), normally=normally)
        if id is not None:
            entry = self.vendor.emulator.ledger.get(id.rpartition(":")[2])
            if entry is None or not self.vendor.emulator.ledger.find(text=text).count(entry):
                self.problems.append(f"the receipt of {text} has the id of another message")

    async def send(self, message: Message) -> Outcome:
        """Send *message*, and hand over what the client says of it."""
        on_unknown: OnUnknown = "resend" if self.setting.resend else "raise"
        try:
            receipt = await self.omni.send(message, on_unknown=on_unknown)
        except (NotSentError, OutcomeUnknownError) as error:
            outcome = _outcome_of(error)
            self.says_of_message(message, outcome)
            if error.reference != message.reference:
                self.problems.append(f"an error names {error.reference}: {error!r}")
        else:
            outcome = Outcome.ACCEPTED
            self.says_of_message(message, outcome, receipt.id)
        return outcome

    async def makes(self, what: str, call: Awaitable[Any], taken: Taken) -> Any:
        """Await a call that makes one thing; its result, or None."""
        try:
            result = await call
        except (NotSentError, OutcomeUnknownError) as error:
            self.says(what, _outcome_of(error), taken)
            return None
        self.says(what, Outcome.ACCEPTED, taken)
        return result

    async def cancels(
        self,
        what: str,
        call: Awaitable[Any],
        taken: Taken,
        *,
        normally: Outcome = Outcome.ACCEPTED,
    ) -> None:
        """Await a cancellation, whose errors are of another class where it surely failed."""
        try:
            await call
        except CancelFailedError as error:
            self.says(what, Outcome.NOT_SENT, taken, normally=normally)
            if "not cancelled" not in str(error):
                self.problems.append(f"a failed cancellation does not say so: {error!r}")
        except OutcomeUnknownError as error:
            self.says(what, Outcome.UNKNOWN, taken, normally=normally)
            if "not cancelled" in str(error):
                self.problems.append(f"a cancellation that is not known is told as none: {error!r}")
        else:
            self.says(what, Outcome.ACCEPTED, taken, normally=normally)

    async def reads(self, call: Awaitable[Any], right: object) -> None:
        """Await a question, whose answer is *right* or an error of reading."""
        try:
            result = await call
        except ReadError as error:
            self.fails_to_read(error)
            return
        if result == right:
            self.right += 1
        else:
            self.problems.append(f"read {result!r} where {right!r} is right")

    def fails_to_read(self, error: OmniError) -> None:
        """A question about something that the vendor knows was not answered."""
        self.read_errors += 1
        if isinstance(error, UnknownMessageError) or not isinstance(error, ReadError):
            self.problems.append(f"a question ended in {error!r}")
        if self._proves is Outcome.ACCEPTED:
            self.problems.append(f"an answer that came was not read: {error!r}")

    @property
    def _proves(self) -> Outcome | None:
        """What the client can be sure of, as long as nothing comes after a connection's end."""
        fault = self.setting.fault
        is_last = self.setting.at == self.exchanges - 1 and not self.setting.races
        reached = self.exchanges > self.setting.at and not self.setting.way.breaks
        if not reached or self.setting.then is not None:
            return None
        return fault.proves if is_last or fault.ends is Ending.KEPT else None

    def judge(self, tally: Tally, name: str) -> None:
        """Hold what was said against the ledger."""
        proves, way = self._proves, self.setting.way
        for word in self.words:
            taken, is_beside = word.taken(), word.what in _BESIDE
            if not is_beside:
                tally.count(word.outcome.value.replace("_", " "))
            if taken > 1:
                tally.count("taken again")
            if taken > word.most or contradicts(word.outcome, min(taken, 1)):
                self.problems.append(f"{word.what}: {word.outcome.value}, but taken {taken} times")
            if proves is Outcome.ACCEPTED and word.outcome is not word.normally:
                self.problems.append(f"{word.what}: {word.outcome.value}, though it was answered")
            if proves is Outcome.NOT_SENT and word.outcome is Outcome.UNKNOWN:
                self.problems.append(f"{word.what}: unknown, though it was refused")
            if way.proves not in {None, word.outcome} and not is_beside:
                self.problems.append(f"{word.what}: {word.outcome.value} on such a way")
        if way.proves is Outcome.NOT_SENT and self.right:
            self.problems.append("a right answer on such a way")
        tally.count("right answers", self.right)
        tally.count("read errors", self.read_errors)
        tally.count("exchanges", sum(self.vendor.happened.values()))
        tally.violations += [f"{name}, {self.setting}: {each}" for each in self.problems]


def _outcome_of(error: NotSentError | OutcomeUnknownError) -> Outcome:
    return Outcome.NOT_SENT if isinstance(error, NotSentError) else Outcome.UNKNOWN


Operation: TypeAlias = Callable[[Stage], Awaitable[None]]
"""Prepares, makes calls inside ``stage.fault()`` and hands over what the client said."""
