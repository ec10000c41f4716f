"""What the fields of messages may hold: validators and converters that all contents share.

Each refuses with :class:`~omni_common.errors.InvalidMessageError`, whose text names the field and
what would be accepted, and never quotes the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from attrs import Attribute

from omni_common.errors import InvalidMessageError
from omni_common.redaction import shown_key

__all__ = [
    "check_duration",
    "check_line",
    "check_optional_text",
    "check_optional_url",
    "check_text",
    "check_text_mapping",
    "check_ttl",
    "check_url",
    "copied",
    "instance_of",
    "is_sendable",
    "names_only",
    "texts_of",
    "tuple_of",
]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NEVER_IN_A_URL = re.compile(rf"\s|{_CONTROL.pattern}|[\ud800-\udfff]")

Validator: TypeAlias = "Callable[[object, Attribute[Any], object], None]"


def check_text(_: object, attribute: Attribute[Any], value: object) -> None:
    """Text with at least one character."""
    if not isinstance(value, str) or not value:
        raise _invalid(attribute.name, "must be text with at least one character")
    _refuse_surrogates(attribute.name, value)


def check_optional_text(instance: object, attribute: Attribute[Any], value: object) -> None:
    """None, or text with at least one character."""
    if value is not None:
        check_text(instance, attribute, value)


def check_line(instance: object, attribute: Attribute[Any], value: object) -> None:
    """Text without line breaks and other control characters: it must not break up a log."""
    check_text(instance, attribute, value)
    if not str(value).isprintable() and _CONTROL.search(str(value)):
        raise _invalid(attribute.name, "must be on one line, without control characters")


def check_url(_: object, attribute: Attribute[Any], value: object) -> None:
    """A whole http or https URL."""
    if not _is_url(value):
        raise _invalid(attribute.name, "must be a whole http or https URL")


def check_optional_url(instance: object, attribute: Attribute[Any], value: object) -> None:
    """None, or a whole http or https URL."""
    if value is not None:
        check_url(instance, attribute, value)


def check_duration(_: object, attribute: Attribute[Any], value: object) -> None:
    """A positive number of whole seconds: vendors take no less, and nothing is rounded here."""
    if not isinstance(value, timedelta) or value <= timedelta() or value.microseconds:
        raise _invalid(attribute.name, "must be a timedelta of whole seconds, at least one")


def check_ttl(instance: object, attribute: Attribute[Any], value: object) -> None:
    """None, or a positive number of whole seconds."""
    if value is not None:
        check_duration(instance, attribute, value)


def instance_of(kind: type) -> Validator:
    """None, or an object of *kind*."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if value is not None and not isinstance(value, kind):
            raise _invalid(attribute.name, f"must be one {kind.__name__}")

    return check


def check_text_mapping(_: object, attribute: Attribute[Any], value: object) -> None:
    """None, or a mapping of text to text."""
    if value is None:
        return
    demand = "must be a mapping of text to text"
    if not isinstance(value, Mapping):
        raise _invalid(attribute.name, demand)
    _check_texts(attribute.name, (part for pair in value.items() for part in pair), demand)


def texts_of(name: str, values: object) -> tuple[str, ...]:
    """The texts of the field *name*, whose value is some iterable of them."""
    demand = "must be a sequence of texts"
    texts = tuple_of(values)
    if texts is None:
        raise _invalid(name, demand)
    _check_texts(name, texts, demand)
    return texts


def tuple_of(values: object) -> tuple[Any, ...] | None:
    """The values of an iterable; None for what is not meant as one, such as text."""
    if isinstance(values, tuple):
        return values
    if isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping):
        return tuple(values)
    return None


def copied(mapping: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A mapping of our own, that nobody else changes; what is none stays for a validator to see."""
    return dict(mapping) if mapping is not None and isinstance(mapping, Mapping) else mapping


def is_sendable(text: str) -> bool:
    """Whether UTF-8, and so JSON, can carry *text*: half a character cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def names_only(mapping: Mapping[str, object] | None) -> str:
    """Show a mapping without its values: ``<name, name>``, and of odd names only the length."""
    return "None" if mapping is None else f"<{', '.join(map(shown_key, mapping))}>"


def _invalid(name: str, demand: str) -> InvalidMessageError:
    return InvalidMessageError(f"{name} {demand}", field=name)


def _is_url(value: object) -> bool:
    if not isinstance(value, str) or _NEVER_IN_A_URL.search(value):
        return False
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0


def _check_texts(name: str, texts: Iterable[object], demand: str) -> None:
    for text in texts:
        if not isinstance(text, str):
            raise _invalid(name, demand)
        _refuse_surrogates(name, text)


def _refuse_surrogates(name: str, text: str) -> None:
    if not is_sendable(text):
        raise _invalid(name, "holds half a character (a lone surrogate), which cannot be sent")
