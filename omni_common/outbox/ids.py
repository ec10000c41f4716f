"""The ids of messages that an outbox has, and the vendor has not."""

from __future__ import annotations

__all__ = ["id_of", "reference_in"]

_PREFIX = "outbox:"


def id_of(reference: str) -> str:
    """The id of the message of *reference*."""
    return f"{_PREFIX}{reference}"


def reference_in(id: str) -> str | None:
    """The reference that an id of the outbox holds; None for the ids of others."""
    return id.removeprefix(_PREFIX) if isinstance(id, str) and id.startswith(_PREFIX) else None
