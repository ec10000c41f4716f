"""What was handed out before: vendors post the same thing more than once (T60)."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Any

from omni_common.callbacks.events import Event, IncomingMessage, SubscriptionChanged
from omni_common.converter import JsonError, dumps
from omni_common.message import Channel
from omni_common.report import DeliveryReport, PartReport

__all__ = ["Repeats", "repeat_key"]

_KEY_BYTES = 16


class Repeats:
    """The last events that were accepted, by their keys; thread-safe, in this process only.

    A key takes a few dozen bytes, however long the words are that it is made of, and shows none.
    """

    def __init__(self, limit: int) -> None:
        """Remember up to *limit* events; 0 remembers none."""
        self._limit = limit
        self._keys: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: bytes | None) -> bool:
        with self._lock:
            return key in self._keys

    def remember(self, key: bytes | None) -> None:
        """Keep *key*; where there are too many, the one that was kept first is forgotten."""
        if key is None:
            return
        with self._lock:
            self._keys[key] = None
            while len(self._keys) > self._limit:
                self._keys.popitem(last=False)


def repeat_key(area: str, event: Event) -> bytes | None:
    """What two events have in common if one repeats the other; None for what is never taken so.

    A report repeats one about the same message part that says the same of it: state, time, error
    and price, which vendors may leave out at first. A message from a person repeats the very same
    post, since no vendor says that its id is enough to tell messages apart. A change of a
    subscription repeats one of the same recipient, message and time. What names none of these is
    told from nothing else, so it is never held back: rather twice than not at all.
    """
    told: tuple[object, ...] | None
    match event:
        case DeliveryReport():
            told = _report(event)
        case IncomingMessage():
            told = _message(event)
        case SubscriptionChanged():
            told = _change(event)
        case _:  # an area from elsewhere may break its contract
            told = None
    return _digest(area, type(event).__name__, told) if told else None


def _report(event: DeliveryReport) -> tuple[object, ...] | None:
    named = event.id or event.reference or any(part.id for part in event.parts)
    parts = [_part(event, part) for part in event.parts]
    if not named or not parts or None in parts:
        return None
    return (event.id, event.reference, *parts)


def _part(event: DeliveryReport, part: PartReport) -> tuple[object, ...] | None:
    """A part is named by its id or its channel; without both, by all that was posted of it."""
    name: object = part.id
    if part.id is None and not isinstance(part.channel, Channel):
        name = _json(event.raw)
        if name is None:
            return None
    said = (part.state, part.raw_state, part.at, part.raw_at, part.error, part.price)
    return (name, str(part.channel), *said)


def _message(event: IncomingMessage) -> tuple[object, ...] | None:
    # Beside the id, all that was posted: Messente has a second id, for what is not documented.
    raw = _json(event.raw)
    if not event.id or raw is None:
        return None
    said = (event.channel, event.sender, event.recipient, event.text, event.at)
    return (event.provider, event.id, *said, raw)


def _change(event: SubscriptionChanged) -> tuple[object, ...] | None:
    # Who left, came back and leaves again does the same thing twice: without a time, no repeat.
    if event.at is None or not (event.id or event.reference or event.address):
        return None
    return (event.id, event.reference, event.channel, event.change, event.address, event.at)


def _json(raw: Any) -> bytes | None:
    try:
        return dumps(raw)
    except JsonError:
        return None


def _digest(*told: object) -> bytes:
    # repr tells None from "None" and 1 from "1", and escapes what UTF-8 cannot hold.
    return hashlib.blake2b(repr(told).encode(), digest_size=_KEY_BYTES).digest()
