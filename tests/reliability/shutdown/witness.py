"""What a program that is about to be ended says of its messages, in a file that outlives it.

Nothing of this may get lost where a signal handler raises: an answer is kept by a single step of
the interpreter, ``kept[reference] = omni.send(message)``, and written down at the very end.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from omni_common.errors import NotSentError, Outcome, OutcomeUnknownError
from omni_common.history import OUTCOME_LOGGER
from omni_common.receipt import Receipt, SendOutcome

__all__ = ["Witness"]

_A_MOMENT = 2.0
"""Seconds that threads which were told at the end get to keep it, on a loaded machine."""


class Witness:
    """Writes down which messages were handed over, and what was said of each."""

    def __init__(self, path: str, begin: Callable[[], object] = lambda: None) -> None:
        """Write to *path*; *begin* is called when the first message is handed over."""
        self.kept: dict[str, Receipt | SendOutcome | NotSentError | OutcomeUnknownError] = {}
        """What callers were told, by reference."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._unsaid: set[str] = set()
        self._begin = begin
        self._has_begun = self._is_concluded = False
        self._logger = logging.getLogger(OUTCOME_LOGGER)
        self._records = _Records(self._recorded)
        self._logger.addHandler(self._records)
        self._logger.propagate = False

    def ask(self, reference: str) -> None:
        """A message is about to be handed over."""
        self._unsaid.add(reference)
        self._write("asked", reference)
        if not self._has_begun:
            self._has_begun = True
            self._begin()

    def conclude(self) -> None:
        """Write down what callers were told; called last of all, in each process."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if self._is_concluded:
            return
        deadline = time.monotonic() + _A_MOMENT
        while self._awaits_threads() and time.monotonic() < deadline:
            time.sleep(0.001)
        for reference, answer in list(self.kept.items()):
            outcome = Outcome.ACCEPTED if isinstance(answer, Receipt) else answer.outcome
            self._write("told", reference, "" if outcome is None else outcome.value)
        self._write("concluded")
        self._is_concluded = True

    def _awaits_threads(self) -> bool:
        return bool(self._unsaid - self.kept.keys()) and threading.active_count() > 1

    def leave(self) -> None:
        """Hear nothing of what follows: the program speaks for itself."""
        self._logger.removeHandler(self._records)
        self._unsaid.clear()

    def forked(self) -> None:
        """Be the witness of a child process, whose messages are others than its parent's."""
        self.kept.clear()
        self._unsaid.clear()

    def _recorded(self, reference: str, outcome: str) -> None:
        self._write("recorded", reference, outcome)
        self._unsaid.discard(reference)

    def _write(self, *words: str) -> None:
        os.write(self._file, json.dumps(words).encode() + b"\n")


class _Records(logging.Handler):
    def __init__(self, recorded: Callable[[str, str], None]) -> None:
        super().__init__()
        self._recorded = recorded

    def emit(self, record: logging.LogRecord) -> None:
        self._recorded(vars(record)["reference"], vars(record)["outcome"])
