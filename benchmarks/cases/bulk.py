"""Many messages from a generator, a thousand a call: against the official client's bulk call."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.cases.extras import OMNI, SPEED, plain_and_speed
from benchmarks.contestants import official, omni, raw
from benchmarks.goals import faster

__all__ = ["case"]

_CALLS_AT_ONCE = 4
"""As many as ``send_many`` has under way."""
_RAW = "raw aiohttp"
_ALONE = "official, one by one"
_THREADS = f"official, {_CALLS_AT_ONCE} threads"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    many, few = plan.size(100_000), plan.size(10_000)
    at_once = {"callers": _CALLS_AT_ONCE}
    needs = ("messente_api",)
    return Case(
        name="bulk",
        title=f"send_many on Messente's wire format, 1,000 a call, {_CALLS_AT_ONCE} calls at once",
        unit="message",
        reference=_RAW,
        rounds=5,
        warm=1000,
        contestants=(
            Contestant(name=_RAW, work=raw.messente_bulk, count=many, options=at_once),
            *plain_and_speed(omni.messente_bulk, many),
            *plain_and_speed(omni.messente_bulk_blocking, many, named="blocking"),
            Contestant(name=_ALONE, work=official.messente_bulk, count=few, needs=needs),
            Contestant(
                name=_THREADS,
                work=official.messente_bulk_in_threads,
                count=few,
                needs=needs,
                options=at_once,
            ),
        ),
        goals=(
            faster(OMNI, _ALONE, _THREADS, least=5),
            faster(SPEED, _ALONE, _THREADS, least=5),
            faster(f"blocking, {OMNI}", _ALONE, _THREADS),
            faster(f"blocking, {SPEED}", _ALONE, _THREADS),
            faster(OMNI, _RAW),
            faster(SPEED, _RAW),
        ),
    )
