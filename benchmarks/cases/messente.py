"""One SMS a call over Messente: against aiohttp alone, httpx and Messente's own client."""

from __future__ import annotations

from typing import Any

from benchmarks.case import Case, Contestant, Plan
from benchmarks.cases.extras import OMNI, SPEED, plain_and_speed
from benchmarks.contestants import official, omni, others, raw
from benchmarks.goals import faster

__all__ = ["case"]

_CALLERS = 64
_RAW = "raw aiohttp"
_ALONE = "official, one by one"
_THREADS = f"official, {_CALLERS} threads"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    many, few = plan.size(12_000), plan.size(2000)
    at_once: dict[str, Any] = {"callers": _CALLERS}
    return Case(
        name="messente",
        title=f"one SMS a call on Messente's wire format, {_CALLERS} at once",
        unit="message",
        reference=_RAW,
        contestants=(
            Contestant(name=_RAW, work=raw.messente, count=many, options=at_once),
            *plain_and_speed(omni.messente, many, **at_once),
            Contestant(
                name="httpx",
                work=others.httpx_messente,
                count=plan.size(1000),
                needs=("httpx",),
                options=at_once,
            ),
            Contestant(name=_ALONE, work=official.messente, count=few, needs=("messente_api",)),
            Contestant(
                name=_THREADS,
                work=official.messente_in_threads,
                count=few,
                needs=("messente_api",),
                options=at_once,
            ),
        ),
        goals=(
            faster(OMNI, _RAW, least=0.90),
            faster(SPEED, _RAW, least=0.93),
            faster(OMNI, _ALONE, _THREADS, least=3),
            faster(SPEED, _ALONE, _THREADS, least=3),
        ),
    )
