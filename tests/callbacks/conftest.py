"""A receiver of all areas behind each kind of server, and the events that it handed out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from omni_common.callbacks import aiohttp_shim, asgi_shim
from tests.callbacks.office import Office
from tests.callbacks.servers import SERVERS


@pytest.fixture(scope="session", params=list(SERVERS))
def running(request: pytest.FixtureRequest) -> Iterator[Office]:
    """A server for the whole session, with a receiver that remembers nothing between two posts."""
    office = Office(remembered=0)
    with SERVERS[request.param](office.receiver) as office.url:
        yield office


@pytest.fixture
def office(running: Office) -> Office:
    running.events.clear()
    running.errors.clear()
    return running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that is not there at once is too late."""
    for shim in (aiohttp_shim, asgi_shim):
        monkeypatch.setattr(shim, "BODY_SECONDS", 0)
