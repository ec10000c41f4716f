"""``send_many`` over ever more messages: the same cost for each, and no more memory."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.contestants import omni
from benchmarks.goals import Goal, growth, times

__all__ = ["case"]

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_MOST_OF_QUICK = 100_000
_AT_LEAST = 20_000
"""Messages in a turn: fewer could not be measured, so a small stream is repeated."""


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    sizes = [size for size in _SIZES if not plan.quick or size <= _MOST_OF_QUICK]
    names = {size: f"{plan.length(size):,} messages" for size in sizes}
    first, last = names[sizes[0]], names[sizes[-1]]
    return Case(
        name="growth",
        title="send_many over a generator, each length in a fresh process",
        unit="message",
        reference=first,
        rounds=3,
        warm=1000,
        contestants=tuple(
            Contestant(
                name=names[size],
                work=omni.messente_streams,
                count=plan.length(max(size, _AT_LEAST)),
                options={"length": plan.length(size)},
            )
            for size in sizes
        ),
        goals=(
            Goal(text=f"cost of {last} to {first}", figure=times(last, against=first), most=1.2),
            Goal(text=f"{last}: memory growth", figure=growth(last), unit="MB", most=30),
        ),
    )
