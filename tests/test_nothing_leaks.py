"""Canaries: a credential, a message body and a number are planted, and looked for everywhere.

What happens here is ordinary; ``tests/reliability/test_canaries_*`` do the same under every fault.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from devino_async import DevinoClient, DevinoProvider, SmsMessage
from devino_async.sms import SmsResult, SmsStatus
from messente_async import SMS, MessenteClient, MessenteProvider, Omnimessage
from messente_async.answers import ErrorItem, MessageResult
from omni_common import (
    Channel,
    DeliveryState,
    Message,
    OmniError,
    OmniProvider,
    Outcome,
    Part,
    PartReport,
    Secret,
    Vk,
    connect,
)
from omni_common.exchange import Failure, FailureKind
from omni_common.sandbox import Emulator, Scenario
from tests.support.canaries import (
    BODY,
    CALLBACK,
    CREDENTIAL,
    NUMBER,
    PROXY_PASSWORD,
    QUOTED,
    SENTENCE,
    cascade,
    found_in,
    letter,
    message,
    planted,
    planted_emulator,
    profile,
    template,
    video,
)
from tests.support.exposure import searching, shown_of, shown_of_error
from tests.support.figures import RecordProperty


@pytest.fixture(params=["messente", "devino"])
async def vendor(request: pytest.FixtureRequest) -> AsyncIterator[Emulator]:
    async with planted_emulator(request.param) as started:
        yield started


@pytest.fixture
async def omni(vendor: Emulator) -> AsyncIterator[OmniProvider]:
    url = f"{vendor.url}?sender=Shop&timeout=0.5&bulk_timeout=0.5&max_attempts=2"
    assert QUOTED in url
    async with connect(url) as provider:
        yield provider


async def test_logs_and_errors_show_nothing(
    vendor: Emulator, omni: OmniProvider, record_property: RecordProperty
) -> None:
    asyncio.get_running_loop().set_debug(enabled=True)
    with searching(record_property) as search:
        for scenario in Scenario:
            try:
                receipt = await omni.send(message(scenario))
                report = await omni.status(receipt.id)
            except OmniError as error:
                search.look_at_all(shown_of_error(error))
            else:
                for thing in (receipt, report, receipt.attempts):
                    search.look_at_all(shown_of(thing))
        async with omni.send_many(message(scenario) for scenario in Scenario) as outcomes:
            async for outcome in outcomes:
                search.look_at_all(shown_of(outcome))
        sending = asyncio.create_task(omni.send(message(Scenario.STALLED)))
        await vendor.handled(len(vendor.requests) + 1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await sending
        search.look_at_all(shown_of_error(cancelled.value))
        search.look_at_all(shown_of(sending))


async def test_wrong_credentials_are_refused_without_being_quoted(
    vendor: Emulator, record_property: RecordProperty
) -> None:
    wrong = vendor.url.replace(QUOTED, f"{QUOTED}x")
    with searching(record_property) as search:
        async with connect(f"{wrong}?sender=Shop") as omni:
            for attempt in (omni.send(message()), omni.status(f"{vendor.name}:sms:1")):
                with pytest.raises(OmniError) as refused:
                    await attempt
                search.look_at_all(shown_of_error(refused.value))


def test_objects_show_nothing(record_property: RecordProperty) -> None:
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:9"
    with searching(record_property) as search:
        for thing in (
            message(
                metadata={"name": planted("metadata")},
                extra={"devino": {"note": planted("extra")}},
            ),
            cascade(),
            letter(),
            template(),
            profile(),
            video(),
            Message(NUMBER, Vk(BODY)),
            Omnimessage(NUMBER, [SMS(BODY)], dlr_url=CALLBACK),
            SmsMessage(
                sender="Shop",
                to=NUMBER,
                text=BODY,
                callback_url=CALLBACK,
                options={"name": planted("options")},
                extra={"note": planted("extra")},
            ),
            Secret(CREDENTIAL),
            MessenteProvider("user", CREDENTIAL, proxy=proxy),
            MessenteClient("user", CREDENTIAL, proxy=proxy),
            DevinoProvider(CREDENTIAL, proxy=proxy),
            DevinoClient(login="login", password=CREDENTIAL, proxy=proxy),
            MessenteClient("user", CREDENTIAL, proxy=proxy).transport.settings,
        ):
            search.look_at_all(shown_of(thing))


def test_a_vendor_that_quotes_shows_nothing_where_it_has_a_word_of_its_own(
    record_property: RecordProperty,
) -> None:
    """A code, a state or a channel may be any text, since the vocabularies are open."""
    with searching(record_property) as search:
        for thing in (
            Failure(FailureKind.REFUSED, vendor_code=SENTENCE, field=SENTENCE),
            Part(SENTENCE, "1", SENTENCE),
            PartReport(SENTENCE, DeliveryState.UNKNOWN, raw_state=SENTENCE, raw_at=SENTENCE),
            SmsResult(Outcome.UNKNOWN, SENTENCE),
            SmsStatus("1", SENTENCE),
            ErrorItem(code=SENTENCE, title=SENTENCE, detail=SENTENCE, source=SENTENCE),
            MessageResult("1", SENTENCE, SENTENCE),
        ):
            search.look_at_all(shown_of(thing))


async def test_outcomes_pickle_without_credentials(omni: OmniProvider) -> None:
    async with omni.send_many(message(scenario) for scenario in Scenario) as outcomes:
        kept = [outcome async for outcome in outcomes]
    for outcome in kept:
        stored = pickle.dumps(outcome)
        assert CREDENTIAL not in stored.decode("latin-1")
        again = pickle.loads(stored)  # noqa: S301 - our own bytes
        assert (type(again), again.message) == (type(outcome), outcome.message)
        assert found_in(repr(again)) == []


async def test_clients_refuse_to_be_pickled(omni: OmniProvider) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(omni)
    with pytest.raises(TypeError):
        copy.deepcopy(omni)


async def test_a_scheduled_message_tells_nothing_either(
    omni: OmniProvider, record_property: RecordProperty
) -> None:
    receipt = await omni.send(message(send_at=datetime.now(UTC) + timedelta(days=1)))
    if omni.capabilities.channels[Channel.SMS].cancel:
        await omni.cancel(receipt.id)
    with pytest.raises(OmniError) as refused:
        await omni.cancel(receipt.id)
    with searching(record_property) as search:
        search.look_at_all(shown_of_error(refused.value))
