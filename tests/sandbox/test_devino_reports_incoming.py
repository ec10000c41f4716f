"""SMS that people send to the emulated account are posted to its URL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, variants
from devino_async.sandbox.report_behaviour import ReportBehaviour
from devino_async.sms import IncomingSms, read_incoming
from omni_common.errors import ConfigurationError
from omni_common.sandbox import SandboxClock
from tests.support.callback_receiver import CallbackReceiver

NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
async def emulator(
    clock: SandboxClock, receiver: CallbackReceiver
) -> AsyncIterator[DevinoEmulator]:
    async with DevinoEmulator(clock=clock, incoming_callback_url=receiver.url) as started:
        yield started


async def test_the_callback_is_like_the_vendors_example(
    emulator: DevinoEmulator, receiver: CallbackReceiver
) -> None:
    id = emulator.receive(
        "Incoming Message", sender="79101111111", recipient="MyCompany", prefix="2135"
    )
    await emulator.settle()
    [posted] = receiver.received
    assert posted.headers["Content-Type"] == "application/json"
    event = posted.json()
    assert len(event.pop("transactionId")) == 12
    assert event == {
        "incomingMessageId": id,
        "to": "MyCompany",
        "from": "79101111111",
        "text": "Incoming Message",
        "prefix": "2135",
        "operator": "MTS",
        "countryName": "ru",
        "ts": "1798794000000",
    }


async def test_t7_t21_forms_the_documents_leave_open_have_switches(
    emulator: DevinoEmulator, receiver: CallbackReceiver
) -> None:
    emulator.behaviour = DevinoBehaviour(
        reports=ReportBehaviour(incoming_as_array=True, incoming_numbers_as_text=False)
    )
    id = emulator.receive("Hi", sender="79101111111", recipient="MyCompany")
    await emulator.settle()
    [[event]] = receiver.bodies
    assert (event["incomingMessageId"], event["ts"]) == (int(id), 1798794000000)
    assert event["prefix"] is None


@pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants(areas=("reports",))]
)
async def test_it_is_read_alike_whatever_its_form(
    emulator: DevinoEmulator, receiver: CallbackReceiver, behaviour: DevinoBehaviour
) -> None:
    emulator.behaviour = behaviour
    fields: dict[str, Any] = {"prefix": "2135", "operator": "Tele2", "country": "ee"}
    id = emulator.receive("Привет", sender="37251000000", recipient="Shop", **fields)
    await emulator.settle()
    [body] = {posted.body for posted in receiver.received}
    assert len(receiver.received) == behaviour.callback_copies
    [message] = read_incoming(body)
    assert message == IncomingSms(
        incoming_message_id=id,
        to="Shop",
        sender="37251000000",
        text="Привет",
        transaction_id=message.transaction_id,
        prefix="2135",
        operator="Tele2",
        country_name="ee",
        ts=NOW,
        raw=message.raw,
    )


async def test_it_is_posted_again_where_the_behaviour_says_so(
    emulator: DevinoEmulator, receiver: CallbackReceiver
) -> None:
    emulator.behaviour = DevinoBehaviour(callback_attempts=2)
    receiver.status = 500
    emulator.receive("Hi", sender="79101111111", recipient="Shop")
    await emulator.settle()
    emulator.clock.advance(emulator.callbacks[0].callback.retry_after)
    await emulator.settle()
    assert [posted.status for posted in emulator.callbacks] == [500, 500]


async def test_an_account_without_a_url_receives_nothing() -> None:
    async with DevinoEmulator() as emulator:
        with pytest.raises(ConfigurationError) as refused:
            emulator.receive("Hi", sender="79101111111", recipient="Shop")
        assert refused.value.field == "incoming_callback_url"


async def test_it_is_no_message_that_the_account_sent(emulator: DevinoEmulator) -> None:
    emulator.receive("Hi", sender="79101111111", recipient="Shop")
    assert len(emulator.ledger) == 0
