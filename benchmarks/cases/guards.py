"""What the guard rails cost: one SMS a call, each time without another guard."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.contestants import unguarded
from benchmarks.goals import Goal, extra

__all__ = ["case"]

_CALLERS = 64
_GUARDED = "omni + speed"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    lacking = {f"without {guard}": [guard] for guard in unguarded.GUARDS}
    lacking["without any of these"] = list(unguarded.GUARDS)
    return Case(
        name="guards",
        title=f"one SMS a call on Messente's wire format, {_CALLERS} at once, guards taken away",
        unit="message",
        reference=_GUARDED,
        contestants=tuple(
            Contestant(
                name=name,
                work=unguarded.messente,
                count=plan.size(12_000),
                needs=("orjson",),
                options={"guards": guards, "callers": _CALLERS},
            )
            for name, guards in {_GUARDED: [], **lacking}.items()
        ),
        goals=tuple(
            Goal(
                text=f"what a message costs more than {name}",
                figure=extra(_GUARDED, over=name),
                unit="µs",
            )
            for name in lacking
        ),
    )
