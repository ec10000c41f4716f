"""Every operation of the shared interface on messages made of canaries, ready to be called."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from omni_common import Message, OmniProvider, Receipt, Tracker
from omni_common.sandbox import Scenario
from tests.support.canaries import (
    BODY,
    cascade,
    letter,
    message,
    planted,
    profile,
    template,
    video,
)

__all__ = ["CALLS", "Called", "Prepare"]

Called: TypeAlias = Callable[[], Awaitable[Any] | AsyncIterator[Any]]
Prepare: TypeAlias = Callable[[OmniProvider], Awaitable[Called]]

_AT_MOST = timedelta(milliseconds=200)
_SHARED: dict[str, Callable[[], Message]] = {
    "sms": message,
    "cascade": cascade,
    "video": video,
}
_MESSAGES: dict[str, dict[str, Callable[[], Message]]] = {
    "messente": {**_SHARED, "whatsapp": template},
    "devino": {
        **_SHARED,
        "email": letter,
        "vk": profile,
        "metadata": lambda: message(
            metadata={"order": planted("metadata")},
            extra={"devino": {"note": planted("extra")}},
        ),
    },
}


def _sending(make: Callable[[], Message], **options: Any) -> Prepare:
    async def prepare(omni: OmniProvider) -> Called:
        return lambda: omni.send(make(), **options)

    return prepare


async def _many(omni: OmniProvider) -> Called:
    kinds = list(_MESSAGES[omni.capabilities.provider].values())
    messages = [message(), message(Scenario.REFUSED), *(make() for make in kinds)]
    return lambda: aiter(omni.send_many(messages))


def _with_receipt(
    call: Callable[[OmniProvider, Receipt], Awaitable[Any] | AsyncIterator[Any]],
) -> Prepare:
    async def prepare(omni: OmniProvider) -> Called:
        later = datetime.now(UTC) + timedelta(days=1)
        receipt = await omni.send(message(send_at=later))
        return lambda: call(omni, receipt)

    return prepare


async def _check(omni: OmniProvider) -> Called:
    async def checked() -> list[object]:
        past = message(send_at=datetime(2001, 1, 1, tzinfo=UTC), metadata={"a": BODY})
        all_kinds = [letter(), template(), profile(), video(), cascade(), past]
        return [problem for each in all_kinds for problem in omni.check(each)]

    return checked


def _wait(omni: OmniProvider, receipt: Receipt) -> Awaitable[Any]:
    return omni.wait(receipt.id, timeout=_AT_MOST)


def _followed(omni: OmniProvider, receipt: Receipt) -> Awaitable[Any]:
    return Tracker(omni).wait(receipt, timeout=_AT_MOST)


_OPERATIONS: dict[str, Prepare] = {
    "send again": _sending(message, on_unknown="resend"),
    "send_many": _many,
    "status": _with_receipt(lambda omni, receipt: omni.status(receipt.id)),
    "status_many": _with_receipt(lambda omni, receipt: omni.status_many([receipt.id] * 2)),
    "wait": _with_receipt(_wait),
    "tracker": _with_receipt(_followed),
    "watch": _with_receipt(lambda omni, it: Tracker(omni).watch(it, timeout=_AT_MOST)),
    "cancel": _with_receipt(lambda omni, receipt: omni.cancel(receipt.id)),
    "check": _check,
}
CALLS: dict[str, dict[str, Prepare]] = {
    vendor: {**{f"send {name}": _sending(make) for name, make in kinds.items()}, **_OPERATIONS}
    for vendor, kinds in _MESSAGES.items()
}
"""What is called, by the vendor's name and its own."""
