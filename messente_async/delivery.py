"""Where a channel's message is, from Messente's words to the shared ones.

The same for what the status call answers and for what Messente posts.
"""

from __future__ import annotations

from messente_async.report import DeliveryError, DeliveryResult
from omni_common.message import Channel
from omni_common.report import DeliveryFault, PartReport, Price

__all__ = ["ID_PREFIX", "channel_of", "part_report"]

ID_PREFIX = "messente:"
"""How the ids of receipts begin; the omnimessage's own id follows."""


def part_report(result: DeliveryResult) -> PartReport:
    """One channel's share of a report, as all vendors' are."""
    raw_at = result.raw.get("timestamp") if isinstance(result.raw, dict) else None
    return PartReport(
        channel=channel_of(result.channel),
        state=result.state,
        id=result.message_id,
        raw_state=None if result.status is None else str(result.status),
        at=result.timestamp,
        raw_at=raw_at if isinstance(raw_at, str) else None,
        error=_fault(result),
        price=_price(result),
    )


def channel_of(word: str | None) -> Channel | str:
    """The shared channel for one of Messente's, else its own word; ``unknown`` for none."""
    return Channel.known(word) if word else "unknown"


def _fault(result: DeliveryResult) -> DeliveryFault | None:
    # 0 is no error, and 10 is "Seen" (section F): neither is a fault.
    if result.err in {DeliveryError.NO_ERROR, DeliveryError.SEEN}:
        return None
    if result.err is None:
        return DeliveryFault(None, result.error) if result.error else None
    return DeliveryFault(str(int(result.err)), result.error)


def _price(result: DeliveryResult) -> Price | None:
    info = result.price_info
    if info is None or info.total_price is None:
        return None
    return Price(info.total_price, per_segment=info.part_price, segments=info.parts_count)
