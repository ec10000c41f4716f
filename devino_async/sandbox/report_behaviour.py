"""What the documents leave open about details and statistics of SMS."""

from __future__ import annotations

from attrs import frozen

__all__ = ["ReportBehaviour"]


@frozen(kw_only=True)
class ReportBehaviour:
    """How the emulator answers where the documents do not say."""
