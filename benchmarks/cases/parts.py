"""Where a message's time goes, beside what aiohttp and the network take."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.contestants import parts

__all__ = ["case"]


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    count = plan.size(50_000)
    return Case(
        name="parts",
        title="one SMS over Messente in its parts, each by itself, with orjson",
        unit="time",
        reference="make the message",
        contestants=(
            *(
                Contestant(
                    name=name,
                    work=parts.part,
                    count=count,
                    needs=("orjson",),
                    options={"name": name},
                )
                for name in parts.PARTS
            ),
            Contestant(
                name="decide and account", work=parts.deciding, count=count, needs=("orjson",)
            ),
        ),
        by_cpu=True,
        counted=False,
    )
