"""What a vendor posts to a URL of the caller's, as far as all vendors are alike in it."""

from __future__ import annotations

from typing import Any

from omni_common.converter import JsonError, loads
from omni_common.errors import CallbackError

__all__ = ["callback_objects"]


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
