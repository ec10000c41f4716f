"""What is said of one message, in short, and what is known after it was said in every order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from attrs import evolve

from omni_common.message import Channel
from omni_common.receipt import Part, Receipt
from omni_common.report import DeliveryReport, DeliveryState, PartReport
from omni_common.track import Track

__all__ = ["ID", "known", "posted", "receipt", "told"]

ID = "messente:1"


def receipt(*channels: Channel, id: str = ID, reference: str = "order-1") -> Receipt:
    parts = tuple(Part(channel, f"id-of-{channel}") for channel in channels)
    return Receipt(id, id.partition(":")[0], reference, "+37251234567", parts, raw={"to": "+372"})


def posted(channel: Channel | str, state: DeliveryState, **more: Any) -> DeliveryReport:
    """News of one channel, after which others may have their turn."""
    at = more.pop("at", None)
    report = DeliveryReport.of_parts(ID, [PartReport(channel, state, at=at)], raw={"to": "+372"})
    return evolve(report, partial=True, **more)


def told(*states: tuple[Channel | str, DeliveryState]) -> DeliveryReport:
    """The answer to a question for the status."""
    return DeliveryReport.of_parts(ID, [PartReport(channel, state) for channel, state in states])


def known(*said: Receipt | DeliveryReport) -> DeliveryReport:
    """What is known after all that was said, which is the same in every order."""
    tracks = [Track.of_receipt(x) if isinstance(x, Receipt) else Track.of_report(x) for x in said]
    ends = set()
    for order in permutations(tracks):
        track = Track()
        for each in order:
            track = track.merged(each).merged(each)
        ends.add(track)
    (end,) = ends
    return end.report()
