"""SMS as a part of an omnimessage."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from attrs import field, frozen
from attrs.validators import optional

from messente_async import _rules as rules
from omni_common.redaction import mask_sender, mask_text

__all__ = ["SMS", "Autoconvert"]


class Autoconvert(StrEnum):
    """What Messente does to characters that the GSM alphabet does not have (T42)."""

    ON = "on"
    """Replaced by the account's own table. Messente's default."""
    FULL = "full"
    """All of them are replaced by something similar."""
    OFF = "off"
    """Nothing is changed."""


def _as_autoconvert(value: Autoconvert | str | None) -> Autoconvert | None:
    return None if value is None else rules.member(Autoconvert, value, "autoconvert")


@frozen
class SMS:
    """A text message.

    Attributes:
        text: What it says.
        sender: A number or a name approved for the account; None means the account's default.
        ttl: How long this channel is tried before the next one's turn comes (T40), in whole
            seconds; None leaves it to Messente.
        validity: The same in whole minutes (T38); only one of the two may be given.
        autoconvert: What happens to characters outside the GSM alphabet; text such as ``"off"`` is
            taken too.
        udh: The user data header, in hexadecimal.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    channel: ClassVar[str] = "sms"

    text: str = field(repr=mask_text, validator=rules.text())
    sender: str | None = field(
        default=None, kw_only=True, repr=mask_sender, validator=optional(rules.text())
    )
    ttl: timedelta | None = field(default=None, kw_only=True, validator=optional(rules.seconds()))
    validity: rules.Minutes | None = field(
        default=None, kw_only=True, validator=optional(rules.minutes())
    )
    autoconvert: Autoconvert | None = field(default=None, kw_only=True, converter=_as_autoconvert)
    udh: str | None = field(
        default=None,
        kw_only=True,
        repr=mask_text,
        validator=optional(rules.pattern("([0-9A-Fa-f]{2})+", "pairs of hexadecimal digits")),
    )

    def __attrs_post_init__(self) -> None:
        rules.one_lifetime(self)
