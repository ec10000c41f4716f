"""What Ctrl-C left of a send: the records that an interrupted send leaves on its logger."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from omni_common.errors import Outcome
from omni_common.history import OUTCOME_LOGGER

__all__ = ["outcome_records"]


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
