"""The head of a request as it is written: always the same bytes, and never anybody else's lines."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from omni_common.exchange import Operation, Request
from omni_common.secret import Secret
from omni_common.wire.head import Heads
from tests.support.transport_calls import AUTHORIZATION, DELETE, READ, READ_BY_POST, SEND

HEADS = Heads("https://api.example/v1/", Secret(AUTHORIZATION))
LINE_ENDS = ["\r\n", "\n", "\r", "\0", "\x0b", "\x7f"]


def full_head(request: Request) -> bytes:
    headers = HEADS.with_credentials(HEADS.headers(request), None)
    return HEADS.head(request, headers, is_for_proxy=False)


@pytest.mark.parametrize(
    "request_",
    [SEND, READ, READ_BY_POST, DELETE],
    ids=lambda request: f"{request.method} {request.path}",
)
def test_the_usual_head_is_the_head_of_all_headers(request_: Request) -> None:
    assert HEADS.usual_head(request_) == full_head(request_)


@given(st.binary(), st.sampled_from(["GET", "POST", "DELETE"]), st.text(max_size=20))
def test_and_so_it_is_for_any_body_and_query(body: bytes, method: str, text: str) -> None:
    request = Request(method, "/messages", Operation.SEND, body=body, query=(("q", text),))
    assert HEADS.usual_head(request) == full_head(request)
    assert HEADS.usual_head(request).count(b"\r\n\r\n") == 1


def test_a_proxy_is_told_the_whole_address_and_what_it_wants_to_know() -> None:
    headers = HEADS.with_credentials(HEADS.headers(READ), {"Proxy-Authorization": "Basic eA=="})
    head = HEADS.head(READ, headers, is_for_proxy=True)
    assert head.startswith(b"GET https://api.example/v1/messages/1 HTTP/1.1\r\n")
    assert head.endswith(b"\r\nProxy-Authorization: Basic eA==\r\n\r\n")


@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
@pytest.mark.parametrize("place", ["name", "value"])
def test_no_header_ends_its_line_early(place: str, end: str) -> None:
    name, value = ("X-A", f"1{end}X-B: 2") if place == "value" else (f"X-A: 1{end}X-B", "2")
    request = Request("GET", "/messages", Operation.READ, headers={name: value})
    with pytest.raises(ValueError, match="cannot be written"):
        full_head(request)


@pytest.mark.parametrize("end", [" ", *LINE_ENDS], ids=ascii)
def test_neither_does_a_target(end: str) -> None:
    request = Request("GET", f"/messages{end}X-B: 2", Operation.READ)
    with pytest.raises(ValueError, match="percent-encoded"):
        HEADS.usual_head(request)
    with pytest.raises(ValueError, match="percent-encoded"):
        full_head(request)


@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
def test_nor_credentials(end: str) -> None:
    heads = Heads("https://api.example", Secret(f"Key a{end}X-B: 2"))
    for _ in range(2):
        with pytest.raises(ValueError, match="cannot be written"):
            heads.usual_head(READ)


@pytest.mark.parametrize("value", ["a\tb", "\xa0", "é", "\u2028"], ids=ascii)
def test_what_ends_no_line_is_written_as_it_is(value: str) -> None:
    request = Request("GET", "/messages", Operation.READ, headers={"X-A": value})
    assert f"X-A: {value}\r\n".encode() in full_head(request)
