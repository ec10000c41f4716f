"""The head of a request: its first line and its headers, as they stand on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from omni_common.exchange import Request
from omni_common.secret import Secret
from omni_common.version import __version__

__all__ = ["Heads"]

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # a tab may stand in a value (RFC 9110, 5.5)


class Heads:
    """Writes the heads of requests to one vendor.

    A text that could end its line early, and smuggle in another header or request, raises
    ``ValueError`` instead of being written.
    """

    def __init__(self, base_url: str, authorization: Secret) -> None:
        """Prepare for requests below *base_url*, with *authorization* as their credentials."""
        self._base = base_url.rstrip("/")
        self._path = URL(self._base, encoded=True).raw_path.rstrip("/")
        self._authorization = authorization
        self._common = {
            hdrs.HOST: URL(base_url).host_port_subcomponent or "",
            hdrs.ACCEPT: "application/json",
            hdrs.ACCEPT_ENCODING: "identity",
            hdrs.USER_AGENT: f"omni-async/{__version__}",
        }

    def url(self, request: Request) -> URL:
        """The whole address of *request*."""
        return URL(self._base + request.target, encoded=True)

    def headers(self, request: Request) -> CIMultiDict[str]:
        """What may be shown of the headers of *request*: they are without credentials."""
        headers = CIMultiDict(self._common)
        headers.update(_framing(request))
        headers.update(request.headers)
        return headers

    def with_credentials(
        self, headers: CIMultiDict[str], for_proxy: Mapping[str, str] | None
    ) -> CIMultiDict[str]:
        """All that is sent: *headers*, the credentials, and what a proxy is to be told."""
        headers = headers.copy()
        headers[hdrs.AUTHORIZATION] = self._authorization.reveal()
        headers.update(for_proxy or {})
        return headers

    def head(self, request: Request, headers: CIMultiDict[str], *, is_for_proxy: bool) -> bytes:
        """The head of *request* with *headers*; with its whole address if it goes to a proxy."""
        start = _start(request, self._base if is_for_proxy else self._path)
        return f"{start}{_lines(headers.items())}\r\n".encode()

    def usual_head(self, request: Request) -> bytes:
        """The head of *request* if it has no headers of its own, nobody adds any, and no proxy.

        That is nearly every request, so that what is the same in all of them is written once.
        """
        start = _start(request, self._path)
        before, after = self._usual_lines
        return f"{start}{before}{_lines(_framing(request).items())}{after.reveal()}\r\n".encode()

    @cached_property
    def _usual_lines(self) -> tuple[str, Secret]:
        credentials = [(hdrs.AUTHORIZATION, self._authorization.reveal())]
        return _lines(self._common.items()), Secret(_lines(credentials))


def _framing(request: Request) -> dict[str, str]:
    """The headers that tell of a body."""
    if request.body is not None:
        length = str(len(request.body))
        return {hdrs.CONTENT_LENGTH: length, hdrs.CONTENT_TYPE: "application/json"}
    if request.file is not None:
        return {hdrs.CONTENT_LENGTH: str(len(request.file))}
    return {} if request.method == hdrs.METH_GET else {hdrs.CONTENT_LENGTH: "0"}


def _start(request: Request, base: str) -> str:
    target = base + request.target
    if " " in target or not target.isprintable():
        raise ValueError("the target of a request must be percent-encoded")
    return f"{request.method} {target} HTTP/1.1\r\n"


def _lines(headers: Iterable[tuple[str, str]]) -> str:
    lines = []
    for name, value in headers:
        if not (_is_safe(name) and _is_safe(value)):
            raise ValueError("a header holds characters that cannot be written")
        lines.append(f"{name}: {value}\r\n")
    return "".join(lines)


def _is_safe(text: str) -> bool:
    return text.isprintable() or _CONTROL.search(text) is None
