"""Many messages of all kinds, and the ways to send them: async and blocking, single and bulk."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from omni_common import (
    Accepted,
    Content,
    Email,
    Message,
    NotSent,
    NotSentError,
    OmniProvider,
    OnUnknown,
    OutcomeUnknownError,
    SendOutcome,
    Sms,
    Unknown,
    Viber,
    connect,
    sync,
)

__all__ = ["CONCURRENCY", "WAYS", "Way", "by_tasks", "messages_for"]

CONCURRENCY = 100
Way: TypeAlias = Callable[[str, Sequence[Message]], list[SendOutcome]]
"""Sends messages over the vendor at a connection URL, and returns the outcomes in their order."""

_PREFIXES: Final = {"messente": "+37251", "devino": "+79031"}
_STRETCH = 50
_TWINS_OF = 1_000
_FEW_NUMBERS = 10
_PAST = datetime(2020, 1, 1, tzinfo=UTC)
_TTL = timedelta(minutes=5)
_AMONG_SMS: Final = {"plain": 90, "twin": 5, "refused": 3, "past": 2}
_AMONG_ALL: Final = {
    "plain": 45,
    "twin": 5,
    "refused": 10,
    "told to wait": 1,
    "past": 9,
    "scheduled": 10,
    "cascade": 10,
    "other": 10,
}


def messages_for(vendor: str, count: int, seed: int) -> list[Message]:
    """*count* messages, some of which are refused, by the vendor or before they leave.

    The text of each holds a mark, ``#m17#``, that no other has; that of twins, ``#t2#``, is shared
    by some dozens, which have one number and one text, and of their own a reference only. Every
    other stretch is SMS alone, so that bulk calls are large there.
    """
    dice = random.Random(seed)
    return [_message(vendor, place, dice) for place in range(count)]


def _message(vendor: str, place: int, dice: random.Random) -> Message:
    kinds: Mapping[str, int] = _AMONG_SMS if place // _STRETCH % 2 else _AMONG_ALL
    text = f"Your order #m{place}# is ready"
    to = _number(vendor, dice)
    content: list[Content] = [Sms(text)]
    send_at = None
    match dice.choices(list(kinds), list(kinds.values()))[0]:
        case "twin":
            group = place // _TWINS_OF
            to, content = _number(vendor, random.Random(group)), [Sms(f"Sale: #t{group}#")]
        case "refused":
            to = f"{_PREFIXES[vendor]}990001"
        case "told to wait":
            to = f"{_PREFIXES[vendor]}{dice.randrange(100):02}0006"
        case "past":
            send_at = _PAST
        case "scheduled":
            send_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        case "cascade":
            content = [Viber(text, ttl=_TTL), Sms(f"{text}!")]
        case "other" if vendor == "devino":
            to = f"person{place + 100}@shop.example"
            content = [Email(f"{text} [Unsubscribe]", subject="Your order")]
        case "other":
            content = [Viber(text)]
    return Message(to, content, send_at=send_at, reference=f"reference {place}")


def _number(vendor: str, dice: random.Random) -> str:
    """A number without a scenario of its own, often one of a few."""
    person = dice.randrange(_FEW_NUMBERS) if dice.random() < 0.5 else dice.randrange(10_000)
    return f"{_PREFIXES[vendor]}{person // 100 % 100:02}{person % 100 + 1_000:04}"


async def _outcome(
    omni: OmniProvider, message: Message, on_unknown: OnUnknown = "raise"
) -> SendOutcome:
    try:
        return Accepted(message, await omni.send(message, on_unknown=on_unknown))
    except NotSentError as error:
        return NotSent(message, error)
    except OutcomeUnknownError as error:
        return Unknown(message, error)


def by_tasks(
    url: str, messages: Sequence[Message], *, on_unknown: OnUnknown = "raise"
) -> list[SendOutcome]:
    """Send each by a call of its own, in a hundred tasks at once."""
    outcomes: dict[int, list[SendOutcome]] = {place: [] for place in range(len(messages))}
    places = iter(outcomes)

    async def work(omni: OmniProvider) -> None:
        for place in places:
            outcomes[place].append(await _outcome(omni, messages[place], on_unknown))

    async def send() -> None:
        async with connect(url) as omni, asyncio.TaskGroup() as group:
            for _ in range(CONCURRENCY):
                group.create_task(work(omni))

    asyncio.run(send())
    return [outcome for place in outcomes for outcome in outcomes[place]]


def _shares(messages: Sequence[Message], most: int) -> list[Sequence[Message]]:
    """*messages* in as many parts as there are streams at once, each of a hundred at least."""
    count = max(1, min(most, len(messages) // 100))
    size = -(-len(messages) // count)
    return [messages[start : start + size] for start in range(0, len(messages), size)]


def _by_streams(url: str, messages: Sequence[Message]) -> list[SendOutcome]:
    """Send them by streams, whose bulk calls are a hundred at once."""

    async def work(omni: OmniProvider, share: Sequence[Message]) -> list[SendOutcome]:
        async with omni.send_many(share) as outcomes:
            return [outcome async for outcome in outcomes]

    async def send() -> list[SendOutcome]:
        async with connect(url) as omni, asyncio.TaskGroup() as group:
            shares = _shares(messages, CONCURRENCY // 4)
            tasks = [group.create_task(work(omni, share)) for share in shares]
        return [outcome for task in tasks for outcome in task.result()]

    return asyncio.run(send())


def _by_threads(url: str, messages: Sequence[Message]) -> list[SendOutcome]:
    """Send each by a blocking call, in a hundred threads at once."""

    def work(omni: sync.OmniProvider, message: Message) -> SendOutcome:
        try:
            return Accepted(message, omni.send(message))
        except NotSentError as error:
            return NotSent(message, error)
        except OutcomeUnknownError as error:
            return Unknown(message, error)

    with sync.connect(url) as omni, ThreadPoolExecutor(CONCURRENCY) as threads:
        return list(threads.map(partial(work, omni), messages))


def _by_blocking_streams(url: str, messages: Sequence[Message]) -> list[SendOutcome]:
    """Send them by blocking streams, each in a thread of its own."""

    def work(omni: sync.OmniProvider, share: Sequence[Message]) -> list[SendOutcome]:
        with omni.send_many(share) as outcomes:
            return list(outcomes)

    with sync.connect(url) as omni, ThreadPoolExecutor(CONCURRENCY // 4) as threads:
        shares = _shares(messages, CONCURRENCY // 4)
        return [outcome for part in threads.map(partial(work, omni), shares) for outcome in part]


WAYS: Final[Mapping[str, Way]] = {
    "send": by_tasks,
    "send_many": _by_streams,
    "blocking send": _by_threads,
    "blocking send_many": _by_blocking_streams,
}
"""Every way to send many messages, by what is called."""
