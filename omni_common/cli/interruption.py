"""Ctrl-C during a send: held back until the last word is written, which the send's record decides.

Raised anywhere, as Python does by default, it would strike the word itself.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any

from omni_common.errors import Outcome
from omni_common.history import OUTCOME_LOGGER

__all__ = ["CtrlC", "ctrl_c", "outcome_records"]

_PATIENCE = 3
"""How often it is pressed before it ends a command that will not be cancelled."""


class CtrlC:
    """What Ctrl-C does to a command: from :meth:`hold` on it cancels, and raises nothing."""

    def __init__(self) -> None:
        """Leave it as it is for now."""
        self.presses = 0
        self._cancel: Callable[[], object] | None = None

    def hold(self, *others: signal.Signals) -> None:
        """Hold it back from now on, and let *others* do the same as it does."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, *others):
                signal.signal(number, self._pressed)

    def cancels(self, task: asyncio.Task[Any] | None) -> None:
        """Let it cancel *task*, which runs, also if it was pressed before."""
        if task is None:
            return
        self._cancel = partial(task.get_loop().call_soon_threadsafe, task.cancel)
        if self.presses:
            self._cancel()

    def _pressed(self, number: int, frame: FrameType | None) -> None:
        self.presses += 1
        if self.presses >= _PATIENCE:
            signal.default_int_handler(number, frame)
        if self._cancel is not None:
            with suppress(RuntimeError):  # the loop is closed: nothing goes on any more
                self._cancel()


@contextmanager
def ctrl_c() -> Iterator[CtrlC]:
    """Give Ctrl-C to a command; afterwards it, and SIGTERM, do again what they did before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield CtrlC()
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


class _Records(logging.Handler):
    """Keeps the outcome of each interrupted send by its reference."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, Outcome] = {}

    def emit(self, record: logging.LogRecord) -> None:
        reference, outcome = getattr(record, "reference", None), getattr(record, "outcome", None)
        if isinstance(reference, str) and isinstance(outcome, str):
            self.outcomes[reference] = Outcome(outcome)


@contextmanager
def outcome_records() -> Iterator[dict[str, Outcome]]:
    """Collect the outcomes of sends that are interrupted meanwhile, instead of logging them."""
    logger, records = logging.getLogger(OUTCOME_LOGGER), _Records()
    propagated = logger.propagate
    logger.addHandler(records)
    logger.propagate = False
    try:
        yield records.outcomes
    finally:
        logger.propagate = propagated
        logger.removeHandler(records)
