"""What a program is to do: sent to the process that forks it, and read there."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from typing import Self

from attrs import asdict, frozen

from omni_common.message import Message, Sms, Viber

__all__ = ["STOPPED", "Order"]

STOPPED = 3
"""The exit code of a program that was told to stop, and did."""
_NUMBERS = {"messente": "+37251000000", "devino": "+79031234567"}
_TTL = timedelta(minutes=5)


@frozen(kw_only=True)
class Order:
    """One program, and what it may be ended in the middle of."""

    name: str
    """Begins the references of all its messages."""
    program: str
    vendor: str
    url: str
    folder: str
    """Where it writes: what its witness says, and its standard output and error."""
    messages: int
    seed: int
    strike_at: int = 0
    """At which step after the first message Ctrl-C strikes, be it of the program or of anything
    that it uses; 0 for none."""

    @classmethod
    def read(cls, line: str) -> Self:
        return cls(**json.loads(line))

    @property
    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"

    @property
    def path(self) -> str:
        """Where its files begin."""
        return f"{self.folder}/{self.name}"

    @property
    def number(self) -> str:
        """To whom everything is sent."""
        return _NUMBERS[self.vendor]

    def all_messages(self, series: str = "") -> list[Message]:
        """The messages to send, or as many of another *series*."""
        return [self._message(f"{self.name}.{series}{number}") for number in range(self.messages)]

    def _message(self, reference: str) -> Message:
        """One message; one in four is a cascade."""
        content: list[Sms | Viber] = [Sms(reference)]
        if Random(f"{self.seed} {reference}").random() < 0.25:
            content.insert(0, Viber(reference, ttl=_TTL))
        return Message(self.number, content, reference=reference)
