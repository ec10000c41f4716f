"""What every way over Devino can do, and what all of them have in common."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from devino_async.client import DevinoClient
from omni_common.capabilities import ChannelCapabilities
from omni_common.converter import JsonError, dumps
from omni_common.errors import InvalidMessageError, NotSentError, OutcomeUnknownError
from omni_common.exchange import OnUnknown
from omni_common.failure import failed
from omni_common.history import History
from omni_common.message import Channel, Message
from omni_common.receipt import Accepted, Receipt, SendOutcome
from omni_common.report import DeliveryReport

__all__ = ["PROVIDER", "Route", "extra_of", "extra_problems", "invalid_for"]

PROVIDER = "devino"


class Route(ABC):
    """One of Devino's services behind the shared interface: its messages, its ids, its reports."""

    prefix: ClassVar[str]
    """How the ids of its receipts begin; the vendor's own id follows."""
    ids_at_once: ClassVar[int]
    """How many states one question asks for."""

    def __init__(self, client: DevinoClient) -> None:
        """Send over *client*."""
        self._client = client

    @property
    @abstractmethod
    def channels(self) -> Mapping[Channel, ChannelCapabilities]:
        """The channels that go this way by themselves, and what each can do."""

    @abstractmethod
    def check(self, message: Message) -> Iterator[NotSentError]:
        """What the vendor's own rules say against *message*, beyond the capabilities."""

    @abstractmethod
    async def send(
        self,
        message: Message,
        history: History,
        *,
        on_unknown: OnUnknown = "raise",
        reference: str | None = None,
    ) -> Receipt:
        """Send a checked message; with *reference*, an interruption leaves a record."""

    async def send_batch(
        self, messages: Sequence[Message], history: History
    ) -> Sequence[SendOutcome]:
        """Send checked messages and return the outcome of each, in the same order.

        They go out one by one, several at the same time, unless the service takes many at once.
        """
        if len(messages) == 1:
            return [await self.outcome_of(messages[0], history)]
        history.begin()  # and never ends: of several calls that are interrupted nothing is certain
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.outcome_of(message, History())) for message in messages]
        return [task.result() for task in tasks]

    @abstractmethod
    async def reports(self, vendor_ids: Sequence[str]) -> Sequence[DeliveryReport | None]:
        """The report of each message, in order; None for one that the vendor does not know.

        Raises:
            NotSupportedError: The service tells no states.
        """

    async def outcome_of(self, message: Message, history: History) -> SendOutcome:
        """Send a checked message and say how it ended, also where that raises."""
        try:
            return Accepted(message, await self.send(message, history))
        except (NotSentError, OutcomeUnknownError) as error:
            return failed(message, error)


def extra_of(message: Message) -> dict[str, Any]:
    """The fields that *message* adds to what is sent over Devino."""
    return dict(message.extra.get(PROVIDER, {})) if message.extra else {}


def extra_problems(message: Message, reserved: frozenset[str]) -> Iterator[NotSentError]:
    """What is wrong with the extra fields of *message*, which may not be any of *reserved*.

    Case does not count: the vendor's own answers flip it (T1), so it may not tell two names apart.
    """
    extra = extra_of(message)
    if not extra:
        return
    if not all(isinstance(name, str) for name in extra):
        yield invalid_for(message, "extra must have names that are text", "extra")
        return
    folded = {name.casefold() for name in reserved}
    if taken := sorted(name for name in extra if name.casefold() in folded):
        text = f"extra may not hold {', '.join(taken)}: say it in the message itself"
        yield invalid_for(message, text, "extra")
    try:
        dumps(extra)
    except JsonError as error:
        yield invalid_for(message, f"extra cannot be written as JSON: {error}", "extra")


def invalid_for(message: Message, text: str, field: str) -> InvalidMessageError:
    """The error for a field of *message*."""
    return InvalidMessageError(text, field=field, provider=PROVIDER, reference=message.reference)
