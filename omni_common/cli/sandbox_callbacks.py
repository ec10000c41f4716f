"""Where ``omni sandbox`` posts what it has to tell, and what people write to it."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from attrs import asdict, field, frozen
from cyclopts import Group, Parameter

from omni_common.cli.usage import UsageError
from omni_common.settings import is_loopback

__all__ = ["NOWHERE", "SHARED_SECRET", "CallbackUrls", "read_person", "take_lines"]

SHARED_SECRET = "sandbox-shared-secret"  # noqa: S105 - opens nothing but the sandbox
"""What the emulated Messente signs messages from people with."""
_SETTINGS = {
    "messente_callback_url": ("messente", "dlr_url"),
    "messente_inbound_url": ("messente", "inbound_url"),
    "devino_callback_url": ("devino", "account_callback_url"),
    "devino_email_callback_url": ("devino", "email_callback_url"),
    "devino_incoming_url": ("devino", "incoming_callback_url"),
}
"""The vendor that each option is for, and the setting of its emulator."""
_FROM_PEOPLE = frozenset({"messente_inbound_url", "devino_incoming_url"})
_PERSON = re.compile(r"(\+?[1-9][0-9]{6,14})\s+(\S.*)", re.ASCII)
_CHUNK = 4096
_Url: TypeAlias = str | None


@Parameter(
    name="*",
    group=Group(
        "Callbacks",
        sort_key=1,
        help="Where the emulators post, on this machine only. A message that names a URL of its"
        " own is reported there: `omni send --callback-url`.",
    ),
)
@frozen(kw_only=True)
class CallbackUrls:
    """Where the emulated accounts post what no message names a URL for."""

    messente_callback_url: Annotated[
        _Url, Parameter(help="Messente's delivery reports, signed with the password.")
    ] = field(default=None, repr=False)
    messente_inbound_url: Annotated[
        _Url,
        Parameter(
            help=f"What people write to Messente's numbers, signed with {SHARED_SECRET}; each line"
            " of standard input is such a message: +37251000099 Yes please"
        ),
    ] = field(default=None, repr=False)
    devino_callback_url: Annotated[
        _Url, Parameter(help="Devino's callbacks about SMS, which are not signed.")
    ] = field(default=None, repr=False)
    devino_email_callback_url: Annotated[
        _Url, Parameter(help="Devino's callbacks about e-mail, which can go nowhere else.")
    ] = field(default=None, repr=False)
    devino_incoming_url: Annotated[
        _Url, Parameter(help="What people write to Devino's numbers, as above.")
    ] = field(default=None, repr=False)

    @property
    def given(self) -> dict[str, str]:
        """The URLs that were given, by their options' names with underscores."""
        return {name: url for name, url in asdict(self).items() if url is not None}

    def settings(self, vendor: str) -> dict[str, Any]:
        """The settings of the emulator of *vendor*.

        Raises:
            UsageError: A URL leads away from this machine, or is none.
        """
        found: dict[str, Any] = {}
        for name, url in self.given.items():
            its_vendor, setting = _SETTINGS[name]
            if its_vendor == vendor:
                found[setting] = _checked(name, url)
        return found

    def hears(self, vendor: str) -> bool:
        """Whether what people write to *vendor* is posted anywhere."""
        return any(_SETTINGS[name][0] == vendor for name in _FROM_PEOPLE & self.given.keys())


NOWHERE = CallbackUrls()
"""Nothing is posted but what messages themselves ask for."""


def read_person(line: str) -> tuple[str, str] | None:
    """The number of a person and what the person writes, or None where *line* is no such thing."""
    match = _PERSON.fullmatch(line)
    return (match[1], match[2]) if match else None


def take_lines(take: Callable[[str], None]) -> None:
    """Call *take* in the running loop with each line of standard input, from now on."""
    if sys.stdin is None or not _may_read(sys.stdin.fileno()):
        return
    # Not through sys.stdin: a thread that waits there keeps the interpreter from ending.
    threading.Thread(
        target=_take_lines,
        args=(sys.stdin.fileno(), asyncio.get_running_loop(), take),
        name="omni sandbox input",
        daemon=True,
    ).start()


def _may_read(descriptor: int) -> bool:
    """Whether reading would not stop this process, as a terminal stops those in its background."""
    if not os.isatty(descriptor) or not hasattr(os, "tcgetpgrp"):
        return True
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # a terminal that stops nobody here: it is not the one this was started from
        return True


def _take_lines(
    descriptor: int, loop: asyncio.AbstractEventLoop, take: Callable[[str], None]
) -> None:
    with suppress(OSError, RuntimeError):  # nothing to read from; the loop is closed
        for line in _lines(descriptor):
            loop.call_soon_threadsafe(take, line)


def _lines(descriptor: int) -> Iterator[str]:
    rest = b""
    while chunk := os.read(descriptor, _CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace").strip()


def _checked(name: str, url: str) -> str:
    option = f"--{name.replace('_', '-')}"
    try:
        parts = urlsplit(url)
        is_here = parts.scheme in {"http", "https"} and is_loopback(parts.hostname or "")
    except ValueError:
        is_here = False
    if not is_here:
        raise UsageError(
            f"{option} must be a URL on this machine, like http://127.0.0.1:8000/reports: the"
            " emulators post nowhere else",
            field=option,
        )
    return url
