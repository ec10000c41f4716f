"""The process of one contestant: ``python -m benchmarks.worker ORDER``.

*ORDER* is a JSON object: ``work`` names what to measure, ``address`` is the responder's, ``needs``
are modules without which the contestant is missing, ``without`` are modules that it shall find
missing. Each line of standard input is a number of operations to do, and is answered by a line with
what that took; the end of the input ends the process. What work itself prints goes to stderr.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, TextIO

from benchmarks.memory import resident, watch

__all__ = ["main"]


def main() -> None:
    """Do what the order says."""
    order = json.loads(sys.argv[1])
    answers, sys.stdout = sys.stdout, sys.stderr
    for name in order["without"]:
        sys.modules[name] = None  # type: ignore[assignment]  # importing it is then an ImportError
    try:
        for name in order["needs"]:
            importlib.import_module(name)
    except ImportError as error:
        _say(answers, missing=str(error))
        return
    module, _, name = order["work"].partition(":")
    work = getattr(importlib.import_module(module), name)
    context = work(order["address"], **order["options"])
    if isinstance(context, AbstractAsyncContextManager):
        with asyncio.Runner() as runner:
            do = runner.run(context.__aenter__())
            _answer_each(answers, lambda count: runner.run(do(count)))
            runner.run(context.__aexit__(None, None, None))
    elif isinstance(context, AbstractContextManager):
        with context as do:
            _answer_each(answers, do)


def _answer_each(answers: TextIO, do: Callable[[int], int]) -> None:
    _say(answers, ready=True)
    for line in sys.stdin:
        gc.collect()
        start, start_of_cpu = time.perf_counter(), _cpu_seconds()
        done = do(int(line))
        seconds, cpu_seconds = time.perf_counter() - start, _cpu_seconds() - start_of_cpu
        _say(
            answers,
            done=done,
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            resident=resident(),
            growth=watch.growth,
        )
        watch.begin()


def _cpu_seconds() -> float:
    """What this process has used of the processor so far, with the processes that it waited for."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _say(answers: TextIO, **what: Any) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
