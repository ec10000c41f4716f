"""Ten thousand bodies that no vendor would post, each proved genuine, so that all are read."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from omni_common.callbacks import CallbackReceiver, Event, read_callback
from omni_common.errors import CallbackRefusedError
from tests.callbacks.genuine import AREAS, BODIES, SECRETS, genuine
from tests.support.documented_posts import DOCUMENTED_POSTS
from tests.support.figures import RecordProperty

EXAMPLES = 1_667
"""For each of the six areas: 10,002 in all."""

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([10**400, -(10**400), 1e308, "\ud800", "", "DELIVRD", "unsubscribed", "0"])
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


def changed(area: str) -> st.SearchStrategy[bytes]:
    """The documented post with other values under some of its names, once or several times."""
    document = DOCUMENTED_POSTS[area]
    changes = st.dictionaries(st.sampled_from(sorted(document)), _VALUES, min_size=1, max_size=2)
    posts = changes.map(lambda values: {**document, **values})
    return st.lists(posts, min_size=1, max_size=2).map(_written)


def damaged(area: str) -> st.SearchStrategy[bytes]:
    """The documented body with some bytes cut out and others put in their place."""
    body = BODIES[area]
    places = st.tuples(st.integers(0, len(body)), st.integers(0, len(body)))
    return st.builds(
        lambda place, junk: body[: min(place)] + junk + body[max(place) :],
        places,
        st.binary(max_size=6) | st.sampled_from([b"[", b"]", b"{", b'"', b"\\u", b"1e999", b"//"]),
    )


def nested(area: str) -> st.SearchStrategy[bytes]:
    """The documented post with a field that goes as deep as parsers go, and a little deeper."""
    head = BODIES[area].removeprefix(b"[{")
    depths = st.integers(0, 1_100)
    return depths.map(lambda depth: b'[{"deep": ' + b"[" * depth + b"]" * depth + b", " + head)


def bodies(area: str) -> st.SearchStrategy[bytes]:
    other = st.binary(max_size=64) | _VALUES.map(_written)
    return st.one_of(changed(area), damaged(area), damaged(area), nested(area), other)


def _written(document: Any) -> bytes:
    return json.dumps(document).encode()


@pytest.mark.parametrize("area", AREAS)
def test_any_body_is_read_or_refused_and_nothing_else_is_raised(
    area: str, record_property: RecordProperty
) -> None:
    figures: Counter[str] = Counter(bodies=0, read=0, refused=0, events=0, failures=0)
    taken: list[Event] = []
    receiver = CallbackReceiver(taken.append, secrets=SECRETS, remembered=10)

    @settings(max_examples=EXAMPLES)
    @given(body=bodies(area))
    def post(body: bytes) -> None:
        taken.clear()
        sent = genuine(area, body)
        answer = receiver.receive_blocking("POST", sent.path, sent.headers, body)
        status = int(answer.status)
        outcome = {200: "read", 400: "refused"}.get(status, "failures")
        figures.update({"bodies": 1, "events": len(taken), outcome: 1})
        assert outcome != "failures"
        assert all(repr(event) for event in taken)
        # The function under the receiver agrees, by returning or by its one error.
        token = sent.path.rpartition("/")[2]
        try:
            events = read_callback(area, sent.headers, body, secrets=SECRETS[area][0], token=token)
        except CallbackRefusedError:
            assert status == 400
        else:
            assert status == 200
            assert len(taken) <= len(events)

    post()
    record_property("callback fuzzing", dict(figures))
    # Both ends were reached, or the test would prove little.
    assert figures["read"] > EXAMPLES / 20
    assert figures["refused"] > EXAMPLES / 20
