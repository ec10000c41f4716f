"""Unknown messages over an emulated Devino: lost answers, and a process that was killed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from omni_common.errors import NotSupportedError, OutcomeUnknownError, ReadError
from omni_common.message import Message, Sms, Viber
from omni_common.outbox import EntryState, Outbox, Reconciliation
from omni_common.outbox.documents import message_document
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Posting, Turn
from omni_common.report import DeliveryState
from omni_common.sandbox import Fault, SandboxClock
from tests.outbox.outboxes import state_of
from tests.support.clock import FakeClock

NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)
TO = "+79031234567"

every_variant = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants()]
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def behaviour() -> DevinoBehaviour:
    return DevinoBehaviour()


@pytest.fixture
async def emulator(behaviour: DevinoBehaviour) -> AsyncIterator[DevinoEmulator]:
    clock = SandboxClock(NOW, frozen=True)
    async with DevinoEmulator(clock=clock, behaviour=behaviour) as started:
        yield started


def over(emulator: DevinoEmulator, path: Path, clock: FakeClock, **settings: Any) -> Outbox:
    """An outbox over the emulated account, with its own zone and sender unless told otherwise."""
    hours = emulator.behaviour.status_offset // timedelta(hours=1)
    usual: dict[str, Any] = {"sender": "Shop", "account_zone": f"+{hours:02}:00", "max_attempts": 1}
    devino = DevinoProvider(
        emulator.key, base_url=emulator.base_url, clock=clock, **(usual | settings)
    )
    return Outbox(devino, path, clock=clock)


def order(number: int, text: str = "Your order is ready") -> Message:
    return Message(TO, Sms(text), reference=f"order-{number}")


async def lose(omni: Outbox, emulator: DevinoEmulator, message: Message) -> None:
    """Send a message that the vendor takes, and whose answer is lost."""
    emulator.fail_next(Fault.DROP, on="send")
    with pytest.raises(OutcomeUnknownError):
        await omni.send(message)
    assert await state_of(omni, message.reference) is EntryState.UNKNOWN


@every_variant
async def test_a_message_whose_answer_was_lost_is_found_and_not_sent_again(
    emulator: DevinoEmulator, path: Path, clock: FakeClock
) -> None:
    async with over(emulator, path, clock) as omni:
        accepted = await omni.send(order(1))
        await lose(omni, emulator, order(2))
        emulator.clock.advance(timedelta(minutes=1))
        found = await omni.reconcile()
        assert found == Reconciliation(settled=1, left=0, references=("order-2",))
        receipt = await omni.send(order(2))
        assert receipt.id == f"devino:sms:{[entry.id for entry in emulator.ledger][1]}"
        assert (receipt.provider, receipt.to) == (accepted.provider, accepted.to)
        assert [(part.channel, part.sender) for part in receipt.parts] == [("sms", "Shop")]
        assert f"devino:sms:{receipt.parts[0].id}" == receipt.id
        assert (await omni.status(receipt.id)).state is DeliveryState.DELIVERED
    assert len(emulator.ledger) == 2


async def test_two_lost_messages_that_say_the_same_are_left(
    emulator: DevinoEmulator, path: Path, clock: FakeClock
) -> None:
    async with over(emulator, path, clock) as omni:
        await lose(omni, emulator, order(1))
        await lose(omni, emulator, order(2))
        await lose(omni, emulator, order(3, "Thank you"))
        assert (await omni.reconcile()).references == ("order-3",)
        assert await omni.reconcile() == Reconciliation(settled=0, left=2)


async def test_what_a_killed_process_had_not_sent_stays_unknown(
    emulator: DevinoEmulator, path: Path, clock: FakeClock
) -> None:
    journal, turn = Journal(path), Turn(EntryState.CLAIMED, NOW, held=False)
    written = [
        Posting(each.reference, turn, message_document(each))
        for each in (order(1), order(2, "Thank you"))
    ]
    await journal.put(written, NOW)
    await journal.close()
    async with over(emulator, path.with_name("another"), clock) as elsewhere:
        await elsewhere.send(order(1))  # as the process did before it was killed
    await clock.advance(timedelta(days=3).total_seconds())
    emulator.clock.advance(timedelta(days=3))
    async with over(emulator, path, clock) as omni:
        found = await omni.reconcile()
        assert found == Reconciliation(settled=1, left=1, references=("order-1",))
        with pytest.raises(OutcomeUnknownError):
            await omni.send(order(2, "Thank you"))
    assert len(emulator.ledger) == 1


async def test_what_the_vendor_does_not_list_word_for_word_is_left(
    emulator: DevinoEmulator, path: Path, clock: FakeClock
) -> None:
    viber = Message(TO, Viber("Your order is ready"), reference="viber")
    async with over(emulator, path, clock) as omni:
        receipt = await omni.send(Message(TO, Viber("It is on its way")))
        assert receipt.id.startswith("devino:omni:")
        emulator.fail_next(Fault.DROP, on="omni_send")
        with pytest.raises(OutcomeUnknownError):
            await omni.send(viber)
        assert await omni.reconcile() == Reconciliation(settled=0, left=1)
    async with over(emulator, path, clock) as omni:
        await lose(omni, emulator, order(1))
    async with over(emulator, path, clock, sender="Bakery") as omni:
        # By these settings it would have gone out from another sender than it did.
        assert await omni.reconcile() == Reconciliation(settled=0, left=2)


async def test_without_the_account_s_zone_it_says_what_is_missing(
    emulator: DevinoEmulator, path: Path, clock: FakeClock
) -> None:
    async with over(emulator, path, clock, account_zone=None) as omni:
        await lose(omni, emulator, order(1))
        with pytest.raises(NotSupportedError, match="account_zone"):
            await omni.reconcile()


@pytest.mark.parametrize("question", ["sms_detail", "status"])
async def test_a_question_that_devino_does_not_answer_settles_nothing(
    emulator: DevinoEmulator, path: Path, clock: FakeClock, question: str
) -> None:
    async with over(emulator, path, clock) as omni:
        await lose(omni, emulator, order(1))
        emulator.fail_next(Fault.SERVER_ERROR, on=question)
        with pytest.raises(ReadError):
            await omni.reconcile()
        assert await state_of(omni, "order-1") is EntryState.UNKNOWN
        assert (await omni.reconcile()).settled == 1
    assert len(emulator.ledger) == 1
