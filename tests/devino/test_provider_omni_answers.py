"""What a send by a scenario is taken to prove by whatever Devino may answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from devino_async import DevinoProvider
from devino_async.omni import OmniRecipient
from devino_async.routes.omni import _read_single
from omni_common import (
    OutcomeUnknownError,
    RefusedError,
)
from omni_common.exchange import Answer, Failure
from tests.devino.omni_entries import body, no, ok
from tests.devino.scenario_account import (
    NAME,
    offer,
    result,
    told_task,
)
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer


def serving(sent: bytes, status: int = 200) -> FaultServer:
    """A vendor that knows the task of the settings, and then answers *sent* to every message."""
    return FaultServer(answer(200, result(told_task())), answer(status, sent))


def talking_to(server: FaultServer, clock: FakeClock) -> DevinoProvider:
    return DevinoProvider(
        "key", sender="Shop", base_url=server.url, clock=clock, scenarios={NAME: "7"}
    )


REFUSED_ANSWERS: dict[str, Any] = {
    "one": body(refused=[no()]),
    "several": body(refused=[no(), no({"phone": "79031230000"}, "must.be.not.null")]),
    "in the wrong list": body([no()]),
    "without words": body(refused=[{"code": "REJECTED"}]),
    "the whole call": {"result": None, "reasons": [{"key": "invalid", "ref": "taskId"}]},
}


@pytest.mark.parametrize("sent", REFUSED_ANSWERS.values(), ids=REFUSED_ANSWERS)
@pytest.mark.parametrize("status", [200, 400])
async def test_refusals_alone_are_a_refusal(sent: Any, status: int, clock: FakeClock) -> None:
    server = serving(json.dumps(sent).encode(), status)
    async with server, talking_to(server, clock) as devino:
        with pytest.raises(RefusedError):
            await devino.send(offer())
        assert len(server.requests) == 2


UNKNOWN_ANSWERS: dict[str, Any] = {
    "accepted and refused": body([ok("1")], [no()]),
    "two messages": body([ok("1"), ok("2")]),
    "no id": body([ok(None)]),
    "another code": body([ok("1", code="QUEUED")]),
    "nothing": body(),
    "somebody else": body(refused=[no({"phone": "79009999999"})]),
    "somebody else too": body(refused=[no(), no({"phone": "79009999999"})]),
    "refused with an id": body(refused=[no(result="5")]),
    "no result": {},
    "a text": {"result": "5"},
}


@pytest.mark.parametrize("sent", UNKNOWN_ANSWERS.values(), ids=UNKNOWN_ANSWERS)
async def test_an_answer_that_proves_nothing_is_unknown(sent: Any, clock: FakeClock) -> None:
    server = serving(json.dumps(sent).encode())
    async with server, talking_to(server, clock) as devino:
        with pytest.raises(OutcomeUnknownError):
            await devino.send(offer())
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ('{"phone":"79031230000"} #invalid.phone.size; No', "invalid.phone.size"),
        ('{"phone":"79031230000"} #invalid.phone.size', "invalid.phone.size"),
        ("Canary #Canary; no contact quoted", None),
        ('{"phone":"79031230000"} #invalid; by #Canary', None),
        ("Canary", None),
    ],
)
async def test_t28_what_a_refusal_quotes_is_in_raw_alone(
    description: str, code: str | None, clock: FakeClock
) -> None:
    server = serving(json.dumps(body(refused=[no(description=description)])).encode())
    async with server, talking_to(server, clock) as devino:
        with pytest.raises(RefusedError) as refused:
            await devino.send(offer())
    error = refused.value
    assert error.vendor_code == code
    shown = f"{error} {error!r} {error.vendor_code} {error.field} {error.attempts!r}"
    assert "Canary" not in shown
    assert "79031230000" not in shown
    assert description in json.dumps(error.raw, ensure_ascii=False).replace('\\"', '"')


@settings(max_examples=200)
@given(
    sent=st.lists(st.sampled_from([ok("1"), ok("2"), ok(None), 5, None]), max_size=2),
    refused=st.lists(st.sampled_from([no(), no({"phone": "1"}), ok("3"), "x"]), max_size=2),
    status=st.sampled_from([200, 400, 500]),
)
def test_a_message_is_accepted_by_one_ok_alone_and_refused_by_refusals_alone(
    sent: list[Any], refused: list[Any], status: int
) -> None:
    recipient = OmniRecipient(phone="79031230000")
    read = _read_single(Answer(status, json.dumps(body(sent, refused)).encode()), recipient)
    entries = [*sent, *refused]
    oks = [each for each in entries if isinstance(each, dict) and each.get("result")]
    nos = [each for each in entries if each == no()]
    if len(oks) == 1 and len(entries) == 1:
        assert not isinstance(read, Failure | None)
        assert read.message_id == oks[0]["result"]
    elif nos and len(nos) == len(entries):
        assert isinstance(read, Failure)
        assert read.vendor_code == "invalid.phone.size"
    else:
        assert read is None or (isinstance(read, Failure) and read.vendor_code is None)


async def test_extra_fields_arrive_beside_the_contact(clock: FakeClock) -> None:
    taken = body([ok("1")])
    async with serving(json.dumps(taken).encode()) as server, talking_to(server, clock) as devino:
        await devino.send(offer(extra={"devino": {"newField": 1}}))
        assert json.loads(server.requests[-1].body)["contacts"][0]["newField"] == 1
