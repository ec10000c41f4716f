"""What Devino posts to a URL of the caller's: bytes in, typed events out.

Devino's callbacks are not signed (T68): put a secret into the URL, and ask Devino again before
acting on anything that is worth money.
"""

from __future__ import annotations

from typing import TypeVar

from devino_async.converter import read_objects
from omni_common.callbacks import callback_objects

__all__ = ["read_events"]

T = TypeVar("T")


def read_events(kind: type[T], body: bytes) -> tuple[T, ...]:
    """The events in *body*, one object or an array of them, each read as a *kind*, in their order.

    Raises:
        CallbackError: *body* is no array of JSON objects, nor one object.
    """
    return read_objects(kind, callback_objects(body, provider="devino"))
