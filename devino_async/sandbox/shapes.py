"""What a JSON object of an OMNI request may hold, field by field.

A check takes a value, where it stands and what else decides, and refuses it by raising. A request
is refused for the first thing that is wrong with it. Of the keys only those of the vendor's other
calls are known (contract sheet, F); they stand for whatever OMNI really says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import MAXYEAR, datetime
from typing import Any, NoReturn, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from omni_common.clock import read_time

__all__ = [
    "Check",
    "Shape",
    "Terms",
    "any_object",
    "either",
    "email_address",
    "items",
    "one_of",
    "refuse",
    "text",
    "time",
    "truth",
    "url",
    "whole",
]

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_EMAIL = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;.]+(\.[^@\s<>,;.]+)+")
_MAX_EMAIL = 254


@frozen(kw_only=True)
class Terms:
    """What decides about a request besides its own data."""

    senders: Collection[str] | None
    """Names the account may send from; None takes any of the documented form."""
    now: datetime
    behaviour: DevinoBehaviour


Check: TypeAlias = Callable[[Any, str, Terms], None]
"""Refuses a value, that stands where the text says, by raising :class:`RequestRefusedError`."""


def refuse(key: str, where: str | None = None, value: Any = None) -> NoReturn:
    """Refuse the request.

    Raises:
        RequestRefusedError: always.
    """
    raise RequestRefusedError(Reason(key, where, value))


@frozen
class Shape:
    """An object of known fields; called, it is a check itself."""

    fields: Mapping[str, Check]
    required: Collection[str] = field(default=())

    def __call__(self, value: Any, where: str, terms: Terms) -> None:
        """Refuse what is no object, lacks a required field or holds one that is wrong."""
        if not isinstance(value, dict):
            refuse("invalid", where, value)
        for name in self.required:
            if value.get(name) in (None, "", [], {}):
                refuse("must.be.not.null", _inside(where, name))
        for name, held in value.items():
            check = self.fields.get(name)
            if check is not None:
                check(held, _inside(where, name), terms)
            elif not terms.behaviour.accepts_unknown_fields:
                refuse("invalid", _inside(where, name), held)


def text(limit: int | None = None) -> Check:
    """Text of at least one and at most *limit* characters."""

    def check(value: Any, where: str, _terms: Terms) -> None:
        if not isinstance(value, str) or not value:
            refuse("invalid", where, value)
        if limit is not None and len(value) > limit:
            refuse("length.too.long", where, value)

    return check


def whole(least: int = 0, most: int | None = None) -> Check:
    """A JSON integer; digits in quotes are none (T20)."""

    def check(value: Any, where: str, _terms: Terms) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            refuse("invalid", where, value)
        if value < least or (most is not None and value > most):
            refuse("invalid", where, value)

    return check


def one_of(words: Collection[str]) -> Check:
    """One of *words*, in their own letters."""

    def check(value: Any, where: str, _terms: Terms) -> None:
        if not isinstance(value, str) or value not in words:
            refuse("invalid", where, value)

    return check


def items(check_item: Check, *, least: int = 0) -> Check:
    """A list of at least so many items, each of which passes *check_item*."""

    def check(value: Any, where: str, terms: Terms) -> None:
        if not isinstance(value, list):
            refuse("invalid", where, value)
        if len(value) < least:
            refuse("must.be.not.null", where)
        for position, item in enumerate(value):
            check_item(item, f"{where}[{position}]", terms)

    return check


def either(*checks: Check) -> Check:
    """Whatever passes one of *checks*; what passes none is refused as the last one does."""

    def check(value: Any, where: str, terms: Terms) -> None:
        for each in checks[:-1]:
            try:
                each(value, where, terms)
            except RequestRefusedError:
                continue
            return
        checks[-1](value, where, terms)

    return check


def truth(value: Any, where: str, _terms: Terms) -> None:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        refuse("invalid", where, value)


def any_object(value: Any, where: str, _terms: Terms) -> None:
    """An object of whatever fields."""
    if not isinstance(value, dict):
        refuse("invalid", where, value)


def url(key: str) -> Check:
    """A whole http or https URL, refused by *key*."""

    def check(value: Any, where: str, _terms: Terms) -> None:
        try:
            parts = urlsplit(value) if isinstance(value, str) else None
        except ValueError:
            parts = None
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            refuse(key, where, value)

    return check


def email_address(value: Any, where: str, _terms: Terms) -> None:
    """An e-mail address."""
    if not isinstance(value, str) or len(value) > _MAX_EMAIL or not _EMAIL.fullmatch(value):
        refuse("invalid", where, value)


def time(value: Any, where: str, _terms: Terms) -> None:
    """``YYYY-MM-DD hh:mm:ss`` by a clock on the wall (T29)."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        refuse("invalid", where, value)
    try:
        moment = read_time(value)
    except ValueError:
        refuse("invalid", where, value)
    if moment.year == MAXYEAR:  # what follows the sending would have no date
        refuse("invalid", where, value)


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
