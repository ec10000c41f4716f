"""``status_many``: a call for each id on Messente, 500 a call on Devino."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.cases.extras import SPEED, plain_and_speed
from benchmarks.contestants import omni, raw
from benchmarks.goals import Goal, growth

__all__ = ["case"]

_CALLERS = 16
"""As many questions as ``status_many`` has under way."""
_RAW = "messente, raw aiohttp"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    count = plan.size(100_000)
    callers = {"callers": _CALLERS}
    return Case(
        name="statuses",
        title="status_many over ids from a generator",
        unit="id",
        reference=_RAW,
        rounds=3,
        warm=500,
        contestants=(
            Contestant(name=_RAW, work=raw.messente_statuses, count=count, options=callers),
            *plain_and_speed(omni.messente_statuses, count, named="messente"),
            *plain_and_speed(omni.devino_statuses, count, named="devino"),
        ),
        goals=tuple(
            Goal(text=f"{name}: memory growth", figure=growth(name), unit="MB")
            for name in (f"messente, {SPEED}", f"devino, {SPEED}")
        ),
    )
