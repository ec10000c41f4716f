"""Scene five: many messages in one call, and an outcome for each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from omni_common import Accepted, Message, NotSent, Sms, Unknown, WhatsApp, connect
from omni_common.cli.demo.scene import Claim, Scene
from omni_common.cli.demo.stage import Stage
from omni_common.sandbox import Emulator, Scenario

__all__ = ["many"]

_PREFIX = "+3725105"
_GOOD = Scenario.DELIVERED.number(_PREFIX)
_REFUSED = Scenario.REFUSED.number(_PREFIX)
_ALSO_GOOD = f"{_PREFIX}1000"
_ACCEPTED = "accepted"


async def send_all(url: str, messages: Iterable[Message]) -> list[str]:
    """Send all *messages*; each has an outcome of its own, in the order they were given."""
    found = []
    async with connect(url) as omni, omni.send_many(messages) as outcomes:
        async for outcome in outcomes:
            match outcome:
                case Accepted():
                    found.append(_ACCEPTED)
                case NotSent(error=error):  # nothing was sent, and why
                    found.append(f"not sent: {type(error).__name__}")
                case Unknown(error=error):  # it may have been sent
                    found.append(f"unknown: {type(error).__name__}")
    return found


async def many(stage: Stage) -> Scene:
    """Send a small mixed list through each vendor."""
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    batch = {
        "an SMS": Message(_GOOD, Sms("Hello")),
        "to a refused number": Message(_REFUSED, Sms("Hello")),
        "a WhatsApp message": Message(_GOOD, WhatsApp("Hello")),
        "due in the past": Message(_GOOD, Sms("Hello"), send_at=an_hour_ago),
        "another SMS": Message(_ALSO_GOOD, Sms("Hello")),
    }
    before = [len(vendor.requests) for vendor in stage.vendors]
    ours, theirs = [await send_all(url, batch.values()) for url in stage.urls]
    calls = [
        len(vendor.requests) - count for vendor, count in zip(stage.vendors, before, strict=True)
    ]
    vendor_and_outcomes = zip(stage.vendors, (ours, theirs), strict=True)
    return Scene(
        name="many",
        title="Many at once",
        opening="send_many takes any number of messages, uses the vendor's bulk call, and raises"
        " nothing half-way. A mixed list, through both:",
        columns=("message", "Messente", "Devino"),
        rows=tuple(zip(batch, ours, theirs, strict=True)),
        claims=(
            Claim(
                "Five messages, five outcomes each, in the order of the list.",
                len(ours) == len(theirs) == len(batch)
                and all(ends[0] == ends[-1] == _ACCEPTED for ends in (ours, theirs)),
            ),
            Claim("One call to each vendor carried all that could be sent.", calls == [1, 1]),
            Claim(
                "Each ledger holds exactly what was reported as accepted.",
                all(_held(vendor) == ends.count(_ACCEPTED) for vendor, ends in vendor_and_outcomes),
            ),
        ),
    )


def _held(vendor: Emulator) -> int:
    """How many messages of this scene *vendor* took; none, if one was to the refused number."""
    if vendor.ledger.count(to=_REFUSED):
        return 0
    return vendor.ledger.count(to=_GOOD) + vendor.ledger.count(to=_ALSO_GOOD)
