"""What it costs to have each message on the disk before it leaves."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.cases.extras import SPEED
from benchmarks.contestants import omni, outboxes
from benchmarks.goals import Goal, faster, growth

__all__ = ["case"]

_WITHOUT = "send_many"
_STREAM = "send_many of an outbox"
_QUEUE = "enqueue and drain"


def case(plan: Plan) -> Case:
    """The case at the size of *plan*."""
    count = plan.size(100_000)
    return Case(
        name="outbox",
        title=f"an outbox over Messente's wire format, 1,000 a call, {SPEED}",
        unit="message",
        reference=_WITHOUT,
        rounds=7,
        warm=2000,
        threaded=True,
        contestants=tuple(
            Contestant(name=name, work=work, count=count, needs=("orjson",))
            for name, work in (
                (_WITHOUT, omni.messente_bulk),
                (_STREAM, outboxes.messente_stream),
                (_QUEUE, outboxes.messente_queue),
            )
        ),
        goals=(
            faster(_STREAM, _WITHOUT, least=0.75),
            faster(_QUEUE, _WITHOUT),
            Goal(text=f"{_STREAM}: memory growth", figure=growth(_STREAM), unit="MB"),
            Goal(text=f"{_QUEUE}: memory growth", figure=growth(_QUEUE), unit="MB"),
        ),
    )
