"""A client in a process of its own, which tells how each of its calls ended and what it took.

``python -m tests.reliability.measured_client URL COUNT`` sends a message, then COUNT times asks for
a status and sends another, then sends a last one. For each pair it prints a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omni_common import Message, OmniProvider, Sms, connect
from omni_common.errors import OmniError
from tests.reliability.resources import resident_kib

__all__ = ["Memory", "main", "tell"]

MESSAGE = Message("+37251000000", Sms("Hi"))
ID = "messente:3e28ec48-d620-4191-a96e-d91ba8ecc949"


class Memory:
    """How much more memory was resident at some time than at the start, in bytes; on Linux."""

    def __init__(self) -> None:
        """Begin here."""
        Path("/proc/self/clear_refs").write_text("5")  # the peak is what is resident now
        self._start = resident_kib()

    @property
    def growth(self) -> int:
        (peak,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
        return 1024 * max(0, int(peak) - self._start)


def tell(document: Mapping[str, Any]) -> None:
    """Say *document* to the process that made this one."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


async def sent(provider: OmniProvider) -> str:
    try:
        return (await provider.send(MESSAGE)).id
    except OmniError as error:
        return f"{error.outcome}: {error.text}"


async def asked(provider: OmniProvider) -> str:
    try:
        return str((await provider.status(ID)).state)
    except OmniError as error:
        return f"{type(error).__name__}: {error.text}"


async def main(url: str, count: int) -> None:
    async with connect(url) as provider:
        tell({"sent": await sent(provider)})
        for _ in range(count):
            memory, began = Memory(), time.monotonic()
            ends = {"read": await asked(provider), "sent": await sent(provider)}
            tell({**ends, "growth": memory.growth, "seconds": time.monotonic() - began})
        last = await sent(provider)
        if not last.startswith("messente:"):  # the server may just have closed that connection
            last = await sent(provider)
        tell({"sent": last})


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
