"""The proof that a call ended before anything of it left."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Unpack

import aiohttp
import pytest

from omni_common.errors import OmniError, Outcome
from omni_common.exchange import Request
from omni_common.settings import TransportOptions
from tests.support.clock import FakeClock
from tests.support.transport_calls import READ, SEND, accepted, transport_to

__all__ = ["assert_unsent", "closed_port"]


async def assert_unsent(
    url: str,
    error: type[OmniError],
    *,
    attempts: int,
    request: Request = SEND,
    session: aiohttp.ClientSession | None = None,
    **options: Unpack[TransportOptions],
) -> OmniError:
    """Make a call, and check that it raises *error*, which proves that nothing was sent."""
    clock = FakeClock()
    async with transport_to(url, session=session, clock=clock, **options) as omni:
        with pytest.raises(OmniError) as caught:
            await clock.drive(omni.exchange(request, accepted, reference="order-1"))
    raised: BaseException | None = caught.value
    if request is READ:
        raised = caught.value.__cause__
    assert type(raised) is error
    assert isinstance(raised, OmniError)
    assert raised.outcome is Outcome.NOT_SENT
    assert len(raised.attempts) == attempts
    assert all(attempt.proves_not_sent and not attempt.sent for attempt in raised.attempts)
    return raised


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is ours, and that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
