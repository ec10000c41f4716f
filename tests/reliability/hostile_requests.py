"""Requests to a receiver of callbacks, genuine ones with some of their parts spoilt."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from attrs import field, frozen
from hypothesis import strategies as st

from omni_common.callbacks import Event
from tests.callbacks.genuine import AREAS, BODIES, SIGNED, genuine
from tests.reliability.hostile_json import texts

__all__ = ["Request", "judge", "requests"]

Pairs: TypeAlias = list[tuple[str, str]]
SIGNATURE = "X-Messente-Signature"
SIZE_LIMIT = 2**20
_METHODS = ("GET", "PUT", "post", "POST ", "", "\x00", "P\u00d6ST", "OPTIONS", "TRACE", "\ud800")
_PIECES = ("", "/", "//", "%2f", "..", "\x00", "\r\n", "é", "\ud800", "?", "#", ";x", "A" * 5_000)
_OTHERS: Final[tuple[tuple[str, str], ...]] = (
    *(("Content-Encoding", name) for name in ("gzip", "br", "zstd", "\x00")),
    *(
        ("Content-Type", name)
        for name in ("text/html; charset=utf-16", "", "multipart/x; boundary=")
    ),
    *(("Content-Length", size) for size in ("0", "-1", "1e3", "9" * 5_000, "٤", "\x00")),
    *(("Transfer-Encoding", "chunked"), ("Expect", "100-continue"), ("X" * 9_000, "Y" * 9_000)),
)


@frozen
class Request:
    """A request, any part of which may be spoilt."""

    area: str
    method: str
    path: str
    headers: Any = field(repr=False)
    """As servers hand them over: a mapping, or pairs of texts or bytes."""
    pairs: Pairs = field(repr=False)
    body: bytes
    is_proved: bool


def requests() -> st.SearchStrategy[Request]:
    """Genuine posts with up to two of their parts spoilt."""
    return st.builds(
        _request,
        st.sampled_from(AREAS),
        st.lists(
            st.one_of([st.tuples(st.just(name), part) for name, part in _SPOILT.items()]),
            max_size=2,
        ),
        st.sampled_from([list, dict, _as_bytes]),
    )


def _as_bytes(pairs: Pairs) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode("utf-8", "replace"), value.encode("utf-8", "replace"))
        for name, value in pairs
    ]


def _spoilt_path(path: str, other: str, at: int, piece: str) -> str:
    return other if at > len(path) else path[:at] + piece + path[at + len(piece) % 2 :]


_pieces = st.sampled_from(_PIECES) | texts()
_path_of = st.sampled_from([genuine(area).path for area in AREAS])
_SPOILT: Final[dict[str, st.SearchStrategy[Any]]] = {
    "method": st.sampled_from(_METHODS) | texts(),
    "path": st.tuples(_path_of | _pieces, st.integers(0, 60), _pieces),
    "proof": _pieces | st.sampled_from([None, "0" * 64, "twice"]),
    "headers": st.lists(
        st.sampled_from(_OTHERS) | st.tuples(texts(), texts()), min_size=1, max_size=3
    )
    | st.just([("A", "b")] * 3_000),
    "body": st.sampled_from([b"", b"{}", b"\xff", gzip.compress(b"[]"), b" " * (SIZE_LIMIT + 1)])
    | st.binary(max_size=20),
}


def _request(area: str, spoils: list[tuple[str, Any]], kind: Callable[[Pairs], Any]) -> Request:
    parts = dict(spoils)
    right = genuine(area)
    path = _spoilt_path(right.path, *parts["path"]) if "path" in parts else right.path
    headers: Pairs = [*right.headers, *parts.get("headers", [])]
    if "proof" in parts:
        headers = _spoilt_proof(headers, parts["proof"])
    made = kind(headers)
    if isinstance(made, dict):  # where a name cannot come twice
        headers = list(made.items())
    body = parts.get("body", right.body)
    owner = next((each for each in AREAS if genuine(each).path == path), None)
    is_proved = owner is not None and len(body) <= SIZE_LIMIT and _is_signed(owner, headers, body)
    method = parts.get("method", "POST")
    return Request(owner or area, method, path, made, headers, body, is_proved)


def _is_signed(area: str, headers: Pairs, body: bytes) -> bool:
    """Whether there is one signature, and a good one, if the area needs any."""
    given = [value.strip() for name, value in headers if name.lower() == SIGNATURE.lower()]
    return area not in SIGNED or given == [dict(genuine(area, body).headers)[SIGNATURE]]


def _spoilt_proof(headers: Pairs, proof: str | None) -> Pairs:
    match proof:
        case None:
            return headers[1:]
        case "twice":
            return headers[:1] * 2 + headers[1:]
        case _:
            return [(SIGNATURE, proof), *headers[1:]]


def judge(request: Request, status: int, events: list[Event]) -> None:
    """The answer says what is wrong, and an event came only of what is proved and right."""
    assert status in {200, 400, 403, 404, 405, 413}
    if not (request.is_proved and request.method == "POST"):
        assert (events, status != 200) == ([], True)
    elif request.body == BODIES[request.area]:
        assert (len(events) > 0, status) == (True, 200)
