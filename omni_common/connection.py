"""Connection URLs, taken apart: ``messente://USER:PASSWORD@HOST[:PORT][/PATH]?option=value``.

What works with a file instead of an address has no host: ``outbox:///PATH?option=value``.

A URL holds credentials, so no error here quotes any part of it but the names of options, and none
is raised while another exception, which might quote it, is being handled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address
from urllib.parse import unquote

from attrs import field, frozen

from omni_common.errors import ConfigurationError
from omni_common.redaction import mask_url, shown_name
from omni_common.secret import Secret
from omni_common.settings import is_loopback

__all__ = ["Connection", "parse_url"]

_FORM = "SCHEME://USER:PASSWORD@HOST[:PORT][/PATH]?option=value"
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+._-]*)://"
    r"(?:(?P<userinfo>[^@/?#]*)@)?"
    r"(?P<host>\[[^\[\]@/?#]*\]|[^\[\]:@/?#]*)(?::(?P<port>[^\[\]:@/?#]*))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?"
)
_HOST = re.compile(r"\w[\w.-]*", re.ASCII)
_UNPRINTABLE = re.compile(r"[\s\x00-\x20\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LAST_PORT = 65535


def _names(values: Mapping[str, object]) -> str:
    return f"<{', '.join(values) or 'none'}>"


@frozen(kw_only=True)
class Connection:
    """Everything that says which provider to build and how; nothing of it is checked yet.

    ``user`` and ``password`` are what stands before the ``@`` of a URL, decoded; which parameters
    they stand for is the provider's to say. Its repr shows no value that could be a credential.
    """

    provider: str
    """The provider's name: the scheme of a URL, the ``type`` of a profile. Lower case."""
    user: Secret | None = None
    """A secret too, since some vendors' keys stand in this place."""
    password: Secret | None = None
    base_url: str | None = field(default=None, repr=mask_url)
    """The address that the URL names; None for the vendor's own."""
    path: str | None = field(default=None, repr=False)
    """The path of a file, where the URL names no address; relative unless it begins with a slash.
    """
    options: Mapping[str, str] = field(factory=dict, repr=_names)
    """Settings from a URL: texts, still to be converted."""
    settings: Mapping[str, object] = field(factory=dict, repr=_names)
    """Settings from a profile or a mapping: values with types."""
    origin: str = ""
    """Where it was written, as the beginning of names in errors, such as ``profiles.shop.``."""


def parse_url(url: str, *, origin: str = "") -> Connection:
    """Take a connection URL apart.

    ``default`` as host stands for the vendor's own address; another host, port and path replace
    it, over plain HTTP for this machine and over HTTPS for any other. What follows three slashes is
    the path of a file. That, user, password and the options are percent-decoded; a plus sign stays
    a plus sign.

    Raises:
        ConfigurationError: It is no connection URL, or ambiguous; the text quotes none of it.
    """
    _refuse_unencoded(url)
    match = _URL.fullmatch(url)
    if match is None:
        raise _malformed(f"the form is {_FORM}")
    user, password = _userinfo(match["userinfo"])
    host, port, path = match["host"], match["port"], match["path"] or ""
    is_file = not host and port is None and user is None and len(path) > 1
    return Connection(
        provider=match["scheme"].lower(),
        user=user,
        password=password,
        base_url=None if is_file else _base_url(host, port, path),
        path=_decoded(path[1:]) if is_file else None,
        options=_options(match["query"]),
        origin=origin,
    )


def _refuse_unencoded(url: str) -> None:
    """Refuse what would move the boundary between a credential and the rest without a trace."""
    if "://" not in url:
        raise _malformed(
            f"the form is {_FORM}; a profile is chosen by profile=NAME or OMNI_PROFILE"
        )
    if _UNPRINTABLE.search(url):
        raise _malformed("a space, line break or other invisible character must be percent-encoded")
    if _BAD_ESCAPE.search(url):
        raise _malformed("a percent sign that begins no escape must be written %25")
    if "#" in url:
        raise _malformed("it has no fragment; a # in a password or option must be written %23")
    head, at, tail = url.partition("://")[2].partition("@")
    if at and ("@" in tail or "/" in head or "?" in head):
        raise _malformed(
            "only one @ may stand in it, before the host;"
            " in user, password and options @ must be written %40, / %2F and ? %3F"
        )


def _userinfo(text: str | None) -> tuple[Secret | None, Secret | None]:
    if text is None:
        return None, None
    first, colon, second = text.partition(":")
    if not first or (colon and not second):
        raise _malformed("user and password must not be empty; leave out the part you do not need")
    return Secret(_decoded(first)), Secret(_decoded(second)) if colon else None


def _base_url(host: str, port: str | None, path: str) -> str | None:
    if not host:
        raise _malformed("the host is missing; write default for the vendor's own")
    if port is not None and not (port.isascii() and port.isdigit() and _is_port(port)):
        raise _malformed(f"the port must be a number from 1 to {_LAST_PORT}")
    path = path.rstrip("/")
    if host.lower() == "default":
        if port is not None or path:
            raise _malformed("default stands for the vendor's whole address, without port and path")
        return None
    if not (_is_ipv6(host[1:-1]) if host.startswith("[") else _HOST.fullmatch(host)):
        raise _malformed("the host must be a name, an IPv4 address or an IPv6 address in brackets")
    scheme = "http" if is_loopback(host) else "https"
    return f"{scheme}://{host}{'' if port is None else f':{int(port)}'}{path}"


def _is_port(digits: str) -> bool:
    return len(digits) <= len(str(_LAST_PORT)) and 1 <= int(digits) <= _LAST_PORT


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def _options(query: str | None) -> dict[str, str]:
    options: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise _malformed("each option must be written name=value, with & between two")
        name = _decoded(name)
        if name in options:
            msg = f"{shown_name(name)}: given twice in the connection URL"
            raise ConfigurationError(msg, field=name)
        if not value:
            msg = f"{shown_name(name)}: empty in the connection URL; leave it out"
            raise ConfigurationError(msg, field=name)
        options[name] = _decoded(value)
    return options


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        pass  # raised below, where this exception, which holds the text, is no longer at hand
    raise _malformed("its percent-escapes must be UTF-8")


def _malformed(reason: str) -> ConfigurationError:
    return ConfigurationError(f"the connection URL cannot be read: {reason}", field="url")
