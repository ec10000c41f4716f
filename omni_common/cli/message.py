"""From options to a message."""

from __future__ import annotations

import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from attrs import field, frozen
from cyclopts import Group, Parameter

from omni_common.cli.usage import UsageError
from omni_common.clock import read_time
from omni_common.message import Channel, Content, Email, Message, Priority, Sms, Viber, WhatsApp
from omni_common.reference import new_reference

__all__ = ["MESSAGE", "ContentOptions", "MessageOptions", "duration", "moment", "read_text"]

MESSAGE = Group("Message", sort_key=1)
"""Heading of these options in the help."""
_Channel: TypeAlias = Literal["sms", "viber", "whatsapp", "email"]
_Priority: TypeAlias = Literal["low", "normal", "high", "realtime"]
_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)
_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@Parameter(name="*", group=MESSAGE)
@frozen(kw_only=True)
class ContentOptions:
    """What to say, over which channels, and when."""

    text: Annotated[
        str | None,
        Parameter(
            help="The text; - reads it from standard input, where the list of processes does not"
            " show it.",
            allow_leading_hyphen=True,
        ),
    ] = field(default=None, repr=False)
    text_file: Annotated[Path | None, Parameter(help="Read the text from this file.")] = None
    channel: Annotated[_Channel, Parameter(help="The channel to try first.")] = "sms"
    then: Annotated[
        tuple[_Channel, ...],
        Parameter(
            help="A channel to try when the one before could not deliver; may be repeated.",
            consume_multiple=False,
            show_default=False,
        ),
    ] = ()
    sender: Annotated[str | None, Parameter(help="Whom it comes from.")] = None
    ttl: Annotated[
        str | None,
        Parameter(help="How long the first channel is tried: 300, 90s, 5m, 2h or 1d."),
    ] = None
    send_at: Annotated[
        str | None, Parameter(help="When to send, with its zone: 2027-01-31T09:00+02:00.")
    ] = None
    priority: Annotated[_Priority | None, Parameter(help="How urgent it is.")] = None
    callback_url: Annotated[
        str | None, Parameter(help="Where the vendor is to report delivery.")
    ] = field(default=None, repr=False)
    image_url: Annotated[str | None, Parameter(help="Viber: an image.")] = None
    button_text: Annotated[
        str | None, Parameter(help="Viber: what a button says.", allow_leading_hyphen=True)
    ] = field(default=None, repr=False)
    button_url: Annotated[str | None, Parameter(help="Viber: where a button leads.")] = None
    subject: Annotated[
        str | None, Parameter(help="E-mail: the subject.", allow_leading_hyphen=True)
    ] = field(default=None, repr=False)
    html: Annotated[bool, Parameter(help="E-mail: the text is HTML.", negative="")] = False

    def message(self, to: str, text: str | None, *, reference: str | None = None) -> Message:
        """Make the message.

        Args:
            to: The recipient.
            text: The text, as :func:`read_text` found it.
            reference: The message's own name; a new UUID unless given.

        Raises:
            UsageError: An option cannot be read, or has nothing to apply to.
            InvalidMessageError: The message cannot be right for any vendor.
        """
        channels = (self.channel, *self.then)
        if "viber" not in channels and (self.image_url or self.button_text or self.button_url):
            raise UsageError("images and buttons need viber among the channels", field="--channel")
        if "email" not in channels and (self.subject or self.html):
            raise UsageError("a subject and HTML need email among the channels", field="--channel")
        ttl = None if self.ttl is None else duration(self.ttl, "--ttl")
        first, *others = channels
        content = [self._content(first, text, ttl), *(self._content(c, text) for c in others)]
        priority = None if self.priority is None else Priority(self.priority)
        return Message(
            to,
            content,
            send_at=None if self.send_at is None else moment(self.send_at, "--send-at"),
            priority=priority,
            callback_url=self.callback_url,
            reference=new_reference() if reference is None else reference,
        )

    def _content(self, channel: str, text: str | None, ttl: timedelta | None = None) -> Content:
        if Channel(channel) is Channel.VIBER:
            return Viber(
                text,
                image_url=self.image_url,
                button_text=self.button_text,
                button_url=self.button_url,
                sender=self.sender,
                ttl=ttl,
            )
        if text is None:
            raise UsageError(f"{channel} needs --text or --text-file", field="--text")
        if Channel(channel) is Channel.EMAIL:
            return self._email(text, ttl)
        kind = WhatsApp if Channel(channel) is Channel.WHATSAPP else Sms
        return kind(text, sender=self.sender, ttl=ttl)

    def _email(self, text: str, ttl: timedelta | None) -> Email:
        if self.subject is None:
            raise UsageError("email needs --subject", field="--subject")
        plain, html = (None, text) if self.html else (text, None)
        return Email(plain, subject=self.subject, html=html, sender=self.sender, ttl=ttl)


@Parameter(name="*", group=MESSAGE)
@frozen(kw_only=True)
class MessageOptions(ContentOptions):
    """The same for a single message, which may be given a name."""

    reference: Annotated[
        str | None, Parameter(help="Your own name for the message; a new UUID unless given.")
    ] = None

    def message(self, to: str, text: str | None, *, reference: str | None = None) -> Message:
        """Make the message; see ``ContentOptions.message``."""
        return super().message(to, text, reference=reference or self.reference)


def read_text(text: str | None, file: Path | None) -> str | None:
    """The text of a message, from the option, standard input or a file; None if there is none.

    A line break at the end of what is read belongs to the file, not to the text.

    Raises:
        UsageError: It is given twice, cannot be read, or is not UTF-8.
    """
    if text is not None and file is not None:
        raise UsageError("--text and --text-file are both given; leave out one", field="--text")
    if file is None and text != "-":
        return text
    name = "standard input" if file is None else "--text-file"
    try:
        raw = sys.stdin.buffer.read() if file is None else file.read_bytes()
        return re.sub(r"\r?\n\Z", "", raw.decode("utf-8-sig"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    # Raised out here, where no exception that holds the text is at hand any more.
    raise UsageError(f"{name} cannot be read: {reason}", field="--text")


def duration(text: str, option: str) -> timedelta:
    """Read seconds, or a number with its unit: ``300``, ``90s``, ``5m``, ``2h``, ``1d``.

    Raises:
        UsageError: It is none.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"{option} must be like 300 (seconds), 90s, 5m, 2h or 1d", field=option)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def moment(text: str, option: str) -> datetime:
    """Read an ISO 8601 date and time; whether it names its zone is for the message to check.

    Raises:
        UsageError: It is none.
    """
    try:
        return read_time(text)
    except ValueError:
        pass  # raised below, without the library's words
    raise UsageError(f"{option} must be like 2027-01-31T09:00+02:00", field=option)
