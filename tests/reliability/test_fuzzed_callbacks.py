"""Posts that no vendor would make: every body read or refused, every request answered.

Bodies are proved genuine, so that all of them are read. Requests are spoilt in every part, so that
most of them are no proof, and none of these may become an event.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import pytest

from omni_common.callbacks import (
    CallbackAnswer,
    CallbackReceiver,
    Event,
    read_callback,
)
from omni_common.callbacks.incidents import LOGGER
from omni_common.errors import CallbackRefusedError, OmniError
from tests.callbacks.genuine import AREAS, SECRETS, genuine
from tests.reliability.cases import Tally, every, everything_about
from tests.reliability.conftest import Size
from tests.reliability.hostile_json import bodies
from tests.reliability.hostile_requests import Request, judge, requests
from tests.support.documented_posts import DOCUMENTED_POSTS
from tests.support.figures import RecordProperty


class Office:
    """A receiver of all areas that remembers nothing, its events, and all that it logs."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.records: list[str] = []
        self.receiver = CallbackReceiver(self.events.append, secrets=SECRETS, remembered=0)

    @contextmanager
    def listening(self) -> Iterator[None]:
        handler = logging.Handler()
        handler.emit = lambda record: self.records.append(record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger(LOGGER)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    with office.listening():
        yield office


@pytest.mark.parametrize("area", AREAS)
def test_any_body_is_read_or_refused_and_nothing_else_is_raised(
    area: str, office: Office, size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()
    token = genuine(area).path.rpartition("/")[2]
    secret = SECRETS[area][0]

    def check(body: bytes) -> None:
        office.events.clear()
        sent = genuine(area, body)
        answer = office.receiver.receive_blocking("POST", sent.path, sent.headers, body)
        # The function under the receiver agrees, by returning or by its one error.
        result = tally.tried(
            lambda: read_callback(area, sent.headers, body, secrets=secret, token=token),
            CallbackRefusedError,
        )
        if isinstance(result, OmniError):
            assert (int(answer.status), office.events) == (400, [])
            assert secret not in everything_about(result)
        else:
            assert int(answer.status) == 200
            assert len(office.events) == len(result)
            assert all(repr(event) for event in result)

    # An array of them is documented for some, and taken for all (T7).
    documented = DOCUMENTED_POSTS[area]
    cases = bodies(documented) | bodies([documented]) | bodies([documented, documented])
    every(cases, size(short=220, full=5_500), check)
    record_property("fuzzed callbacks", dict(tally.figures))
    tally.assert_teeth(accepted=0.05, refused=0.05)
    assert not any(secret in record for record in office.records)


def test_any_request_is_answered_and_only_proved_ones_become_events(
    office: Office, size: Size, record_property: RecordProperty
) -> None:
    tally, statuses = Tally(), Counter[int]()

    def answered(request: Request) -> CallbackAnswer:
        office.events.clear()
        receiver = office.receiver
        refusal = receiver.refusal(request.method, request.path, len(request.body))
        given = (request.method, request.path, request.headers, request.body)
        answer = receiver.receive_blocking(*given)
        assert refusal is None or refusal.status == answer.status
        taken = list(office.events)
        again = runner.run(receiver.receive(*given))
        assert again == answer
        assert len(office.events) == 2 * len(taken)
        return answer

    def check(request: Request) -> None:
        answer = tally.answered(
            lambda: answered(request), is_refusal=lambda answer: answer.status != HTTPStatus.OK
        )
        judge(request, int(answer.status), office.events)
        statuses[int(answer.status)] += 1

    with asyncio.Runner() as runner:
        every(requests(), size(short=200, full=8_000), check)
    record_property("fuzzed callbacks", dict(tally.figures))
    assert {200, 400, 403, 404, 405, 413} <= set(statuses)
    assert not any(secret in record for record in office.records for secret in _all_secrets())


def _all_secrets() -> list[str]:
    return [secret for both in SECRETS.values() for secret in both]
