"""The references of a campaign: the same for the same campaign and recipient, whenever it runs.

That is what makes a campaign continue instead of beginning again. The campaign's part comes first,
so that an outbox can be asked for all of it by a prefix.
"""

from __future__ import annotations

from hashlib import blake2b

from attrs import field, frozen

from omni_common.cli.bulk.recipient import same_for

__all__ = ["References", "is_of_campaign"]

_CAMPAIGN_BYTES = 8
_RECIPIENT_BYTES = 16


def _prefix(campaign: str) -> str:
    return f"{blake2b(campaign.encode(), digest_size=_CAMPAIGN_BYTES).hexdigest()}-"


def _reference(prefix: str, address: str) -> str:
    digest = blake2b(same_for(address).encode(), key=prefix.encode(), digest_size=_RECIPIENT_BYTES)
    return prefix + digest.hexdigest()


def is_of_campaign(reference: str, address: str) -> bool:
    """Whether *reference* is that of the message of some campaign to *address*."""
    prefix = reference[: 2 * _CAMPAIGN_BYTES + 1]
    return prefix.isascii() and reference == _reference(prefix, address)


@frozen
class References:
    """Names the messages of one campaign."""

    prefix: str = field(converter=_prefix)
    """What they begin with; made from the campaign's name."""

    def of(self, address: str) -> str:
        """The reference of the message to *address*."""
        return _reference(self.prefix, address)
