"""The transport settings that every provider spoken to over HTTP has, by the same names."""

from __future__ import annotations

import math
import os
import re
from ipaddress import ip_address
from typing import Any, Self, TypedDict, Unpack
from urllib.parse import SplitResult, urlsplit

from attrs import Attribute, field, frozen

from omni_common.errors import ConfigurationError
from omni_common.redaction import mask_url
from omni_common.secret import Secret
from omni_common.spelling import unknown_name

__all__ = ["TransportOptions", "TransportSettings", "is_loopback"]

_VISIBLE = re.compile(r"[!-\[\]-~]+")
"""What may stand in a URL; the rest, and a backslash, is written in percent-escapes."""
_HOST = r"(?=[^@]{1,254}\Z)(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?"
"""A name as DNS knows it: one of another alphabet has a form of its own there, ``xn--...``."""
_NETLOC = re.compile(rf"(?:[^@]*@)?(?:\[[0-9A-Fa-f:.]+\]|{_HOST})(?::[0-9]+)?", re.ASCII)
"""Stricter than ``urlsplit``, which finds the host ``::1`` in ``evil[::1]``."""
_LARGEST = 10**1000
"""Whole numbers that are much longer cannot even be printed."""


class TransportOptions(TypedDict, total=False):
    """The keyword arguments that set up the transport; each means what it does in the settings.

    For constructors: ``def __init__(self, key, *, session=None, **options:
    Unpack[TransportOptions])``. ``connect`` reads the names from there, so a connection URL or a
    profile may set every one of them.
    """

    base_url: str
    timeout: float
    bulk_timeout: float
    connect_timeout: float
    concurrency: int
    rate: float | None
    max_attempts: int
    proxy: Secret | str | None
    ca_file: str | None
    insecure: bool
    response_limit: int


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine: ``localhost``, 127.0.0.0/8 or ``::1``; asks no DNS."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _base_url(value: Any) -> Any:
    return value.rstrip("/") if isinstance(value, str) else value


def _proxy(value: Any) -> Any:
    return Secret(value) if isinstance(value, str) else value


def _check_seconds(_: object, attribute: Attribute[float], value: object) -> None:
    if not _is_positive(value):
        raise _wrong(attribute.name, "a number of seconds above 0")


def _check_rate(_: object, attribute: Attribute[float | None], value: Any) -> None:
    # The time between two requests has to be one that a float can hold.
    if value is not None and not (_is_positive(value) and 0 < 1 / value < math.inf):
        raise _wrong(attribute.name, "a number of requests a second above 0, or None for no limit")


def _check_count(_: object, attribute: Attribute[int], value: object) -> None:
    if not isinstance(value, int) or not _is_positive(value):
        raise _wrong(attribute.name, "a whole number from 1")


def _check_flag(_: object, attribute: Attribute[bool], value: object) -> None:
    if not isinstance(value, bool):
        raise _wrong(attribute.name, "True or False")


def _check_file(_: object, attribute: Attribute[str | None], value: object) -> None:
    if value is not None and (not isinstance(value, str) or not _is_path(value)):
        raise _wrong(attribute.name, "the path of a file with PEM certificates, as text, or None")


def _check_base_url(_: object, attribute: Attribute[str], value: object) -> None:
    parts = _split(value)
    if parts is None or "@" in parts.netloc or "?" in str(value) or "#" in str(value):
        raise _wrong(
            attribute.name,
            "https://HOST[:PORT][/PATH] in ASCII, without user, password, query and fragment"
            " (http:// for this machine only)",
        )


def _check_proxy(_: object, attribute: Attribute[Secret | None], value: object) -> None:
    if value is None:
        return
    parts = _split(value.reveal()) if isinstance(value, Secret) else None
    if parts is None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise _wrong(
            attribute.name, "http://[USER:PASSWORD@]HOST[:PORT] in ASCII, or https://, or None"
        )


@frozen(kw_only=True)
class TransportSettings:
    """Where and how requests travel. Times are seconds.

    Raises:
        ConfigurationError: A value is out of its range, or a credential would travel in the clear;
            ``field`` names the setting.
    """

    base_url: str = field(converter=_base_url, validator=_check_base_url, repr=mask_url)
    """The vendor's address; a slash at its end is dropped."""
    timeout: float = field(default=30.0, validator=_check_seconds)
    """For one call: attempts and the waits between them, once it has a connection slot."""
    bulk_timeout: float = field(default=120.0, validator=_check_seconds)
    """The same for a call that carries many messages."""
    connect_timeout: float = field(default=10.0, validator=_check_seconds)
    """For making one connection: DNS, TCP and TLS."""
    concurrency: int = field(default=100, validator=_check_count)
    """Connections open at the same time; more calls wait for their turn."""
    rate: float | None = field(default=None, validator=_check_rate)
    """Requests begun in a second; None is as fast as connections allow."""
    max_attempts: int = field(default=3, validator=_check_count)
    """Requests for one call, the first included; only what is proved unsent is sent again."""
    proxy: Secret | None = field(default=None, converter=_proxy, validator=_check_proxy)
    """The URL of an HTTP proxy. It may hold a password, so it is kept as a secret."""
    ca_file: str | None = field(default=None, validator=_check_file)
    """A file of PEM certificates to trust in place of the system's."""
    insecure: bool = field(default=False, validator=_check_flag)
    """Allow credentials over plain HTTP to other machines. TLS is verified all the same."""
    response_limit: int = field(default=64 * 1024 * 1024, validator=_check_count)
    """Bytes of an answer that are read; a longer answer is an error."""

    def __attrs_post_init__(self) -> None:
        """Keep credentials off plain HTTP, save to this machine."""
        if self.insecure:
            return
        if _is_plain_elsewhere(self.base_url):
            raise _insecure("base_url", "credentials would go to another machine in the clear")
        proxy = "" if self.proxy is None else self.proxy.reveal()
        if not _is_plain_elsewhere(proxy):
            return
        if urlsplit(self.base_url).scheme == "http":
            raise _insecure("proxy", "a request to an http:// address would pass it in the clear")
        if "@" in proxy:
            raise _insecure("proxy", "its user and password would go to it in the clear")

    @classmethod
    def from_options(cls, options: TransportOptions, **defaults: Unpack[TransportOptions]) -> Self:
        """Build settings from what the caller gave, over the *defaults* of a vendor.

        One of the two has to hold ``base_url``.

        Raises:
            ConfigurationError: An option has no such name, or see the class.
        """
        known = TransportOptions.__annotations__
        for name in options:
            if name not in known:
                raise unknown_name("setting", name, known)
        merged: TransportOptions = {**defaults, **options}
        return cls(**merged)


def _split(url: object) -> SplitResult | None:
    """Take an http or https URL apart; None when it is not one that can be connected to."""
    if not isinstance(url, str) or _VISIBLE.fullmatch(url) is None:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        return None
    return parts if usable and _NETLOC.fullmatch(parts.netloc) else None


def _is_path(text: str) -> bool:
    """Whether a file could have this name."""
    try:
        return 0 not in os.fsencode(text) and bool(text)
    except UnicodeEncodeError:
        return False


def _is_plain_elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def _is_positive(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value < (_LARGEST if isinstance(value, int) else math.inf)


def _wrong(name: str, accepted: str) -> ConfigurationError:
    return ConfigurationError(f"{name} must be {accepted}", field=name)


def _insecure(name: str, danger: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name}: {danger}; use https://, or set insecure if the network between is trusted",
        field=name,
    )
