"""The omnimessage: one text for one person over several channels, and the requests about it.

Everything here is a pure function of data; ``MessenteClient`` carries the requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from operator import eq
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from attrs import field, frozen
from attrs.validators import optional

from messente_async import _rules as rules
from messente_async.rcs import Rcs
from messente_async.sms import SMS
from messente_async.viber import Viber
from messente_async.whatsapp import WhatsApp
from omni_common.converter import (
    JsonError,
    StructureError,
    dumps,
    make_converter,
    register_tagged_union,
    structure,
)
from omni_common.errors import ForeignIdError, InvalidMessageError
from omni_common.exchange import Operation, Request
from omni_common.redaction import mask_number, mask_url

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "ADVISED_BATCH_SIZE",
    "Channel",
    "ChannelMessage",
    "Extra",
    "Omnimessage",
    "Priority",
    "TextStore",
    "bulk_request",
    "bulk_wire_request",
    "cancel_request",
    "from_wire",
    "send_request",
    "send_wire_request",
    "status_request",
    "to_wire",
]

ADVISED_BATCH_SIZE = 1000
"""How many omnimessages Messente advises to send in one bulk call; it states no hard limit."""

ChannelMessage: TypeAlias = SMS | Viber | WhatsApp | Rcs
"""What is sent over one channel."""
Extra: TypeAlias = Mapping[str, Any] | None
"""Fields for an omnimessage's JSON object beside those of the class."""


class Channel(StrEnum):
    """The channels of an omnimessage, as Messente spells them."""

    SMS = "sms"
    VIBER = "viber"
    WHATSAPP = "whatsapp"
    RCS = "rcs"


class TextStore(StrEnum):
    """How Messente keeps the message's text."""

    NOSTORE = "nostore"
    """Not at all."""
    PLAINTEXT = "plaintext"
    """As it is."""
    SHA256 = "sha256"
    """As a hash."""


class Priority(StrEnum):
    """Which queue the message waits in. Messente chooses where none is given."""

    LOW = "low"
    REGULAR = "regular"
    HIGH = "high"


def _as_text_store(value: TextStore | str | None) -> TextStore | None:
    return None if value is None else rules.member(TextStore, value, "text_store")


def _as_priority(value: Priority | str | None) -> Priority | None:
    return None if value is None else rules.member(Priority, value, "priority")


def _as_messages(messages: Iterable[ChannelMessage]) -> tuple[ChannelMessage, ...]:
    return rules.as_tuple(messages)


@frozen
class Omnimessage:
    """A message to one number, over one channel or over several in the order to try.

    Attributes:
        to: The number, ``+`` and 7 to 15 digits (E.164).
        messages: One message per channel, in the order to try; each channel once.
        dlr_url: Where delivery reports go, instead of the account's own address.
        text_store: How Messente keeps the text.
        time_to_send: When to send; aware, written in UTC. How far ahead it may lie is not
            documented. None means now.
        priority: Which queue it waits in.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    to: str = field(repr=mask_number, validator=rules.phone())
    messages: tuple[ChannelMessage, ...] = field(
        converter=_as_messages,
        validator=rules.several(SMS, Viber, WhatsApp, Rcs, at_least=1),
    )
    dlr_url: str | None = field(
        default=None, kw_only=True, repr=mask_url, validator=optional(rules.web_link())
    )
    text_store: TextStore | None = field(default=None, kw_only=True, converter=_as_text_store)
    time_to_send: datetime | None = field(
        default=None, kw_only=True, validator=optional(rules.aware())
    )
    priority: Priority | None = field(default=None, kw_only=True, converter=_as_priority)

    def __attrs_post_init__(self) -> None:
        channels = [message.channel for message in self.messages]
        if len(set(channels)) != len(channels):
            raise rules.invalid(self, "messages", "may hold each channel once")


@cache
def _converter() -> Converter:
    converter = make_converter(forbid_extra_keys=True, omit_if_default=True)
    read_seconds = converter.get_structure_hook(timedelta)
    converter.register_structure_hook_func(
        partial(eq, rules.Minutes), lambda minutes, kind: 60 * read_seconds(minutes, kind)
    )
    converter.register_unstructure_hook_func(
        partial(eq, rules.Minutes), lambda duration: duration // timedelta(minutes=1)
    )
    # Without a channel an SMS would be taken for Viber (T43), so that each message names its own.
    register_tagged_union(converter, ChannelMessage, tag="channel")
    return converter


def to_wire(omnimessage: Omnimessage) -> dict[str, Any]:
    """The JSON object that Messente takes for *omnimessage*, as plain values."""
    wire: dict[str, Any] = _converter().unstructure(omnimessage)
    return wire


def from_wire(wire: Mapping[str, Any]) -> Omnimessage:
    """The omnimessage that a JSON object of Messente's shape describes; the reverse of ``to_wire``.

    Raises:
        InvalidMessageError: The object is not one that ``to_wire`` could have made.
    """
    try:
        return structure(_converter(), wire, Omnimessage)
    except StructureError as error:
        problem = str(error)
    raise InvalidMessageError(f"not an omnimessage: {problem}", provider="messente")


def send_request(omnimessage: Omnimessage, extra: Extra = None) -> Request:
    """The request that sends one omnimessage (``POST /omnimessage``).

    Args:
        omnimessage: What to send.
        extra: Fields that are merged last into its JSON object, for what this library does not
            know yet.

    Raises:
        InvalidMessageError: *omnimessage* is none, or *extra* is no mapping or holds what JSON
            cannot.
    """
    return send_wire_request(_with_extra(omnimessage, extra))


def bulk_request(
    omnimessages: Sequence[Omnimessage], extras: Sequence[Extra] | None = None
) -> Request:
    """The request that sends many omnimessages (``POST /omnimessages``).

    Keep them to :data:`ADVISED_BATCH_SIZE`; that is advice, so that it is not enforced here.

    Args:
        omnimessages: What to send.
        extras: For each omnimessage, as in :func:`send_request`.

    Raises:
        InvalidMessageError: There is none to send, or something else among them, or *extras* are
            not as many, or hold what JSON cannot; or either is no list (or other sequence).
    """
    _check_sequence(omnimessages, "messages")
    more = [None] * len(omnimessages) if extras is None else extras
    _check_sequence(more, "extras")
    if len(more) != len(omnimessages):
        msg = f"{len(more)} extras for {len(omnimessages)} omnimessages: there must be one for each"
        raise InvalidMessageError(msg, provider="messente", field="extras")
    pairs = zip(omnimessages, more, strict=True)
    return bulk_wire_request([_with_extra(each, extra) for each, extra in pairs])


def send_wire_request(wire: Mapping[str, Any]) -> Request:
    """The request that sends one omnimessage, which is a JSON object already.

    Raises:
        InvalidMessageError: It holds what JSON cannot.
    """
    return _send("/omnimessage", wire)


def bulk_wire_request(wires: Sequence[Mapping[str, Any]]) -> Request:
    """The request that sends several omnimessages, which are JSON objects already.

    Raises:
        InvalidMessageError: There is none, or one holds what JSON cannot.
    """
    if not wires:
        msg = "a bulk call needs at least one omnimessage"
        raise InvalidMessageError(msg, provider="messente", field="messages")
    return _send("/omnimessages", {"messages": wires})


def status_request(omnimessage_id: str) -> Request:
    """The request that asks where an omnimessage is (``GET /omnimessage/{id}/status``).

    Raises:
        ForeignIdError: The text cannot be an id.
    """
    return Request("GET", f"{_path(omnimessage_id)}/status", Operation.READ)


def cancel_request(omnimessage_id: str) -> Request:
    """The request that cancels a scheduled omnimessage (``DELETE /omnimessage/{id}``).

    Raises:
        ForeignIdError: The text cannot be an id.
    """
    return Request("DELETE", _path(omnimessage_id), Operation.IDEMPOTENT_WRITE)


def _check_sequence(given: object, field: str) -> None:
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
        msg = f"the {field} of a bulk call must be a list"
        raise InvalidMessageError(msg, provider="messente", field=field)


def _with_extra(omnimessage: object, extra: object) -> dict[str, Any]:
    if not isinstance(omnimessage, Omnimessage):
        msg = "what is sent must be an Omnimessage"
        raise InvalidMessageError(msg, provider="messente", field="omnimessage")
    if not isinstance(extra, Mapping | None):
        msg = "extra must be a mapping of names to values"
        raise InvalidMessageError(msg, provider="messente", field="extra")
    return {**to_wire(omnimessage), **(extra or {})}


def _send(path: str, wire: Mapping[str, Any]) -> Request:
    try:
        body = dumps(wire)
    except JsonError as error:
        problem = str(error)
    else:
        return Request("POST", path, Operation.SEND, body)
    # All that an omnimessage holds has a JSON form, so that it can only be this.
    raise InvalidMessageError(f"extra: {problem}", provider="messente", field="extra")


def _path(omnimessage_id: str) -> str:
    # Ids are opaque (T51), but a path of dots would lead to another endpoint, and so would nothing.
    if isinstance(omnimessage_id, str) and omnimessage_id.strip(". \t\r\n"):
        try:
            return f"/omnimessage/{quote(omnimessage_id, safe='')}"
        except UnicodeEncodeError:  # half a character
            pass
    raise ForeignIdError("this cannot be the id of an omnimessage", provider="messente")
