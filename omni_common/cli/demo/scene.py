"""A scene as data: what is said, what was seen, and what is claimed to be proved by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

__all__ = ["Claim", "Scene"]


@frozen
class Claim:
    """A sentence, and whether the emulators' ledgers bear it out."""

    text: str
    holds: bool


@frozen(kw_only=True)
class Scene:
    """One part of the story."""

    name: str
    title: str
    opening: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    claims: tuple[Claim, ...]
    closing: str = ""
    code: Callable[..., Any] | None = None
    """The function to show the source of: the very one that ran."""

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints of it."""
        keys = [column.lower() for column in self.columns]
        return {
            "name": self.name,
            "title": self.title,
            "rows": [dict(zip(keys, row, strict=True)) for row in self.rows],
            "claims": [{"claim": claim.text, "holds": claim.holds} for claim in self.claims],
        }
