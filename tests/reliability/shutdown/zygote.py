"""A process that has imported everything, and forks one program after the other on order.

It reads an order a line from its standard input, answers with the number of the child's process,
and, when the child has ended, with how and when. The child ends as any program does: it returns
from the module that was run, and the interpreter shuts down.
"""

from __future__ import annotations

import asyncio
import atexit
import faulthandler
import gc
import json
import os
import signal
import sys
import time
from contextlib import ExitStack, nullcontext, suppress
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.reliability.shutdown.witness import Witness

__all__: list[str] = []

_witness: Witness | None = None


def _conclude() -> None:
    if _witness is not None:
        _witness.conclude()


# Before anything of the library is imported, since what is registered first runs last. Several
# times, since an interruption may end one of them.
for _ in range(3):
    atexit.register(_conclude)

from omni_common import Outcome, connect  # noqa: E402
from tests.reliability.interruption.steps import EVERYWHERE, Steps  # noqa: E402
from tests.reliability.shutdown.lost import LOST_BY_ASYNCIO, lost  # noqa: E402
from tests.reliability.shutdown.orders import Order  # noqa: E402
from tests.reliability.shutdown.programs import PROGRAMS  # noqa: E402
from tests.reliability.shutdown.witness import Witness  # noqa: E402


def _line() -> str:
    """Read a line without reading ahead, so that nothing of it is left to a child."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            return ""
        line += piece
    return line.decode()


def _warm_up() -> None:
    """Do what takes a while the first time: import, compile, look things up."""
    closed = "127.0.0.1:1"
    for vendor, address in (
        ("messente", f"user:password@{closed}/v1"),
        ("devino", f"key@{closed}"),
    ):
        url = f"{vendor}://{address}?sender=Shop&max_attempts=1"
        order = Order(name="w", program="", vendor=vendor, url=url, folder="", messages=4, seed=0)
        asyncio.run(_fail_to_send(order))


async def _fail_to_send(order: Order) -> None:
    async with connect(order.url) as omni, omni.send_many(order.all_messages()) as outcomes:
        async for outcome in outcomes:
            assert outcome.outcome is Outcome.NOT_SENT


def _fork_until_a_child() -> Order | None:
    """Fork for each order; return it in the child, and None when there are no more."""
    while line := _line():
        child = os.fork()
        if not child:
            return Order.read(line)
        print(child, flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        ended = {"code": os.waitstatus_to_exitcode(status), "at": time.monotonic()}
        print(json.dumps(ended), flush=True)  # noqa: T201
    return None


def _become(order: Order) -> None:
    files = {0: "/dev/null", 1: f"{order.path}.out", 2: f"{order.path}.err"}
    for number, path in files.items():
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), number)


def _tell_what_is_lost(_: int, __: FrameType | None) -> None:
    """Answer to the question why the program does not end, before it is aborted."""
    with suppress(RuntimeError):  # no event loop runs
        loop = asyncio.get_running_loop()
        for each in lost(loop):
            print(f"{LOST_BY_ASYNCIO}: {each}", file=sys.stderr)  # noqa: T201
        for task in asyncio.all_tasks(loop):
            print(f"not ended: {task}", file=sys.stderr)  # noqa: T201
    sys.stderr.flush()
    os.abort()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Ctrl-C waits until the program begins: what Python does after a fork would swallow it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    faulthandler.enable()  # a program that will not end is asked where it is, and why
    signal.signal(signal.SIGALRM, _tell_what_is_lost)
    _warm_up()
    gc.collect()
    gc.freeze()
    if ordered := _fork_until_a_child():
        _become(ordered)
        with ExitStack() as stack:
            struck = Steps(ordered.strike_at, EVERYWHERE) if ordered.strike_at else nullcontext()
            _witness = Witness(f"{ordered.path}.said", partial(stack.enter_context, struck))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            PROGRAMS[ordered.program](ordered, _witness)
