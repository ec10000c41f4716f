"""One SMS a call over Devino: against aiohttp alone and httpx."""

from __future__ import annotations

from typing import Any

from benchmarks.case import Case, Contestant, Plan
from benchmarks.cases.extras import OMNI, SPEED, plain_and_speed
from benchmarks.contestants import omni, others, raw
from benchmarks.goals import faster

__all__ = ["case"]

_CALLERS = 64
_RAW = "raw aiohttp"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    many, few = plan.size(12_000), plan.size(1000)
    at_once: dict[str, Any] = {"callers": _CALLERS}
    return Case(
        name="devino",
        title=f"one SMS a call on Devino's wire format, {_CALLERS} at once",
        unit="message",
        reference=_RAW,
        contestants=(
            Contestant(name=_RAW, work=raw.devino, count=many, options=at_once),
            *plain_and_speed(omni.devino, many, **at_once),
            Contestant(
                name="httpx",
                work=others.httpx_devino,
                count=few,
                needs=("httpx",),
                options=at_once,
            ),
        ),
        goals=(faster(OMNI, _RAW, least=0.90), faster(SPEED, _RAW, least=0.90)),
    )
