"""Viber over Devino: ``POST /viber/messages`` (contract sheet, A9).

The fields are those of the 0.2.0 page as far as it is known, and of the older page where the newer
one breaks off (T74): from ``validity`` on. Which combinations of fields are a message, both pages
say differently, so only what both agree on is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import optional

from devino_async.channel_sending import (
    ChannelPriority,
    ChannelResult,
    exchange,
    send_request,
)
from devino_async.converter import write_object
from devino_async.fields import (
    FROM,
    WITHOUT_PLUS,
    optional_link,
    optional_mapping,
    optional_seconds,
    optional_text,
    optional_time,
    optional_url,
    optional_word,
)
from devino_async.problems import check_list, invalid
from devino_async.query import flag, parameters
from devino_async.rules import check_phone, check_text
from omni_common.exchange import Request
from omni_common.redaction import mask_number, mask_sender
from omni_common.transport import Transport

__all__ = [
    "LONGEST_CAPTION",
    "LONGEST_TEXT",
    "LONGEST_VALIDITY",
    "SHORTEST_VALIDITY",
    "ViberMessage",
    "ViberResource",
    "viber_request",
]

LONGEST_TEXT = 2000
"""Characters of a text; the vendor splits what is longer than 1000."""
LONGEST_CAPTION = 30
"""Characters on a button."""
SHORTEST_VALIDITY = timedelta(seconds=15)
LONGEST_VALIDITY = timedelta(seconds=1_209_600)
_SECOND = timedelta(seconds=1)
_LARGEST_FILE = 200
"""Megabytes."""


def _check_size(_: object, attribute: Attribute[Any], value: Any) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _LARGEST_FILE:
        raise invalid(attribute.name, f"must be a number from 0 to {_LARGEST_FILE}")


@frozen(kw_only=True)
class ViberMessage:
    """One Viber message as Devino takes it: text, a picture or a file, and a button.

    The older page has four combinations: text; text, action and caption; text, action, caption and
    image; action, caption and image. The newer one adds files. A message needs a text, an image or
    a file; the rest of these rules is left to Devino. The field that holds a file's own address is
    not documented: pass it in ``extra`` if it is not ``image``.

    Attributes:
        sender: The approved sender's name; ``from`` on the wire.
        to: E.164 digits, with or without ``+``; sent without (T53).
        text: Up to 2000 characters.
        image: URL of a JPG, JPEG or PNG file.
        file_type: A file's extension, without the dot.
        file_name: A file's name.
        thumbnail: A preview picture; of what is not said.
        duration: A length, whole seconds; of what is not said.
        file_size: A file's size in megabytes, 0 to 200, not necessarily whole.
        caption: The button's text, up to 30 characters.
        action: What the button opens: a URL or a deep link.
        validity: How long delivery is tried, 15 to 1,209,600 whole seconds; None leaves it to
            Devino, whose older page says a day.
        priority: One of Devino's words; the older page has the numbers 0 to 3 instead (T41, T74).
        scheduled_time: When to send, aware, of whole seconds; sent in UTC as ``YYYY-MM-DD
            hh:mm:ss`` (T29).
        callback_url: Where Devino posts what becomes of the message. What it posts is not
            documented.
        options: Values of the caller's own. Declared as an array of objects; written as an object,
            as for SMS, since nothing shows the array.
        extra: Further fields, merged last into this message's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    sender: str = field(repr=mask_sender, validator=check_text, metadata=FROM)
    to: str = field(repr=mask_number, validator=check_phone, metadata=WITHOUT_PLUS)
    text: str | None = optional_text(LONGEST_TEXT)
    image: str | None = optional_url()
    file_type: str | None = optional_text()
    file_name: str | None = optional_text()
    thumbnail: str | None = optional_link()
    duration: timedelta | None = optional_seconds(1)
    file_size: float | None = field(default=None, validator=optional(_check_size))
    caption: str | None = optional_text(LONGEST_CAPTION)
    action: str | None = optional_link()
    validity: timedelta | None = optional_seconds(
        SHORTEST_VALIDITY // _SECOND, LONGEST_VALIDITY // _SECOND
    )
    priority: ChannelPriority | str | None = optional_word()
    scheduled_time: datetime | None = optional_time(separator=" ")
    callback_url: str | None = optional_url()
    options: Mapping[str, Any] | None = optional_mapping()
    extra: Mapping[str, Any] | None = optional_mapping()

    @file_type.validator
    def _check_dot(self, attribute: Attribute[Any], value: str | None) -> None:
        if value is not None and value.startswith("."):
            raise invalid(attribute.name, "must be an extension without the dot")

    def __attrs_post_init__(self) -> None:
        if not any((self.text, self.image, self.file_type, self.file_name)):
            raise invalid("text", "or an image or a file must be given")


def viber_request(messages: Sequence[ViberMessage], *, shorten_url: bool = False) -> Request:
    """``POST /viber/messages``.

    Raises:
        InvalidMessageError: There are no messages, or *shorten_url* is neither true nor false.
    """
    check_list(messages, ViberMessage)
    flag(shorten_url, name="shorten_url", required=True, refusal=invalid)
    return send_request(
        "/viber/messages",
        [write_object(message) for message in messages],
        query=parameters(("shortenUrl", True if shorten_url else None)),
    )


class ViberResource:
    """``DevinoClient.viber``: send Viber messages."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def send(
        self, messages: Sequence[ViberMessage], *, shorten_url: bool = False
    ) -> list[ChannelResult]:
        """Send messages in one call; returns one result per message, in order.

        A message that Devino rejects does not raise: look at each result's ``outcome``. How many
        messages a call may hold is not documented.

        Args:
            messages: What to send.
            shorten_url: Have links shortened.

        Raises:
            NotSentError: The whole call was refused or never left.
            OutcomeUnknownError: Nothing certain is known of any of the messages.
        """
        request = viber_request(messages, shorten_url=shorten_url)
        return await exchange(self._transport, request, len(messages))
