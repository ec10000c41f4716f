"""What a parser may be given: values, texts and JSON that nobody means well with, for hypothesis.

Python values come from :func:`values`, :func:`texts` and :func:`numbers`. JSON comes as bytes, and
most of it from a genuine document, so that it gets past the first look: :func:`changed`,
:func:`damaged`, :func:`nested` and :func:`recoded` each spoil it in their way, and :func:`bodies`
is all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

__all__ = [
    "HOSTILE_TEXTS",
    "Document",
    "bodies",
    "changed",
    "changed_documents",
    "damaged",
    "each_change",
    "literals",
    "nested",
    "numbers",
    "places",
    "recoded",
    "texts",
    "values",
    "written",
]

Document: TypeAlias = Mapping[str, Any] | Sequence[Any]
"""A genuine document: plain values, as JSON has them."""
Place: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys and positions from the outside in."""

HOSTILE_TEXTS: Final = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\r\nX-Injected: 1",
    "\ud800",
    "\udfff\ud800",
    "a\udc80b",
    "\ufeff",
    "\u202e",
    "\u2028",
    "\U0010ffff",
    "null",
    "None",
    "NaN",
    "-Infinity",
    "true",
    "0",
    "-1",
    "+5",
    "1_000",
    "1e999",
    "0x10",
    "\u0663",
    "\u00b2",
    "\u2167",
    " 7 ",
    "9" * 400,
    "9" * 5_000,
    "0000-00-00T00:00:00",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
    "2026-02-30",
    "2026-01-01T24:00:00",
    "http://[",
    "https://\ud800/",
    "\ud800@example.com",
    "a@\x1b[2J",
    "//",
    "[0]",
    "[" + "9" * 5_000 + "].text",
    "'; --",
    "=1+1",
    "%00%ff%",
    "../../x",
    "\u00e4" * 3_000,
)
"""Half characters, NUL, other alphabets' digits, numbers and times that are none, and the like."""

_LITERALS: Final = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-1e999",
    "1e-999",
    "-0",
    "-0.0",
    "1E400",
    "01",
    "0.1e+1",
    "1" + "0" * 400,
    "1" + "0" * 5_000,
    "0." + "0" * 400 + "1",
    "true",
    "nul",
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\\x"',
    "[" * 300 + "]" * 300,
    '{"a":1,"a":2,"a":null}',
)
_MARK = "\ue000literal "
"""Begins a text that stands for a literal until it is written."""
_ODD_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 7, 2**53 + 1, 10**19, -(2**64), 10**400, 0.5, 2.0, 1e308),
    *([], {}, [None], [[]], {"a": None}, [{}], ["x", "x"], {"": ""}, [True], [0, 0]),
    *HOSTILE_TEXTS,
    *map(_MARK.__add__, _LITERALS),
)
_JUNK = (
    *(b"[", b"]", b"{", b"}", b'"', b",", b":", b"-", b"//", b"1e999", b"null", b"\r\n", b"\x00"),
    *(b"\\u", b"\\ud800", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"),
    b"\xef\xbb\xbf",
)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "cp1251", "utf-7", "utf-8-sig")
_DEEPEST = 1_100
"""A little beyond what parsers take."""


class _Again(str):
    """A key that is equal to no other, so that an object can have it twice."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other


def numbers() -> st.SearchStrategy[int | float]:
    """Whole and other numbers, among them NaN, infinities and some of hundreds of digits."""
    edges = [0, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**19, 10**400, -(10**400)]
    return st.integers() | st.floats() | st.sampled_from([*edges, 1e308, -0.0, 5e-324])


def texts() -> st.SearchStrategy[str]:
    """Texts of any characters, half ones included, and :data:`HOSTILE_TEXTS`."""
    every = st.characters(codec=None, exclude_categories=())
    return st.text(every, max_size=12) | st.sampled_from(HOSTILE_TEXTS)


def literals() -> st.SearchStrategy[str]:
    """Texts that :func:`written` writes as they are, which Python would not: ``1e999``, ``01``."""
    return st.sampled_from(_LITERALS).map(_MARK.__add__)


def values(more: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    """Any value that JSON could hold or nearly so, flat or nested a little; *more* are leaves."""
    leaves = st.none() | st.booleans() | numbers() | texts()
    return st.recursive(
        leaves if more is None else leaves | more,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=5,
    )


def written(document: Any) -> bytes:
    """*document* as JSON, with the literals that stand in it; half characters are escaped."""
    text = json.dumps(document)
    for literal in _LITERALS if json.dumps(_MARK)[1:-1] in text else ():
        text = text.replace(json.dumps(_MARK + literal), literal)
    return text.encode()


def places(document: Any, at: Place = ()) -> Iterator[Place]:
    """The way to each value in *document*, the whole of it included."""
    yield at
    inner: Any = ()
    if isinstance(document, Mapping):
        inner = document.items()
    elif isinstance(document, Sequence) and not isinstance(document, str | bytes):
        inner = enumerate(document)
    for name, value in inner:
        yield from places(value, (*at, name))


def changed_documents(document: Document) -> st.SearchStrategy[Any]:
    """*document* with one to three of its values replaced, left out, said twice or added to.

    Its literals are for :func:`written`; what is to be read by something else than JSON takes
    :func:`values` instead.
    """
    inside = list(places(document))[1:]
    changes = st.tuples(
        st.sampled_from(inside or [()]),
        st.sampled_from(["replace", "replace", "replace", "omit", "repeat", "wrap", "add"]),
        values(literals()),
    )
    return st.lists(changes, min_size=1, max_size=3).map(
        lambda chosen: _all_changed(document, chosen)
    )


def changed(document: Document) -> st.SearchStrategy[bytes]:
    """JSON of :func:`changed_documents`: right at first sight, and wrong in places."""
    return changed_documents(document).map(written)


def each_change(document: Document) -> list[bytes]:
    """*document* with each of its values as everything that is odd, left out, said twice, wrapped.

    The same in every run, while :func:`changed` draws from more, and changes several at once.
    """
    ways = [("replace", thing) for thing in _ODD_VALUES]
    ways += [("omit", None), ("repeat", None), ("repeat", "x"), ("wrap", None), ("add", [])]
    return [
        written(_changed(document, place, way, value))
        for place in places(document)
        for way, value in ways
    ]


def damaged(body: bytes) -> st.SearchStrategy[bytes]:
    """*body* with some bytes cut out and others put in their place."""
    wide = st.tuples(st.integers(0, len(body)), st.integers(0, len(body)))
    narrow = st.integers(0, len(body)).map(lambda place: (place, place + 1))
    return st.builds(
        lambda place, junk: body[: min(place)] + junk + body[max(place) :],
        wide | narrow,
        st.binary(max_size=6) | st.sampled_from(_JUNK),
    )


def nested(document: Document) -> st.SearchStrategy[bytes]:
    """*document* with one of its values as deep as parsers go, and a little deeper."""
    depths = st.integers(0, 110) | st.integers(0, _DEEPEST) | st.sampled_from([100_000])
    ways = st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
    hole = "\ue000hole"

    def dug(place: Place, depth: int, way: tuple[bytes, bytes]) -> bytes:
        head, tail = way
        body = written(_changed(document, place, "replace", hole))
        return body.replace(json.dumps(hole).encode(), head * depth + b"0" + tail * depth)

    return st.builds(dug, st.sampled_from(list(places(document))), depths, ways)


def recoded(document: Document) -> st.SearchStrategy[bytes]:
    """*document*, or a hostile one, in another encoding than UTF-8, or in two."""
    text = json.dumps(document, ensure_ascii=False)

    def encoded(text: str, encoding: str, other: str, place: int) -> bytes:
        head, tail = text[:place], text[place:]
        return head.encode(encoding, "replace") + tail.encode(other, "surrogatepass")

    plain = st.builds(
        encoded,
        st.just(text),
        st.sampled_from(_ENCODINGS),
        st.sampled_from(["utf-8", "utf-16-le", "utf-32"]),
        st.integers(0, len(text)) | st.just(len(text)),
    )
    marked = st.sampled_from([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00"])
    return plain | st.builds(bytes.__add__, marked, changed(document))


def bodies(document: Document) -> st.SearchStrategy[bytes]:
    """Every way to spoil *document*, and bodies that have nothing to do with it."""
    body = written(document)
    other = st.binary(max_size=64) | values(literals()).map(written)
    # Made anew for its weight: one object counts once, however often it is named.
    kinds = [changed(document) for _ in range(9)]
    kinds += [damaged(body) for _ in range(2)]
    return st.one_of([*kinds, nested(document), recoded(document), other, st.just(body)])


def _all_changed(document: Any, changes: Sequence[tuple[Place, str, Any]]) -> Any:
    for place, way, value in changes:
        document = _changed(document, place, way, value)
    return document


def _changed(document: Any, place: Place, way: str, value: Any) -> Any:
    """*document* with *value* at *place*, or as *way* says; the same if the place is gone."""
    if not place:
        more = {**document, "addedLater": value} if isinstance(document, Mapping) else value
        changes = {"replace": value, "wrap": [document], "repeat": [document] * 2, "add": more}
        return changes.get(way, document)
    name, *rest = place
    if isinstance(document, Mapping) and name in document:
        inner = _changed(document[name], tuple(rest), way, value)
        others = {key: held for key, held in document.items() if key != name}
        if not rest and way == "omit":
            return others
        if not rest and way == "repeat":
            return {**document, _Again(name): value}
        return {key: inner if key == name else held for key, held in document.items()}
    if isinstance(document, list | tuple) and isinstance(name, int) and name < len(document):
        inner = [_changed(document[name], tuple(rest), way, value)]
        if not rest and way in {"omit", "repeat"}:
            inner = [] if way == "omit" else [document[name], document[name]]
        return [*document[:name], *inner, *document[name + 1 :]]
    return document
