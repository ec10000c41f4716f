"""The rows of Devino's report on messages that were sent, page by page."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.cases.extras import SPEED, plain_and_speed
from benchmarks.contestants import omni, raw
from benchmarks.goals import Goal, growth

__all__ = ["case"]

_PAGES = (100, 1000)
"""Rows a call: the library's own choice, and many."""


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    count = plan.size(100_000)
    contestants: list[Contestant] = []
    for page in _PAGES:
        contestants += [
            Contestant(
                name=_raw(page), work=raw.devino_detail, count=count, options={"page": page}
            ),
            *plain_and_speed(omni.devino_detail, count, named=f"{page:,} a page", page=page),
        ]
    return Case(
        name="detail",
        title="client.sms.detail, every row of a long report",
        unit="row",
        reference=_raw(_PAGES[0]),
        rounds=3,
        warm=1000,
        contestants=tuple(contestants),
        goals=tuple(
            Goal(text=f"{name}: memory growth", figure=growth(name), unit="MB")
            for name in (f"{page:,} a page, {SPEED}" for page in _PAGES)
        ),
    )


def _raw(page: int) -> str:
    return f"{page:,} a page, raw aiohttp"
