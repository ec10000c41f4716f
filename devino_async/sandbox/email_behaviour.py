"""What the documents leave open about e-mail, its files and its reports."""

from __future__ import annotations

from attrs import frozen

__all__ = ["EmailBehaviour"]


@frozen(kw_only=True)
class EmailBehaviour:
    """How the emulator answers where the documents do not say."""
