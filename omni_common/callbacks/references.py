"""The reference of a message, where it stands in the URL that its reports are posted to."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, quote

from attrs import evolve

from omni_common.callbacks.events import Event
from omni_common.report import DeliveryReport

__all__ = ["asked_with", "named_by"]

_NAME = "reference"
_MOST_FIELDS = 20
_LONGEST = 1_000


def asked_with(url: str, reference: str) -> str:
    """*url* with *reference* as its query."""
    return f"{url}?{_NAME}={quote(reference, safe='')}"


def named_by(query: str, events: Iterable[Event]) -> list[Event]:
    """*events* of one post with the reference that its URL's *query* holds, where they have none.

    Where they are about several messages, it belongs to none of them.
    """
    told = list(events)
    reference = _reference(query)
    reports = [event for event in told if isinstance(event, DeliveryReport)]
    if reference is None or len({report.id for report in reports}) != 1:
        return told
    return [
        evolve(event, reference=reference)
        if isinstance(event, DeliveryReport) and not event.reference
        else event
        for event in told
    ]


def _reference(query: str) -> str | None:
    """The reference that *query* holds; None where it holds none, or several."""
    try:
        fields = parse_qsl(query, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    found = {value for name, value in fields if name == _NAME}
    reference = found.pop() if len(found) == 1 else ""
    return reference if 0 < len(reference) <= _LONGEST and reference.isprintable() else None
