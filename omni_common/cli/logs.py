"""What the libraries underneath log: one line each on standard error, without tracebacks."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["one_line_logs"]


class _OneLine(logging.Formatter):
    """The first line of the message, and of an exception its class alone."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        ending = f" ({kind.__name__})" if kind is not None else ""
        return f"omni: {record.getMessage().partition(chr(10))[0]}{ending}"


@contextmanager
def one_line_logs() -> Iterator[None]:
    """Show warnings and errors that nobody else takes, as long as a command runs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_OneLine())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
