"""What the documents leave open about Viber, push, push wallet, WhatsApp, VK and the account."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from devino_async.sandbox.switches import checked, switch

__all__ = ["AmountForm", "BodyForm", "ChannelBehaviour", "WalletTime"]


class BodyForm(Enum):
    """What stands around the messages in the body of a send (T7)."""

    MESSAGES = "messages"
    """``{"messages": [...]}``"""
    ARRAY = "array"
    """``[...]``"""
    SINGLE = "single"
    """One message alone, with nothing around it."""


class WalletTime(Enum):
    """How push wallet takes ``scheduledTime``: one page says UTC, one a local date and time."""

    LOCAL = "local"
    """``2027-01-01T09:00:00``"""
    SPACED = "spaced"
    """``2027-01-01 09:00:00``, as Viber."""
    INSTANT = "instant"
    """``2027-01-01T09:00:00Z``, with or without fractions, as SMS."""


class AmountForm(Enum):
    """How the account's amounts are written (T21)."""

    WHOLE = "whole"
    """``1000``"""
    FRACTION = "fraction"
    """``1000.5``, where the half stands for whatever is left of a unit."""
    TEXT = "text"
    """``"1000.0000"``, as the prices in reports."""


@frozen(kw_only=True, field_transformer=checked)
class ChannelBehaviour:
    """How the emulator answers where the documents do not say.

    The answers to these sends are not documented but for the beginning of VK's; by default they are
    those of SMS. So are the callbacks, and the words in them.
    """

    push_body: BodyForm = BodyForm.MESSAGES
    """What stands around push messages."""
    wallet_body: BodyForm = switch(BodyForm.ARRAY, others=(BodyForm.SINGLE,))
    """What stands around push wallet messages: the pages differ."""
    whatsapp_body: BodyForm = BodyForm.SINGLE
    """What stands around WhatsApp messages, in both calls: no page says."""
    wallet_time: WalletTime = WalletTime.LOCAL
    """How push wallet takes ``scheduledTime``."""
    viber_combinations: bool = False
    """Whether Viber takes only the four combinations of text, button and image of an older page;
    otherwise anything with a text, an image or a file."""

    single_result: bool = False
    """Whether the ``result`` for one message is the item itself instead of a list with it."""
    id_key: str | None = switch("messageId", others=("id", None))
    """Under which key an accepted item has its id; None gives none."""
    id_as_number: bool = False
    """Whether the id is a JSON number."""

    lower_case_status: bool = False
    """Whether callbacks have the words of SMS in small letters, as OMNI's do."""
    callback_data_key: str | None = switch("callbackData", others=(None,))
    """Key under which a callback echoes ``callbackData``; None echoes nothing."""

    amounts: AmountForm = AmountForm.WHOLE
    """How the account's amounts are written."""
    company_id_as_text: bool = False
    """Whether the account's ids are strings."""
    plan_record_in_result: bool = True
    """Whether the answer about a plan is in a ``result``, as other answers are."""
