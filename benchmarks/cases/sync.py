"""One SMS a call, one after another, without asyncio: what the blocking twin adds."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.cases.extras import OMNI, SPEED, plain_and_speed
from benchmarks.contestants import official, omni, others, raw
from benchmarks.goals import Goal, extra, faster

__all__ = ["case"]

_ASYNC = "async"
_BLOCKING = "blocking"
_OFFICIAL = "official"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    count = plan.size(2000)
    plain, fast = f"{_BLOCKING}, {OMNI}", f"{_BLOCKING}, {SPEED}"
    return Case(
        name="sync",
        title="one SMS a call on Messente's wire format, one after another",
        unit="message",
        reference=_OFFICIAL,
        contestants=(
            Contestant(
                name=_OFFICIAL, work=official.messente, count=count, needs=("messente_api",)
            ),
            Contestant(
                name="requests", work=others.requests_messente, count=count, needs=("requests",)
            ),
            Contestant(
                name="raw aiohttp, from a thread", work=raw.messente_from_thread, count=count
            ),
            Contestant(
                name="raw aiohttp, async", work=raw.messente, count=count, options={"callers": 1}
            ),
            *plain_and_speed(omni.messente_blocking, count, named=_BLOCKING),
            *plain_and_speed(omni.messente, count, named=_ASYNC, callers=1),
        ),
        goals=(
            faster(plain, _OFFICIAL, least=1.3),
            faster(fast, _OFFICIAL, least=1.3),
            _over_async(plain, f"{_ASYNC}, {OMNI}"),
            _over_async(fast, f"{_ASYNC}, {SPEED}"),
        ),
    )


def _over_async(of: str, over: str) -> Goal:
    return Goal(
        text=f"{of}: what a call costs more than {over}",
        figure=extra(of, over=over),
        unit="µs",
        most=100,
    )
