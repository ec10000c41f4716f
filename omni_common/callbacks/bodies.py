"""What a vendor posts to a URL of the caller's, as far as all vendors are alike in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from omni_common.callbacks.events import Event
from omni_common.converter import JsonError, loads
from omni_common.errors import CallbackError

__all__ = ["callback_objects", "event_reader"]

T = TypeVar("T")


def callback_objects(body: bytes, *, provider: str) -> list[dict[str, Any]]:
    """The JSON objects in *body*, which holds an array of them or a single one (T7).

    Raises:
        CallbackError: It is no JSON, or holds anything that is no object: nothing is left out.
    """
    try:
        document = loads(body)
    except JsonError as error:
        msg = f"the callback cannot be read: {error}"
        raise CallbackError(msg, provider=provider, raw=body) from None
    items = document if isinstance(document, list) else [document]
    if not all(isinstance(item, dict) for item in items):
        msg = "the callback is neither a JSON object nor an array of objects"
        raise CallbackError(msg, provider=provider, raw=body)
    return items


def event_reader(
    area: str,
    read: Callable[[bytes], Sequence[T]],
    *,
    is_such: Callable[[T], bool],
    event_of: Callable[[T], Event],
) -> Callable[[bytes], list[Event]]:
    """Make the ``read`` of a ``CallbackArea`` from a vendor's own reader.

    A body is refused whole if anything in it cannot be a post of the *area*, so that another area's
    never becomes an event that says nothing.

    Args:
        area: The area's name.
        read: The vendor's own reader, which raises ``CallbackError`` for what it cannot read.
        is_such: Whether something that was read holds the least that every such post has.
        event_of: What it says in the shared words.
    """

    def read_events(body: bytes) -> list[Event]:
        posted = read(body)
        if not all(map(is_such, posted)):
            msg = f"the callback lacks what every post of {area} has"
            raise CallbackError(msg, provider=area.partition(".")[0], raw=body)
        return list(map(event_of, posted))

    return read_events
