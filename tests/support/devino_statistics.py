"""Devino's statistics of letters asked for by hand, and the lines that they are made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.devino_http import Caller, HttpAnswer
from tests.support.devino_letters import STATISTICS, posted, statistics

HEADER = (
    "Send date;Sent;Delivered;Delivery rate;Bounced;Bounce rate;Opened;Open rate;Clicked;"
    "Click to Open Rate;Unsubscribed;Unsubscribe Rate;Complained;Spam rate;"
)
NOTHING = ";0;0;0%;0;0%;0;0%;0;0%;0;0%;0;0%"
DELIVERED = ";1;1;100%;0;0%;0;0%;0;0%;0;0%;0;0%"
TODAY = {"dateTimeFrom": "2027-01-01 00:00:00", "dateTimeTo": "2027-01-01 23:59:59"}


async def deliver(devino: Caller, *addresses: str) -> None:
    """Send a letter and let the time pass in which it arrives."""
    await posted(devino, *addresses)
    devino.emulator.clock.advance(timedelta(minutes=1))


async def ask(devino: Caller, path: str = STATISTICS, **parameters: Any) -> HttpAnswer:
    return await statistics(devino, path, **{"groupBy": "MONTH", **TODAY, **parameters})


async def lines(devino: Caller, **parameters: Any) -> list[str]:
    """The lines behind the header."""
    header, *others = (await ask(devino, **parameters)).body.decode().splitlines()
    assert header == HEADER
    return others
