"""What the documents leave open about OMNI's tasks and transactional messages."""

from __future__ import annotations

from attrs import frozen

__all__ = ["OmniBehaviour"]


@frozen(kw_only=True)
class OmniBehaviour:
    """How the emulator answers where the documents do not say."""
