"""Forged, broken and misdirected posts over real HTTP: all refused with a 4xx, and no event.

Every forgery begins with a post that the receiver takes, so that what it is refused for is the one
thing that was changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pytest
from attrs import evolve

from tests.callbacks.genuine import (
    AREAS,
    BODIES,
    SECRETS,
    SIGNED,
    SIZE_LIMIT,
    UNSIGNED,
    Post,
    genuine,
)
from tests.callbacks.office import Office
from tests.support.figures import RecordProperty

Forge: TypeAlias = Callable[[str], Post]
"""A forgery of the post of an area."""

DEEP = b"[" * 100_000 + b"]" * 100_000
OTHER = {
    **dict(zip(SIGNED, reversed(SIGNED), strict=True)),
    **dict(zip(UNSIGNED, (*UNSIGNED[1:], UNSIGNED[0]), strict=True)),
}
"""Another area of the same vendor, for each."""


def signature(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def with_signatures(area: str, *signatures: str) -> Post:
    headers = tuple(("X-Messente-Signature", each) for each in signatures)
    return evolve(genuine(area), headers=headers)


def good(area: str) -> str:
    return signature(BODIES[area], SECRETS[area][0])


def with_token(area: str, token: str) -> Post:
    return evolve(genuine(area), path=f"{bare(area)}/{token}")


def bare(area: str) -> str:
    return "/" + area.replace(".", "/")


def token(area: str) -> str:
    return SECRETS[area][0]


def path_of(area: str) -> str:
    return genuine(area).path


def at(path: Callable[[str], str]) -> Forge:
    return lambda area: evolve(genuine(area), path=path(path_of(area)))


def posting(body: Callable[[bytes], bytes]) -> Forge:
    """Another body, proved as it should be."""
    return lambda area: genuine(area, body(BODIES[area]))


def by(method: str) -> Forge:
    return lambda area: evolve(genuine(area), method=method)


FORGED_SIGNATURES: Mapping[str, Forge] = {
    "forged, no signature": with_signatures,
    "forged, empty signature": lambda area: with_signatures(area, ""),
    "forged, made-up signature": lambda area: with_signatures(area, "0" * 64),
    "forged, no hexadecimal signature": lambda area: with_signatures(area, "é" * 64),
    "truncated signature": lambda area: with_signatures(area, good(area)[:-1]),
    "signature and more": lambda area: with_signatures(area, good(area) + "0"),
    "signature of another algorithm": lambda area: with_signatures(
        area, hmac.new(token(area).encode(), BODIES[area], hashlib.sha1).hexdigest()
    ),
    "unkeyed hash": lambda area: with_signatures(area, hashlib.sha256(BODIES[area]).hexdigest()),
    "the secret itself": lambda area: with_signatures(area, token(area)),
    "truncated body": lambda area: evolve(genuine(area), body=BODIES[area][:-1]),
    "lengthened body": lambda area: evolve(genuine(area), body=BODIES[area] + b" "),
    "body swapped": lambda area: evolve(genuine(area), body=BODIES[OTHER[area]]),
    "one byte swapped": lambda area: evolve(
        genuine(area), body=BODIES[area].replace(b"2", b"3", 1)
    ),
    "no body": lambda area: evolve(genuine(area), body=b""),
    "wrong secret": lambda area: with_signatures(area, signature(BODIES[area], "wrong")),
    "empty secret": lambda area: with_signatures(area, signature(BODIES[area], "")),
    "T69, the other area's secret": lambda area: with_signatures(
        area, signature(BODIES[area], token(OTHER[area]))
    ),
    "T69, the other area's whole post": lambda area: evolve(
        genuine(OTHER[area]), path=path_of(area)
    ),
    "duplicate header, both good": lambda area: with_signatures(area, good(area), good(area)),
    "duplicate header, good first": lambda area: with_signatures(area, good(area), "0" * 64),
    "duplicate header, good last": lambda area: with_signatures(area, "0" * 64, good(area)),
    "two signatures in one header": lambda area: with_signatures(
        area, f"{good(area)}, {good(area)}"
    ),
}
FORGED_TOKENS: Mapping[str, Forge] = {
    "forged, no token": lambda area: evolve(genuine(area), path=bare(area)),
    "empty token": lambda area: with_token(area, ""),
    "wrong token": lambda area: with_token(area, "a-token-that-nobody-gave"),
    "near token, one letter more": lambda area: with_token(area, token(area) + "0"),
    "near token, one letter less": lambda area: with_token(area, token(area)[:-1]),
    "near token, last letter": lambda area: with_token(area, token(area)[:-1] + "0"),
    "near token, first letter": lambda area: with_token(area, "0" + token(area)[1:]),
    "near token, other case": lambda area: with_token(area, token(area).upper()),
    "token behind a space": lambda area: with_token(area, "%20" + token(area)),
    "token before a null byte": lambda area: with_token(area, token(area) + "%00"),
    "no text at all": lambda area: with_token(area, "%ff%fe"),
    "the other area's token": lambda area: with_token(area, token(OTHER[area])),
    "two tokens": lambda area: with_token(area, f"{token(area)},{token(area)}"),
    "token in the query": lambda area: evolve(genuine(area), path=f"{bare(area)}?{token(area)}"),
    "token in a header": lambda area: evolve(
        genuine(area),
        path=bare(area),
        headers=(("Authorization", f"Bearer {token(area)}"), ("X-Messente-Signature", good(area))),
    ),
}
BROKEN: Mapping[str, tuple[int, Forge]] = {
    "no JSON": (400, posting(lambda _: b"<html></html>")),
    "empty": (400, posting(lambda _: b"")),
    "truncated JSON": (400, posting(lambda body: body[: len(body) // 2])),
    "JSON and more": (400, posting(lambda body: body + b"]")),
    "a list of lists": (400, posting(lambda body: b"[" + body + b"]")),
    "no UTF-8": (400, posting(lambda body: body.replace(b'"', b'"\xff', 1))),
    "not a number": (400, posting(lambda body: body.replace(b":", b': NaN, "x":', 1))),
    "deeply nested JSON": (400, posting(lambda _: DEEP)),
    "deeply nested field": (
        400,
        posting(lambda body: body.replace(b"{", b'{"deep": ' + DEEP + b", ", 1)),
    ),
    "10 MB": (413, posting(lambda body: body + b" " * 10_000_000)),
    "one byte too many": (413, posting(lambda body: body + b" " * (SIZE_LIMIT + 1 - len(body)))),
    **{f"by {method}": (405, by(method)) for method in ("GET", "PUT", "PATCH", "DELETE")},
    **{f"by {method}": (405, by(method)) for method in ("HEAD", "OPTIONS", "TRACE")},
    "unknown path": (404, at(lambda _: "/devino/fax/a-token-that-nobody-gave")),
    "the mount itself": (404, at(lambda _: "/")),
    "a slash behind": (404, at(lambda path: f"{path}/")),
    "a slash before": (404, at(lambda path: f"/{path}")),
    "doubled slashes": (404, at(lambda path: path.replace("/", "//"))),
    "a folder and back": (404, at(lambda path: f"/x/..{path}")),
    "a folder and back, escaped": (404, at(lambda path: f"/x/%2e%2e{path}")),
    "the same folder": (404, at(lambda path: f"/.{path}")),
    "out of the mount and back": (404, at(lambda path: f"/%2e%2e/callbacks{path}")),
    "escaped twice": (404, at(lambda path: "/" + path[1:].replace("/", "%252f"))),
    "a parameter behind": (404, at(lambda path: f"{path};x")),
    "in capitals": (404, at(lambda path: path.upper())),
}


def forgeries() -> Iterator[Any]:
    for area in AREAS:
        forged = FORGED_SIGNATURES if area in SIGNED else FORGED_TOKENS
        status = 403 if area in SIGNED else 404
        cases = {name: (status, forge) for name, forge in forged.items()} | dict(BROKEN)
        for name, (expected, forge) in cases.items():
            yield pytest.param(forge(area), expected, id=f"{area}: {name}")


@pytest.mark.parametrize(("forged", "status"), list(forgeries()))
def test_a_forged_post_is_refused_and_makes_no_event(
    office: Office, forged: Post, status: int, record_property: RecordProperty
) -> None:
    answer = office.post(forged)

    refused = int(400 <= answer.status < 500)
    figures = {"forged posts": 1, "refused with a 4xx": refused, "events": len(office.events)}
    record_property("callback security", figures)
    assert (answer.status, office.events) == (status, [])
    # Nothing is echoed, and the answer tells nothing but its status.
    assert answer.body == b""
    assert answer.headers.get("Allow") == ("POST" if status == 405 else None)
    assert not any(
        secret in answer.headers.as_string() for pair in SECRETS.values() for secret in pair
    )


@pytest.mark.parametrize("area", AREAS)
def test_a_genuine_post_is_one_event_and_an_empty_answer(office: Office, area: str) -> None:
    answer = office.post(genuine(area))

    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")
    [event] = office.events
    assert [event.raw] == json.loads(BODIES[area])


@pytest.mark.parametrize("area", AREAS)
def test_both_secrets_are_good_while_one_replaces_the_other(office: Office, area: str) -> None:
    answers = [office.post(genuine(area, secret=secret)) for secret in SECRETS[area]]
    assert [answer.status for answer in answers] == [200, 200]
    assert len(office.events) == 2


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "é/é", "", "application/xml"]
)
def test_the_content_type_does_not_matter(office: Office, area: str, content_type: str) -> None:
    post = genuine(area)
    typed = evolve(post, headers=(*post.headers, ("Content-Type", content_type)))
    assert office.post(typed).status == 200
    assert len(office.events) == 1


@pytest.mark.parametrize("area", SIGNED)
def test_a_signature_may_be_in_capitals(office: Office, area: str) -> None:
    assert office.post(with_signatures(area, good(area).upper())).status == 200
    assert len(office.events) == 1


@pytest.mark.parametrize("area", AREAS)
def test_a_path_is_compared_as_it_decodes(office: Office, area: str) -> None:
    escaped = "".join(f"%{ord(letter):02x}" for letter in path_of(area)[1:])
    assert office.post(evolve(genuine(area), path=f"/{escaped}")).status == 200
    assert len(office.events) == 1


@pytest.mark.parametrize("area", AREAS)
def test_the_largest_body_is_taken(office: Office, area: str) -> None:
    body = BODIES[area] + b" " * (SIZE_LIMIT - len(BODIES[area]))
    assert office.post(genuine(area, body)).status == 200
    assert len(office.events) == 1


@pytest.mark.parametrize("area", AREAS)
def test_a_body_too_large_is_refused_before_it_comes(office: Office, area: str) -> None:
    announcement = evolve(genuine(area), body=b"")
    assert office.post(announcement, announced=SIZE_LIMIT + 1).status == 413
    assert office.events == []


@pytest.mark.parametrize("area", UNSIGNED)
def test_a_wrong_token_is_refused_before_the_body_comes(office: Office, area: str) -> None:
    announcement = evolve(with_token(area, "a-token-that-nobody-gave"), body=b"")
    assert office.post(announcement, announced=1000).status == 404
    assert office.events == []
