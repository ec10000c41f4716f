"""Scene four: one message over two channels in order, followed by what the vendors post."""

from __future__ import annotations

from datetime import timedelta

from omni_common import (
    CallbackRefusedError,
    DeliveryReport,
    DeliveryState,
    Message,
    NotSupportedError,
    Receipt,
    Sms,
    Tracker,
    Viber,
    connect,
)
from omni_common.callbacks import CallbackReceiver, read_callback, sign
from omni_common.cli.demo.scene import Claim, Scene
from omni_common.cli.demo.stage import Stage
from omni_common.sandbox import Scenario

__all__ = ["cascade"]

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_STEPS = {"1 second": _SECOND, "5 minutes": 5 * _MINUTE, "and 2 seconds": 2 * _SECOND}
"""When the messages are looked at: each step begins where the one before ended."""
_NUMBER = Scenario.EXPIRED.number("+3725104")


async def send(url: str, receiver: CallbackReceiver, tracker: Tracker) -> Receipt:
    """Try Viber for five minutes, then SMS; have it reported to *receiver*."""
    message = Message(
        _NUMBER, [Viber("Sale!", ttl=timedelta(minutes=5)), Sms("Sale! https://shop.example")]
    )
    async with connect(url) as omni:
        receipt = await omni.send(receiver.addressed(message, omni.capabilities))
    await tracker.add(receipt)
    return receipt


async def cascade(stage: Stage) -> Scene:
    """Send through each vendor to a number that Viber cannot reach, and listen."""
    tracker = Tracker()
    rows, reports = [], list[DeliveryReport]()
    async with stage.receiving(tracker.record) as receiver:
        receipts = [await send(url, receiver, tracker) for url in stage.urls]
        for title, step in _STEPS.items():
            stage.pass_time(step)
            await stage.settle()
            reports = [await tracker.report(receipt) for receipt in receipts]
            rows.append((title, *(state for report in reports for state in _states(report))))
    reason = await _reason(stage.urls[1], receipts[1].id)
    ends = [DeliveryState.EXPIRED, DeliveryState.DELIVERED]
    return Scene(
        name="cascade",
        title="Viber first, then SMS",
        opening="One message, two channels in the order to try, to a number that has no Viber."
        " The same function sends it through each vendor, and each posts to a server of ours what"
        " becomes of it. The words are the vendors', put into shared ones:",
        code=send,
        columns=("after", "Messente, Viber", "SMS", "Devino, Viber", "its SMS"),
        rows=tuple(rows),
        closing=f"Asked for the status, Devino's provider says: {reason}.",
        claims=(
            Claim(
                "Viber expired, SMS delivered, and the message counts as delivered, through both;"
                " each ledger holds it once.",
                all(
                    [part.state for part in report.parts] == ends
                    and report.state is DeliveryState.DELIVERED
                    for report in reports
                )
                and all(vendor.ledger.count(to=_NUMBER) == 1 for vendor in stage.vendors),
            ),
            Claim(
                "What anybody else posts, without the vendor's signature, is refused.",
                _is_refused(b'{"omnimessage_id": "1", "status": "SEEN"}'),
            ),
        ),
    )


def _is_refused(body: bytes) -> bool:
    """Whether a post is refused that somebody signed with a secret of their own."""
    headers = sign("messente.delivery", body, "somebody's own").headers
    try:
        read_callback("messente.delivery", headers, body, secrets="the vendor's")
    except CallbackRefusedError:
        return True
    return False


async def _reason(url: str, id: str) -> str:
    """Why a status cannot be asked for."""
    async with connect(url) as omni:
        try:
            await omni.status(id)
        except NotSupportedError as error:
            return error.text
    return "nothing against it"


def _states(report: DeliveryReport) -> tuple[str, str]:
    viber, sms = (part.state.value for part in report.parts)
    return viber, sms
