"""Templates of notifications: to apps, and to wallet cards (contract sheet, A9 and A10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen
from attrs.validators import optional

from devino_async.converter import wire
from devino_async.fields import (
    FROM,
    WITHOUT_PLUS,
    optional_flag,
    optional_mapping,
    optional_number,
    optional_one_of,
    optional_seconds,
    optional_text,
    optional_text_or_mapping,
    optional_url,
    optional_word,
)
from devino_async.push_wallet import PushWalletPayload
from devino_async.rules import check_numeric_id, check_phone, check_text, one_of
from omni_common.redaction import mask_number, mask_sender

__all__ = ["PushTemplate", "PushWalletTemplate"]

_LONGEST_WALLET_URL = 1000


@frozen(kw_only=True)
class PushTemplate:
    """A notification to the apps of a contact (``pushTemplate``).

    Attributes:
        sender: Id of the application that sends, a number on the wire (T25); ``from``.
        title: Its title.
        text: Its text.
        badge: The number on the app's icon.
        silent_push: Whether it is handed to the app without being shown.
        options: Names and values for the app.
        android: Settings for Android, as Devino takes them; their fields are not documented.
        apns: Settings for iOS, likewise.
        validity: How long delivery is tried, in whole seconds.
        extra: Further fields of the template, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    sender: str | int = field(validator=check_numeric_id, metadata=wire("from", write=int))
    title: str | None = optional_text()
    text: str | None = optional_text()
    badge: int | None = optional_number()
    silent_push: bool | None = optional_flag()
    options: Mapping[str, Any] | None = optional_mapping()
    android: Mapping[str, Any] | None = optional_mapping()
    apns: Mapping[str, Any] | None = optional_mapping()
    validity: timedelta | None = optional_seconds()
    extra: Mapping[str, Any] | None = optional_mapping()


@frozen(kw_only=True)
class PushWalletTemplate:
    """A notification to a wallet card (``pushWalletTemplate``).

    Attributes:
        sender: Who sends it; ``from`` on the wire.
        payload: What it shows.
        to: The recipient's number, E.164 digits, with or without ``+``; sent without (T53). The
            page says that Devino validates and cuts it, but neither how nor what it is for beside
            the contact's own.
        callback_url: Where Devino posts statuses; up to 1,000 characters.
        callback_data: What these posts echo: text, as the table has it, or an object (T25).
        scheduled_time: When to send: the wall-clock time of the account, since Devino names no
            zone (T29, T30). A time with a zone is taken too where the account's zone is known.
        merge_key: A key of the caller's own that joins answers to requests.
        extra: Further fields of the template, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    sender: str = field(repr=mask_sender, validator=check_text, metadata=FROM)
    payload: PushWalletPayload = field(validator=one_of(PushWalletPayload))
    to: str | None = field(
        default=None, repr=mask_number, validator=optional(check_phone), metadata=WITHOUT_PLUS
    )
    callback_url: str | None = optional_url(longest=_LONGEST_WALLET_URL)
    callback_data: Mapping[str, Any] | str | None = optional_text_or_mapping()
    scheduled_time: datetime | None = optional_one_of(datetime)
    merge_key: str | None = optional_word()
    extra: Mapping[str, Any] | None = optional_mapping()
