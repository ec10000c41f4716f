"""What the documents leave open about the address book."""

from __future__ import annotations

from attrs import frozen

__all__ = ["AddressBookBehaviour"]


@frozen(kw_only=True)
class AddressBookBehaviour:
    """How the emulator answers where the documents do not say."""
