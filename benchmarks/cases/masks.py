"""What it costs to keep people's data out of sight: nothing, until something is shown."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.contestants import shown
from benchmarks.goals import Goal, extra

__all__ = ["case"]

_PLAIN = "repr of a message without masks"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    return Case(
        name="masks",
        title="messages, receipts and errors as text",
        unit="time",
        reference=_PLAIN,
        contestants=tuple(
            Contestant(name=way, work=shown.shown, count=plan.size(20_000), options={"way": way})
            for way in shown.WAYS
        ),
        goals=(
            Goal(
                text="what masks add to the repr of a message",
                figure=extra("repr of a message", over=_PLAIN),
                unit="µs",
            ),
        ),
        by_cpu=True,
        counted=False,
    )
