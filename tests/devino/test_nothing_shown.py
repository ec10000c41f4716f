"""What comes out of the Devino provider shows no number, no text and no credential."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from devino_async import DevinoProvider
from omni_common.converter import dumps
from omni_common.errors import (
    OmniError,
)
from omni_common.message import Message, Sms
from omni_common.receipt import Accepted, NotSent, Receipt, SendOutcome, Unknown
from omni_common.sandbox import Scenario
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer

PREFIX = "+7903123"


def message(scenario: Scenario = Scenario.DELIVERED, text: str = "Hello", **fields: Any) -> Message:
    return Message(scenario.number(PREFIX), Sms(text), **fields)


async def outcomes_of(devino: DevinoProvider, messages: list[Message]) -> list[SendOutcome]:
    async with devino.send_many(messages) as outcomes:
        return [outcome async for outcome in outcomes]


# --- What comes out shows nothing -----------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("place", ["key", "ref", "defaultMessage"])
async def test_errors_quote_nothing_even_when_the_vendor_does(
    clock: FakeClock, status: int, place: str, *, whole: bool
) -> None:
    reason = {"key": "to.format.invalid", "ref": "to", "defaultMessage": "Error"}
    reason[place] = "Error: «canary text» to 79031230000 by canary+key/=="
    item = {"code": "REJECTED", "reasons": [reason]}
    document = item if whole else {"result": [item]}
    async with (
        FaultServer(answer(status, dumps(document))) as server,
        DevinoProvider("canary+key/==", sender="Shop", base_url=server.url, clock=clock) as devino,
    ):
        with pytest.raises(OmniError) as refused:
            await devino.send(message(text="canary text"))
    for error in (refused.value, pickled(refused.value)):
        shown = f"{error} {error!r} {error.attempts!r}"
        assert "canary" not in shown
        assert "7903123" not in shown
    assert refused.value.raw == item
    assert pickled(refused.value).raw is None


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own bytes


async def test_outcomes_pickle_and_their_reprs_are_masked(devino: DevinoProvider) -> None:
    scenarios = [Scenario.DELIVERED, Scenario.REFUSED]
    outcomes = await outcomes_of(devino, [message(each, "canary") for each in scenarios])
    outcomes += await outcomes_of(devino, [message(Scenario.GARBAGE, "canary")])
    assert [type(outcome) for outcome in outcomes] == [Accepted, NotSent, Unknown]
    for outcome in outcomes:
        again = pickled(outcome)
        assert (type(again), again.message) == (type(outcome), outcome.message)
        if isinstance(outcome, Accepted):
            assert again == outcome
        else:
            assert str(again.error) == str(outcome.error)
        for thing in (outcome, again):
            assert "canary" not in repr(thing)
            assert PREFIX[1:] not in repr(thing)
    receipt = await devino.send(message())
    assert isinstance(pickled(receipt), Receipt)
    assert pickled(receipt) == receipt


def test_a_provider_shows_no_credentials() -> None:
    for devino in (
        DevinoProvider("canary-key"),
        DevinoProvider(login="login", password="canary-password"),
    ):
        assert "canary" not in f"{devino!r} {vars(devino)!r} {devino.client!r}"
