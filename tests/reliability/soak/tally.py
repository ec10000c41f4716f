"""What was done in a soak, by whom, and what came of it: counted by tasks and threads alike."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from traceback import format_exc

from omni_common import NotSentError, OmniError, OutcomeUnknownError, SendOutcome

__all__ = ["InterruptedSends", "Tally"]


class Tally:
    """Counts operations by kind, sends by outcome, errors by class, and keeps what is no error of
    the library's."""

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.foreign: list[str] = []
        self._lock = threading.Lock()
        self._numbers = count()

    def number(self) -> int:
        """A number that nobody got before."""
        with self._lock:
            return next(self._numbers)

    def took_place(self, event: str) -> None:
        """Count something that is no operation."""
        with self._lock:
            self.events[event] += 1

    def ended(self, outcome: SendOutcome) -> None:
        """Count the outcome of one message."""
        with self._lock:
            self.outcomes[outcome.outcome.value] += 1

    @contextmanager
    def operation(self, kind: str) -> Iterator[None]:
        """Count what is done within; the library's own errors end there, and so do all others."""
        try:
            yield
        except (OmniError, TimeoutError) as error:
            with self._lock:
                self.errors[type(error).__name__] += 1
                if isinstance(error, NotSentError | OutcomeUnknownError):
                    self.outcomes[error.outcome.value] += 1
        except Exception:  # noqa: BLE001 - told at the end, where it fails the test
            with self._lock:
                self.foreign.append(format_exc())
        finally:
            with self._lock:
                self.operations[kind] += 1


class InterruptedSends(logging.Handler):
    """Counts the records that interrupted sends leave, instead of showing them."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        self._tally.took_place(f"interrupted, {record.__dict__['outcome']}")
