"""The plain values that the journal's documents are made of, and reading them strictly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

from omni_common.converter import loads

__all__ = [
    "MISSHAPEN",
    "Document",
    "DocumentError",
    "list_of",
    "of_kind",
    "optional_text",
    "read_object",
    "seconds",
    "text_of",
    "whole",
]

T = TypeVar("T", str, str | None)
Document: TypeAlias = dict[str, Any]
MISSHAPEN = (KeyError, TypeError, ValueError, ArithmeticError)
"""What comes of reading plain values as something that they are not."""


class DocumentError(ValueError):
    """What stands in the journal is none of its documents; the text holds nothing of it."""


def read_object(text: str) -> Document:
    """The object that is written as *text*, with what it holds as plain values.

    Raises:
        DocumentError: It is none.
    """
    try:
        document = loads(text.encode())
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    raise DocumentError("what stands there is no object of JSON")


def of_kind(value: Any, *kinds: type) -> Any:
    """*value*, which must be just one of *kinds*: to Python, true is a number too.

    Raises:
        TypeError: It is of another.
    """
    if type(value) not in kinds:
        raise TypeError
    return value


def text_of(value: object) -> str:
    """*value*, which must be a text."""
    return str(of_kind(value, str))


def optional_text(value: object) -> str | None:
    """*value*, which must be a text or None."""
    return None if value is None else text_of(value)


def list_of(value: object) -> list[Any]:
    """*value*, which must be a list."""
    return list(of_kind(value, list))


def seconds(value: object) -> timedelta:
    """*value*, which must be a number, in seconds."""
    return timedelta(seconds=of_kind(value, int, float))


def whole(text: T) -> T:
    """A vendor's *text* as it can be written down: half a character is none."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
