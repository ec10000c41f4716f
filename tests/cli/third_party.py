"""Providers that do what ours do not: break their contract, or press Ctrl-C while they send."""

from __future__ import annotations

import asyncio
import signal
from typing import Literal

from omni_common.errors import Outcome, ReadError
from omni_common.exchange import OnUnknown
from omni_common.history import record_interrupted
from omni_common.message import Message
from omni_common.receipt import Receipt
from tests.support.third_party import Plain

__all__ = ["Broken", "Patient"]


class Broken(Plain):
    """Raises what a provider may not raise from a send."""

    def __init__(self, way: Literal["foreign", "reading", "closing"] = "foreign") -> None:
        self._way = way

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        if self._way == "closing":
            return Receipt("broken:1", "broken", message.reference, str(message.to))
        if self._way == "reading":
            raise ReadError("no usable answer")
        raise LookupError("canary body")

    async def close(self) -> None:
        if self._way == "closing":
            raise LookupError("canary body")


class Patient(Plain):
    """Is interrupted while it sends, and leaves the record that it is told to leave."""

    def __init__(self, record: Literal["not_sent", "unknown", "none", "late"] = "none") -> None:
        self._record = record

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        if self._record == "late":
            return Receipt("patient:1", "patient", message.reference, str(message.to))
        try:
            await self._interrupted()
        except asyncio.CancelledError:
            if self._record != "none":
                record_interrupted("patient", message.reference, Outcome(self._record))
            raise
        raise AssertionError("an interrupted send does not go on")

    async def close(self) -> None:
        if self._record == "late":
            await self._interrupted()

    async def _interrupted(self) -> None:
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()
