"""An emulator for code without asyncio: it runs on a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from omni_common.sandbox.emulator import Emulator
from omni_common.sync.portal import Portal

__all__ = ["running"]

E = TypeVar("E", bound=Emulator)


@contextmanager
def running(emulator: E) -> Iterator[E]:
    """Keep *emulator* running for the length of a ``with`` block, for tests that block.

    ::

        with running(DevinoEmulator()) as emulator, connect(emulator.url) as omni: ...

    Its ledger may be read and its clock advanced from the test's own thread.
    """
    portal = Portal(lambda: emulator)
    portal.call(_started)
    try:
        yield emulator
    finally:
        portal.close()


async def _started(emulator: Emulator) -> None:
    """Entering the portal's resource has started it."""
