"""One SMS a call with a guard rail of this library taken away, to learn what the guard costs.

This is the one place that reaches inside the library: each guard is replaced by its name, and a
name that is gone is an error that says so.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.case import AsyncWork
from benchmarks.contestants import omni

__all__ = ["GUARDS", "messente", "replace"]


@asynccontextmanager
async def messente(address: str, *, guards: list[str], callers: int) -> AsyncIterator[AsyncWork]:
    """``omni.messente`` without these *guards*."""
    for guard in guards:
        GUARDS[guard]()
    async with omni.messente(address, callers=callers) as work:
        yield work


def _without_the_probe() -> None:
    """Nobody learns whether a request has left: every failure then passes for not sent."""
    replace("omni_common.wire.conversation", "Conversation._begin", lambda conversation: None)


def _without_checks() -> None:
    """What cannot be said accurately is sent all the same."""
    replace("omni_common.provider", "OmniProvider._refuse_problems", lambda provider, message: None)


def _without_the_look() -> None:
    """A connection that the vendor has closed is only found out by a message that is lost on it."""
    replace("omni_common.wire.pool", "_look", lambda connection: lambda: False)


GUARDS: dict[str, Callable[[], None]] = {
    "outcome probe": _without_the_probe,
    "checks": _without_checks,
    "look at the connection": _without_the_look,
}
"""How each guard is taken away."""


def replace(module: str, name: str, substitute: Any) -> None:
    """Put *substitute* in the place of something that has to be there."""
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part, None)
    if not hasattr(owner, last):
        raise AttributeError(
            f"{module} has no {name} any more: benchmarks/contestants/unguarded.py has to be told"
            " where this guard is now"
        )
    setattr(owner, last, substitute)
