"""Tokens in paths, kept out of access logs.

A vendor that does not sign its posts proves itself by a token at the end of the URL (T68), and
servers write the paths of requests into their access logs. A ``TokenMask`` on a logger or a handler
replaces whatever follows the path of such an area: ``POST /devino/sms/*** HTTP/1.1``.

What does not pass through Python's ``logging`` cannot be masked from here: the access log of a
proxy or load balancer in front, ``wsgiref`` (which prints to standard error), daphne's
``--access-log``, uWSGI's request log, and tracing tools that record URLs by themselves. Mask the
last part of the path there, or do not log these paths.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterable
from typing import Any

__all__ = ["ACCESS_LOGGERS", "TokenMask", "mask_loggers"]

ACCESS_LOGGERS = (
    "aiohttp.access",
    "aiohttp.server",
    "aiohttp.web",
    "cheroot.access",
    "daphne.http_protocol",
    "django.channels.server",
    "django.request",
    "django.server",
    "granian.access",
    "gunicorn.access",
    "gunicorn.error",
    "hypercorn.access",
    "hypercorn.error",
    "tornado.access",
    "uvicorn.access",
    "uvicorn.asgi",
    "uvicorn.error",
    "werkzeug",
    "wsgi",
)
"""Loggers to which servers are known to write the paths of requests."""

_MASK = r"\1***"
_NEVER = re.compile(r"(?!)()")
_formatter = logging.Formatter()
_DEEPEST = 4
"""How far into mappings and sequences of a record it is looked; they may hold themselves."""


class TokenMask(logging.Filter):
    """Masks tokens in the message, the arguments and the extra texts of a log record.

    It lets every record through, changed if there is something to mask. Where a token comes from
    an argument that is no text, such as a request, the message is put together for good. Two masks
    for the same paths are equal, so that a logger holds one, however many receivers there are. A
    filter on a logger sees what is logged there, not what comes up from loggers below it; one on a
    handler sees all that the handler writes. A traceback with a token in it is masked for
    formatters that take ``exc_text`` where it is set, as logging's own do.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        """Mask what follows one of *paths*, such as ``/devino/sms``."""
        super().__init__()
        self.paths = frozenset(paths)
        self._token = _token_after(self.paths)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TokenMask) and other.paths == self.paths

    def __hash__(self) -> int:
        return hash(self.paths)

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the tokens in *record*, and let it through."""
        for name, value in list(vars(record).items()):
            # What follows a path in the message itself may be the place of an argument.
            masked = value if name == "msg" else self._masked(value, _DEEPEST)
            if masked is not value:
                setattr(record, name, masked)
        if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
            text = _formatter.formatException(record.exc_info)
            masked = self._masked(text, _DEEPEST)
            record.exc_text = None if masked is text else masked
        self._mask_message(record)
        return True

    def _mask_message(self, record: logging.LogRecord) -> None:
        """Mask the message as it is put together: an argument may be a request with a path."""
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - logging itself tells of arguments that do not fit
            record.msg = self._masked(record.msg, _DEEPEST)
            return
        masked = self._masked(text, _DEEPEST)
        if masked is not text:
            record.msg, record.args = masked, ()

    def _masked(self, value: Any, depth: int) -> Any:
        """*value* without tokens; the very same object if there is none in it."""
        match value:
            case str():
                return self._token.sub(_MASK, value) if self._token.search(value) else value
            case bytes():
                text = value.decode("latin-1")
                masked = self._masked(text, depth)
                return value if masked is text else masked.encode("latin-1")
            case tuple() | list() if depth:
                items = [self._masked(item, depth - 1) for item in value]
                if not _differ(items, value):
                    return value
                return items if isinstance(value, list) else tuple(items)
            case dict() if depth:
                return self._masked_mapping(value, depth)
            case _:
                return value

    def _masked_mapping(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        items = {name: self._masked(item, depth - 1) for name, item in value.items()}
        if not _differ(items.values(), value.values()):
            return value
        # Of the same class: servers log mappings of their own that answer for missing names too.
        masked = copy.copy(value)
        masked.update(items)
        return masked


def mask_loggers(mask: TokenMask, names: Iterable[str]) -> None:
    """Put *mask* on the loggers called *names*; a logger that has it already is left as it is."""
    for name in names:
        logging.getLogger(name).addFilter(mask)


def _token_after(paths: Iterable[str]) -> re.Pattern[str]:
    """Finds what stands behind one of *paths*, up to the end of the URL's path.

    Servers decode a path before it is looked up, so each of its characters may be written as a
    percent-escape too; and where somebody mistyped a URL there may be a slash too many, or one that
    is escaped twice, before a token that is good all the same. A token has at least one letter,
    digit, ``_`` or ``-``, so that what was masked already, and punctuation behind a path, is none.
    """
    written = sorted("".join(map(_in_two_ways, f"{path}/")) for path in paths)
    if not written:
        return _NEVER
    within = r"[^\s\"'<>?#]"
    return re.compile(rf"({'|'.join(written)})(?={within}*[\w-]){within}+", re.IGNORECASE)


def _in_two_ways(character: str) -> str:
    if character == "/":
        return "(?:/|%2f|%252f)+"
    return f"(?:{re.escape(character)}|%{ord(character):02x})"


def _differ(some: Iterable[object], others: Iterable[object]) -> bool:
    return any(one is not other for one, other in zip(some, others, strict=True))
