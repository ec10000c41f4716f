"""What vendors post, checked and read: how many events a second one core takes."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.cases.extras import plain_and_speed
from benchmarks.contestants import posts

__all__ = ["case"]

_AREAS = ("messente.delivery", "devino.sms", "devino.omni")
_BY_HAND = "messente.delivery, hmac and json by hand"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    count = plan.size(20_000)
    contestants = [
        Contestant(name=_BY_HAND, work=posts.by_hand, count=count, options={"pool": count})
    ]
    for area in _AREAS:
        for way, work in (("read_callback", posts.read), ("receiver", posts.received)):
            named = f"{area}, {way}"
            contestants += plain_and_speed(work, count, named=named, area=area, pool=count)
    return Case(
        name="callbacks",
        title="what vendors post, its proof checked, without a server; one core",
        unit="event",
        reference=_BY_HAND,
        contestants=tuple(contestants),
        by_cpu=True,
        counted=False,
    )
