"""Hears everything that is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["listening"]


class _Ear(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.DEBUG)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@contextmanager
def listening(name: str | None = None) -> Iterator[list[logging.LogRecord]]:
    """Collect what is logged meanwhile, from DEBUG on, to the logger *name* and those below it.

    Args:
        name: The logger; None stands for all of them.
    """
    records: list[logging.LogRecord] = []
    logger, ear = logging.getLogger(name), _Ear(records)
    level = logger.level
    logger.addHandler(ear)
    logger.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        logger.setLevel(level)
        logger.removeHandler(ear)
