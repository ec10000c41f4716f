"""Results of a send that has an item for each message: only their position tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from devino_async.answers import Reason
from omni_common.exchange import Failure, FailureKind

__all__ = ["Result", "in_place"]


class Result(Protocol):
    """What has to be known of a result to see whether it is in its place."""

    @property
    def message_id(self) -> str | None:
        """The id that the message got."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the message was refused."""


R = TypeVar("R", bound=Result)


def in_place(results: Sequence[R], count: int, raw: Any) -> tuple[R, ...] | Failure:
    """*results*, if each is surely that of the message at its place among *count*.

    A number of results other than *count*, an id given twice, or a reason that names another
    position means that positions cannot be trusted, so that nothing is known of any message. *raw*
    is what the results were read from.
    """
    doubt = _doubt(results, count)
    return tuple(results) if doubt is None else Failure(FailureKind.UNREADABLE, doubt, raw=raw)


def _doubt(results: Sequence[Result], count: int) -> str | None:
    """Why the positions of *results* cannot be trusted; None if they can."""
    if len(results) != count:
        return "the number of results is another"
    ids = [result.message_id for result in results if result.message_id is not None]
    if len(set(ids)) < len(ids):
        return "an id was given twice"
    if any(
        reason.place not in {None, str(place)}
        for place, result in enumerate(results)
        for reason in result.reasons
    ):
        return "results are out of place"
    return None
