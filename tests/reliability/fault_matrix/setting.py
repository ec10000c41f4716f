"""What goes wrong with one operation: a fault of the line, or the way to the vendor itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from attrs import field, frozen

from omni_common.errors import Outcome
from tests.support.faulty_vendor import FaultyVendor
from tests.support.vendor_faults import ANSWERED, VendorFault

__all__ = ["DIRECT", "Leads", "Setting", "Way"]

Leads: TypeAlias = Callable[[FaultyVendor], AbstractAsyncContextManager[Mapping[str, Any]]]
"""Opens a way to a vendor, and gives the settings of a provider that takes it."""

_ENOUGH = 30.0
"""Seconds for what must not be made late by a loaded machine."""
_SOON = 0.15
"""Seconds for one attempt where only the client's patience ends it."""


@asynccontextmanager
async def _straight(_: FaultyVendor) -> AsyncIterator[Mapping[str, Any]]:
    yield {}


@frozen
class Way:
    """How the client gets to the vendor."""

    name: str = "straight"
    leads: Leads = field(default=_straight, repr=False)
    tls: bool = False
    """Whether the vendor speaks TLS."""
    proves: Outcome | None = None
    """What a client can be sure of by the way alone."""
    breaks: bool = False
    """Whether it may break at any moment, so that nothing else is sure of what comes over it."""
    stalls: bool = False
    """Whether only the client's own patience ends an exchange."""
    recovers: bool | None = True
    """Whether the way is open again afterwards; None where that cannot be told."""


DIRECT = Way()


@frozen(kw_only=True)
class Setting:
    """What goes wrong, and with what the client meets it."""

    fault: VendorFault = ANSWERED
    way: Way = DIRECT
    then: VendorFault | None = None
    """What goes wrong with the exchange after it."""
    at: int = 0
    """Which exchange of the operation is the first to go wrong."""
    always: bool = False
    """Whether all that follow go wrong as well."""
    attempts: int = 1
    reused: bool = False
    """Whether the client has a connection already, which it kept alive."""
    resend: bool = False
    """Whether the caller accepts that a message may be sent twice."""
    races: bool = False
    """Whether the client may take a line just when the vendor, on another thread, closes it."""

    @property
    def stalls(self) -> bool:
        """Whether only the client's own patience ends an exchange."""
        faults = [self.fault] if self.then is None else [self.fault, self.then]
        return self.way.stalls or any(fault.stalls for fault in faults)

    def fault_of(self, exchange: int) -> VendorFault:
        """What happens to an exchange, counted from 0."""
        if exchange == self.at + 1 and self.then is not None:
            return self.then
        is_meant = exchange >= self.at if self.always else exchange == self.at
        return self.fault if is_meant else ANSWERED

    @property
    def timeout(self) -> float:
        """Seconds for one call."""
        return _SOON * self.attempts if self.stalls else _ENOUGH

    def __str__(self) -> str:
        often = "from" if self.always else "at"
        line = "a reused line" if self.reused else "a fresh line"
        resend = ", resend" if self.resend else ""
        then = "" if self.then is None else f" and {self.then.name!r}"
        return (
            f"{self.fault.name!r}{then} {often} exchange {self.at}, way {self.way.name!r}, {line},"
            f" {self.attempts} attempts{resend}"
        )
