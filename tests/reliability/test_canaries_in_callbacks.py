"""Nothing of what is posted comes out of a receiver, nor of a tracker, but to the handler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from attrs import evolve

from omni_common import OmniError, Tracker
from omni_common.callbacks import CallbackReceiver, Event, read_callback, sign
from tests.callbacks.genuine import Post, genuine
from tests.reliability.quoting_vendor import quotations
from tests.support.canaries import CREDENTIAL, SENTENCE, TOKEN
from tests.support.documented_posts import DOCUMENTED_POSTS, posted
from tests.support.exposure import searching, shown_of, shown_of_error
from tests.support.figures import RecordProperty

SECRETS = dict.fromkeys(DOCUMENTED_POSTS, TOKEN)
each_area = pytest.mark.parametrize("area", list(DOCUMENTED_POSTS))


def bodies(area: str) -> Iterator[bytes]:
    """Posts that quote, and what is no post."""
    document = DOCUMENTED_POSTS[area]
    for quoted in quotations(document):
        yield posted(quoted)
        yield posted([quoted, document])
    right = posted({**document, "text": SENTENCE})
    yield from (right[:-9], right + b"}", b"[" * 10_000 + right, SENTENCE.encode(), b"\xff" + right)
    yield from (posted(SENTENCE), posted([SENTENCE]), posted({SENTENCE: SENTENCE}), b"")


def posts(area: str) -> Iterator[Post]:
    """Genuine ones, forged ones and such as are none."""
    for body in bodies(area):
        yield genuine(area, body, TOKEN)
    right = genuine(area, None, TOKEN)
    wrong = genuine(area, None, TOKEN[::-1])
    yield from (wrong, evolve(right, path=wrong.path), evolve(right, headers=wrong.headers))
    yield evolve(right, headers=(*right.headers, *wrong.headers))
    yield evolve(right, headers=tuple((name, SENTENCE) for name, _ in right.headers))
    yield evolve(right, method="GET")
    yield evolve(right, path=f"{right.path}/{CREDENTIAL}")
    yield evolve(right, body=SENTENCE.encode() * 10_000)


def _fail(event: Event) -> NoReturn:
    raise LookupError(event, event.raw, SENTENCE)


async def _fail_later(event: Event) -> NoReturn:
    _fail(event)


async def _give_up(event: Event) -> NoReturn:
    raise asyncio.CancelledError(event.raw, SENTENCE)


def _let_through(event: Event) -> NoReturn:
    raise OmniError(f"of {event.area}", raw=event.raw)


@each_area
@pytest.mark.parametrize("handler", [_fail, _fail_later, _give_up, _let_through, bool])
async def test_a_receiver_tells_nothing_of_what_is_posted(
    area: str, handler: Callable[[Event], Any], record_property: RecordProperty
) -> None:
    with searching(record_property) as search:
        receiver = CallbackReceiver(handler, secrets=SECRETS, size_limit=200_000)
        answered = set()
        for post in posts(area):
            answer = await receiver.receive(post.method, post.path, dict(post.headers), post.body)
            search.look_at_all(shown_of(answer), of=f"{area}: {post.path}")
            answered.add(answer.status)
            if handler is not _fail_later and handler is not _give_up:
                answer = receiver.receive_blocking(post.method, post.path, post.headers, post.body)
                search.look_at_all(shown_of(answer))
        search.look("repr", repr(receiver))
        search.look("unknown states", repr(receiver.unknown_states))
        assert answered >= {200 if handler is bool else 500, 400, 404, 405, 413}


@each_area
async def test_events_and_what_a_tracker_makes_of_them_tell_nothing(
    area: str, record_property: RecordProperty
) -> None:
    with searching(record_property) as search:
        tracker = Tracker()
        read = 0
        for body in bodies(area):
            signed = sign(area, body, TOKEN)
            search.look_at_all(shown_of(signed))
            try:
                events = read_callback(area, signed.headers, body, secrets=TOKEN, token=TOKEN)
            except OmniError as error:
                search.look_at_all(shown_of_error(error))
                continue
            for event in events:
                read += 1
                search.look_at_all(shown_of(event))
                search.look_at_all(shown_of(await tracker.record(event)))
        assert read > 20


@each_area
def test_refusals_of_posts_and_secrets_tell_nothing(
    area: str, record_property: RecordProperty
) -> None:
    with searching(record_property) as search:
        body = posted({**DOCUMENTED_POSTS[area], "text": SENTENCE})
        secrets: list[Any] = [
            SENTENCE,
            f" {TOKEN}",
            [],
            [TOKEN, ""],
            {TOKEN: TOKEN},
            TOKEN.encode(),
        ]
        calls: list[Callable[[], object]] = [
            lambda: read_callback(area, {"X": SENTENCE}, body, secrets=TOKEN * 2, token=TOKEN),
            lambda: read_callback(SENTENCE, {}, body, secrets=TOKEN),
            lambda: sign(area, body, f"{TOKEN}\n"),
            lambda: CallbackReceiver(bool, secrets=SECRETS, base_url=f"http://a.example/{TOKEN}"),
            *(lambda each=each: read_callback(area, {}, body, secrets=each) for each in secrets),
            *(lambda each=each: CallbackReceiver(bool, secrets={area: each}) for each in secrets),
        ]
        refused = 0
        for call in calls:
            try:
                call()
            except OmniError as error:
                refused += 1
                search.look_at_all(shown_of_error(error))
        assert refused >= len(calls) - 2
