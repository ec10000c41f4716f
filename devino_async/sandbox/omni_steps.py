"""The messages of a scenario as reports see them: one for each trigger that sent something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from omni_common.sandbox import LedgerEntry, StateChange

__all__ = ["OmniStep", "steps_on"]


@frozen(kw_only=True)
class OmniStep:
    """What one trigger sent to one contact, and all that has happened to it, oldest first."""

    trigger_id: str
    template: Mapping[str, Any] = field(repr=False)
    """As it was sent, under the name of its kind, such as ``smsTemplate``."""
    contact: Mapping[str, Any] = field(repr=False)
    changes: tuple[StateChange, ...]


def steps_on(channel: str, entry: LedgerEntry, now: datetime) -> Iterator[OmniStep]:
    """What a transactional message sent over *channel* up to *now*."""
    by_trigger: dict[str, list[StateChange]] = {}
    for change in entry.history(now):
        if change.channel == channel:
            by_trigger.setdefault(change.part, []).append(change)
    triggers = {each["triggerId"]: each for each in entry.content["triggers"]}
    for trigger_id, changes in by_trigger.items():
        yield OmniStep(
            trigger_id=trigger_id,
            template=triggers[trigger_id]["template"],
            contact=entry.content["contact"],
            changes=tuple(changes),
        )
