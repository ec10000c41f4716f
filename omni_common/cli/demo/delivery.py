"""Scenes two and three: a message followed until it is delivered, and one taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from omni_common import (
    DeliveryReport,
    DeliveryState,
    Message,
    NotSupportedError,
    Sms,
    connect,
)
from omni_common.cli.demo.scene import Claim, Scene
from omni_common.cli.demo.stage import Stage
from omni_common.sandbox import Scenario

__all__ = ["followed", "taken_back"]

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)


async def followed(stage: Stage) -> Scene:
    """Send one message through each vendor and ask for its state until it is delivered."""
    message = Message(Scenario.DELIVERED.number("+3725102"), Sms("Your parcel is on its way"))
    traces = []
    for url in stage.urls:
        async with connect(url) as omni:
            receipt = await omni.send(message)
        traces.append((url, receipt.id))
    rows = []
    for step in (timedelta(), _SECOND, _SECOND):
        stage.pass_time(step)
        rows.append([await _report(url, id) for url, id in traces])
    async with connect(stage.urls[0]) as omni:
        last = await omni.wait(traces[0][1])
    ends = [*rows[-1], last]
    return Scene(
        name="delivery",
        title="Followed until delivered",
        opening="A receipt's id is a text. It is all that is needed to ask what became of the"
        " message, tomorrow or from another process; here each question comes over a new"
        " connection. The emulators' clock is moved by hand.",
        columns=("after", "Messente", "Devino"),
        rows=tuple(
            (f"{seconds} s", *(report.state.value for report in reports))
            for seconds, reports in enumerate(rows)
        ),
        claims=(
            Claim(
                "Both vendors' words came out as the same state, delivered, and it is final.",
                all(end.state is DeliveryState.DELIVERED and end.is_final for end in ends),
            ),
        ),
    )


async def _report(url: str, id: str) -> DeliveryReport:
    async with connect(url) as omni:
        return await omni.status(id)


async def taken_back(stage: Stage) -> Scene:
    """Schedule one message through each vendor, try to cancel it, and let its time come."""
    number = Scenario.DELIVERED.number("+3725103")
    message = Message(number, Sms("The shop opens"), send_at=datetime.now(UTC) + _HOUR)
    answers, ids, reason = [], [], ""
    for url in stage.urls:
        async with connect(url) as omni:
            receipt = await omni.send(message)
            ids.append(receipt.id)
            try:
                await omni.cancel(receipt.id)
                answers.append("cancelled")
            except NotSupportedError as error:
                answers.append("not supported")
                reason = error.text
    stage.pass_time(2 * _HOUR)
    states = [(await _report(url, id)).state for url, id in zip(stage.urls, ids, strict=True)]
    return Scene(
        name="cancel",
        title="A scheduled message, taken back",
        opening="The same message is scheduled for in an hour, then cancelled. Two hours later:",
        columns=("step", "Messente", "Devino"),
        rows=(("cancel", *answers), ("two hours later", *(state.value for state in states))),
        closing=f"Devino has no such call, and that is said plainly. The error reads: {reason}.",
        claims=(
            Claim(
                "What Messente confirmed as cancelled was never delivered.",
                answers[0] == "cancelled"
                and states[0] is DeliveryState.CANCELLED
                and stage.messente.ledger.count(to=number) == 1
                and not stage.was_delivered(stage.messente, number),
            ),
            Claim(
                "Devino did deliver: nothing here pretends that it could be stopped.",
                answers[1] == "not supported" and stage.was_delivered(stage.devino, number),
            ),
        ),
    )
