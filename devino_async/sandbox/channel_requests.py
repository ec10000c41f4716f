"""What a request to send over a channel holds: its query and its messages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.channel_behaviour import BodyForm
from devino_async.sandbox.channel_rules import Channel
from devino_async.sandbox.requests import recipients_in
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError, read_messages
from omni_common.sandbox import ReceivedRequest

__all__ = ["read_flags", "read_items", "read_query", "recipients_of"]

_TRUTH = {"true": True, "false": False}


def read_query(
    query: str, known: Collection[str], *, behaviour: DevinoBehaviour
) -> Mapping[str, str]:
    """The parameters of a raw query string.

    Raises:
        RequestRefusedError: one is not documented.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    for name in given.keys() - known:
        if not behaviour.accepts_unknown_fields:
            raise RequestRefusedError(Reason("invalid", name, given[name]))
    return given


def read_flags(query: str, channel: Channel, *, behaviour: DevinoBehaviour) -> Mapping[str, bool]:
    """The query parameters of a send call, which all are flags.

    Raises:
        RequestRefusedError: one is neither ``true`` nor ``false``, or is not documented.
    """
    given = read_query(query, channel.flags, behaviour=behaviour)
    for name in given.keys() & channel.flags:
        if given[name] not in _TRUTH:
            raise RequestRefusedError(Reason("invalid", name, given[name]))
    return {name: _TRUTH[given[name]] for name in channel.flags if name in given}


def read_items(body: Any, channel: Channel, *, behaviour: DevinoBehaviour) -> list[object]:
    """The messages in a send call's body, whatever each of them is.

    Raises:
        RequestRefusedError: it has not the form that the call takes, or holds none or too many.
    """
    form = channel.body(behaviour.channels)
    if form is BodyForm.MESSAGES:
        items = read_messages(body, behaviour=behaviour)
    elif form is BodyForm.ARRAY:
        items = _array(body)
    else:
        items = [_single(body)]
    if channel.most is not None and len(items) > channel.most:
        raise RequestRefusedError(Reason("too.many.messages", "messages", len(items)))
    return items


def recipients_of(channel: Channel) -> Callable[[ReceivedRequest], Iterable[str]]:
    """Read whom a request's messages are for, whatever form its body has."""
    in_object = recipients_in("messages", channel.recipient)
    bare = recipients_in(channel.recipient)
    return lambda request: [*in_object(request), *bare(request)]


def _array(body: Any) -> list[object]:
    if not isinstance(body, list):
        raise RequestRefusedError(Reason("invalid", None, body))
    if not body:
        raise RequestRefusedError(Reason("must.be.not.null"))
    return body


def _single(body: Any) -> object:
    if not isinstance(body, dict) or "messages" in body:
        raise RequestRefusedError(Reason("invalid", None, body))
    return body
