"""What asyncio has lost: tasks that nothing will ever wake, connections that never end.

An exception in the middle of asyncio's own work, which only a signal handler can raise there, keeps
it from the other half of that: from calling what it had just taken off its list, which was all
there was to wake a task; or from letting go of a connection that it has begun to close.
"""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["LOST_BY_ASYNCIO", "lost"]

LOST_BY_ASYNCIO = "lost by asyncio"
"""What a program that would not end says of each."""


def lost(loop: Any) -> list[Any]:
    """The tasks and the connections of *loop* that are lost, long after it was struck.

    Nothing is about to run then, so a task that waits for nothing is one whose step was lost.
    """
    return [
        *(task for task in asyncio.all_tasks(loop) if _is_lost(task)),
        *(each for each in [*loop._transports.values()] if _is_half_closed(each)),
    ]


def _is_half_closed(transport: Any) -> bool:
    is_sent = not transport.get_write_buffer_size()
    return transport.is_closing() and is_sent and not transport._conn_lost


def _is_lost(task: Any) -> bool:
    waits_for = task._fut_waiter
    return waits_for is None or waits_for.done() or _is_gathered(waits_for)


def _is_gathered(waits_for: Any) -> bool:
    """Whether all is over that ``asyncio.gather`` waits for, of which it was not told."""
    children = getattr(waits_for, "_children", None)
    return children is not None and all(each.done() for each in children)
