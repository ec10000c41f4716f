"""What a receiver answers to a vendor: a status, and never a word of what was posted (T75)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from attrs import field, frozen

__all__ = ["BODY_SECONDS", "TOO_SLOW", "CallbackAnswer"]


@frozen
class CallbackAnswer:
    """An HTTP answer without a body.

    ``status`` is 200 where every event was accepted, 4xx where none will ever come of the post,
    500 where the vendor should post it again.
    """

    status: int
    headers: Mapping[str, str] = field(factory=dict, hash=False)


BODY_SECONDS = 10.0
"""How long the whole of a body may take to come: whoever sends half of one holds a connection."""
TOO_SLOW = CallbackAnswer(HTTPStatus.REQUEST_TIMEOUT)
"""The answer to a body that took longer; there will be nothing more on its connection."""
