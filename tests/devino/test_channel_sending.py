"""Sends over Devino's channels, over real HTTP, whatever the vendor's documents leave open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from attrs import evolve

from devino_async import DevinoClient
from devino_async.channel_sending import BodyForm
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator, ErrorBody
from devino_async.sandbox.channel_behaviour import BodyForm as TakenForm, ChannelBehaviour
from omni_common.errors import (
    InvalidMessageError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    RefusedError,
)
from omni_common.sandbox import Fault, Scenario
from tests.devino.channels import (
    SENDS,
    TO,
    Send,
    direct,
    every_channel_variant,
    every_send,
    push,
    wallet,
    whatsapp,
)
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer as answering

PREFIX = "7903123"


@pytest.fixture
async def client(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


# --- Over HTTP, whatever the documents leave open -------------------------------------------------


@every_channel_variant
async def test_every_channel_sends_under_every_variant(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    for send in SENDS:
        to = Scenario.DELIVERED.number(PREFIX)
        [result] = await send.deliver(client, [send.message(to)], behaviour)
        entry = tuple(emulator.ledger)[-1]
        assert (result.outcome, result.code) == (Outcome.ACCEPTED, "OK")
        named = behaviour.channels.id_key == "messageId"
        assert result.message_id == (entry.id if named else None)
        assert (entry.to, entry.channels, entry.origin) == (to, (send.channel,), send.operation)
    assert len(emulator.ledger) == len(SENDS)


@every_channel_variant
async def test_every_refusal_is_told_under_every_variant(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    for send in SENDS:
        to = Scenario.REFUSED.number(PREFIX)
        [result] = await send.deliver(client, [send.message(to)], behaviour)
        assert (result.outcome, result.code) == (Outcome.NOT_SENT, "REJECTED")
        assert result.message_id is None
        [why] = result.reasons
        assert (why.key, why.field) == ("to.format.invalid", send.recipient)
    assert len(emulator.ledger) == 0


@every_channel_variant
async def test_a_batch_is_answered_message_by_message_under_every_variant(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    numbers = [each.number(PREFIX) for each in (Scenario.DELIVERED, Scenario.REFUSED)]
    for send in SENDS:
        if not send.takes_several(behaviour):
            continue
        messages = [send.message(to) for to in (*numbers, TO)]
        outcomes = [each.outcome for each in await send.deliver(client, messages, behaviour)]
        assert outcomes == [Outcome.ACCEPTED, Outcome.NOT_SENT, Outcome.ACCEPTED]
        assert emulator.ledger.count(to=numbers[1]) == 0


@every_channel_variant
async def test_a_key_without_the_right_is_told_so_under_every_variant(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    for send in SENDS:
        others = {each.operation for each in SENDS} - {send.operation}
        emulator.key_operations = frozenset(others)
        with pytest.raises(PermissionDeniedError) as refused:
            await send.deliver(client, [send.message(TO)], behaviour)
        assert refused.value.outcome is Outcome.NOT_SENT
    assert len(emulator.ledger) == 0


@every_send
async def test_the_credit_is_shared_with_sms(
    client: DevinoClient, emulator: DevinoEmulator, send: Send
) -> None:
    emulator.credit = 1
    [paid] = await send.deliver(client, [send.message(TO)], emulator.behaviour)
    [unpaid] = await send.deliver(client, [send.message(TO)], emulator.behaviour)
    assert (paid.outcome, unpaid.outcome) == (Outcome.ACCEPTED, Outcome.NOT_SENT)
    assert [each.key for each in unpaid.reasons] == ["billing.error"]
    assert (emulator.credit, len(emulator.ledger)) == (0, 1)


@every_send
@pytest.mark.parametrize(
    "scenario", [Scenario.ANSWER_DROPPED, Scenario.SERVER_ERROR, Scenario.GARBAGE]
)
async def test_t70_a_lost_answer_is_unknown_and_nothing_is_sent_again(
    client: DevinoClient, emulator: DevinoEmulator, send: Send, scenario: Scenario
) -> None:
    with pytest.raises(OutcomeUnknownError) as lost:
        await send.deliver(client, [send.message(scenario.number(PREFIX))], emulator.behaviour)
    assert lost.value.outcome is Outcome.UNKNOWN
    assert len(emulator.ledger) == len(emulator.requests) == 1


@every_send
async def test_an_answer_by_a_gateway_is_unknown(
    client: DevinoClient, emulator: DevinoEmulator, send: Send
) -> None:
    emulator.fail_next(Fault.HTML, on=send.operation)
    with pytest.raises(OutcomeUnknownError):
        await send.deliver(client, [send.message(TO)], emulator.behaviour)


@every_send
@pytest.mark.parametrize(
    "body", [b"<html>Thank you</html>", b'{"result":true}', b'{"result":[]}', b"null"]
)
async def test_a_success_that_says_nothing_is_unknown(
    clock: FakeClock, send: Send, body: bytes
) -> None:
    async with (
        FaultServer(answering(200, body)) as server,
        DevinoClient("key", base_url=server.url, clock=clock) as client,
    ):
        with pytest.raises(OutcomeUnknownError):
            await send.deliver(client, [send.message(TO)], DevinoBehaviour())
        assert len(server.requests) == 1


@every_send
async def test_t1_a_refusal_with_a_success_for_a_status_is_a_refusal(
    clock: FakeClock, send: Send
) -> None:
    body = b'{"result":null,"Reasons":{"Key":"too.many.messages"}}'
    async with (
        FaultServer(answering(200, body)) as server,
        DevinoClient("key", base_url=server.url, clock=clock) as client,
    ):
        with pytest.raises(RefusedError) as refused:
            await send.deliver(client, [send.message(TO)], DevinoBehaviour())
        assert refused.value.vendor_code == "too.many.messages"


@every_send
@pytest.mark.parametrize("kind", ["nothing", "a single one", "a generator", "none at all"])
async def test_what_is_no_list_of_messages_is_refused_before_any_request(
    client: DevinoClient, emulator: DevinoEmulator, send: Send, kind: str
) -> None:
    calls: dict[str, Callable[[Any], Awaitable[Any]]] = {
        "VIBER": client.viber.send,
        "PUSH": client.push.send,
        "PUSH_WALLET": client.push_wallet.send,
        "VK": client.vk.send,
        "WHATSAPP": client.whatsapp.send,
    }
    message: Any = send.message(TO)
    wrong = {
        "nothing": None,
        "a single one": [[message]] if send.channel == "WHATSAPP" else message,
        "a generator": (each for each in [message]),
        "none at all": [],
    }
    with pytest.raises(InvalidMessageError) as refused:
        await calls[send.channel](wrong[kind])
    assert refused.value.field in {"message", "messages"}
    assert not emulator.requests


# --- Bodies whose form is not documented ----------------------------------------------------------


@pytest.mark.parametrize("body", [ErrorBody.RESULT_NULL, ErrorBody.HTML, ErrorBody.EMPTY])
@pytest.mark.parametrize("taken", [TakenForm.ARRAY, TakenForm.SINGLE])
async def test_t7_a_push_in_the_wrong_form_is_refused_and_goes_in_the_right_one(
    client: DevinoClient, emulator: DevinoEmulator, taken: TakenForm, body: ErrorBody
) -> None:
    emulator.behaviour = DevinoBehaviour(
        refused_body=body, channels=ChannelBehaviour(push_body=taken)
    )
    with pytest.raises(RefusedError):
        await client.push.send([push()])
    [result] = await client.push.send([push()], body_form=BodyForm(taken.value))
    assert (result.outcome, len(emulator.ledger)) == (Outcome.ACCEPTED, 1)


@pytest.mark.parametrize("taken", [TakenForm.ARRAY, TakenForm.MESSAGES])
async def test_a_whatsapp_message_in_the_wrong_form_is_refused_and_goes_in_the_right_one(
    client: DevinoClient, emulator: DevinoEmulator, taken: TakenForm
) -> None:
    emulator.behaviour = DevinoBehaviour(channels=ChannelBehaviour(whatsapp_body=taken))
    for send, message in (
        (client.whatsapp.send, whatsapp()),
        (client.whatsapp.send_direct, direct()),
    ):
        call: Callable[..., Awaitable[Any]] = send
        with pytest.raises(RefusedError):
            await call(message)
        result = await call(message, body_form=BodyForm(taken.value))
        assert result.outcome is Outcome.ACCEPTED
    assert len(emulator.ledger) == 2


async def test_t7_a_wallet_send_is_an_array_or_one_object(
    client: DevinoClient, emulator: DevinoEmulator
) -> None:
    assert len(await client.push_wallet.send([wallet(), wallet()])) == 2
    with pytest.raises(RefusedError):
        await client.push_wallet.send([wallet()], body_form=BodyForm.SINGLE)
    channels = ChannelBehaviour(wallet_body=TakenForm.SINGLE)
    emulator.behaviour = evolve(emulator.behaviour, channels=channels)
    with pytest.raises(RefusedError):
        await client.push_wallet.send([wallet()])
    [result] = await client.push_wallet.send([wallet()], body_form=BodyForm.SINGLE)
    assert (result.outcome, len(emulator.ledger)) == (Outcome.ACCEPTED, 3)
