"""What a request to the emulated vendor holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from omni_common.sandbox import ReceivedRequest

__all__ = ["json_body", "recipients_in"]


def json_body(request: ReceivedRequest) -> Any:
    """What a request's JSON body holds.

    Raises:
        RequestRefusedError: it is not declared to be JSON, or is none.
    """
    content_type = request.headers.get("Content-Type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RequestRefusedError(Reason("invalid", "Content-Type", content_type))
    try:
        return request.json()
    except (ValueError, RecursionError):
        raise RequestRefusedError(Reason("invalid")) from None


def recipients_in(*path: str) -> Callable[[ReceivedRequest], Iterable[str]]:
    """Read whom a request's messages are for, whatever its body holds.

    *path* leads there, key by key, through objects and the items of lists: ``"messages", "to"``.
    """

    def recipients(request: ReceivedRequest) -> Iterable[str]:
        try:
            found: list[Any] = [json_body(request)]
        except RequestRefusedError:
            return ()
        for key in path:
            found = [each.get(key) for each in _items(found) if isinstance(each, dict)]
        return [each for each in _items(found) if isinstance(each, str)]

    return recipients


def _items(values: list[Any]) -> list[Any]:
    """*values*, with the items of lists in place of the lists."""
    return [item for each in values for item in (each if isinstance(each, list) else [each])]
