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
    NotSentError,
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
    "somebody else": body(refused=[no({"phone": "79009999999"})]),
    "somebody else too": body(refused=[no(), no({"phone": "79009999999"})]),
    "nobody to be read": body(refused=[no(description="{broken #invalid.phone.size; No")]),
    "refused twice over": body(refused=[no()]) | {"reasons": [{"key": "invalid"}]},
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


def within(answered: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"result": {**answered["result"], **more}}


UNKNOWN_ANSWERS: dict[str, Any] = {
    "accepted and refused": body([ok("1")], [no()]),
    "two messages": body([ok("1"), ok("2")]),
    "no id": body([ok(None)]),
    "another code": body([ok("1", code="QUEUED")]),
    "nothing": body(),
    "refused with an id": body(refused=[no(result="5")]),
    "accepted beside reasons": body([ok("1")]) | {"reasons": [{"key": "x"}]},
    "accepted beside a reason": body([ok("1")]) | {"Reasons": {"Key": "x"}},
    "accepted beside a code": body([ok("1")]) | {"code": "REJECTED"},
    "accepted beside reasons in the result": within(body([ok("1")]), reasons=[{"key": "x"}]),
    "accepted beside a code in the result": within(body([ok("1")]), code="REJECTED"),
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
        ('{"phone":"79031230000"} #callbackUrl.format.invalid; No', "callbackUrl.format.invalid"),
        ('{"phone":"79031230000"} #forbidden; No', "forbidden"),
        ('{"phone":"79031230000"} #unknown; No', "unknown"),
        ('{broken "Canary #invalid.phone.size; 79031230000', "invalid.phone.size"),
        ('{"phone":"79031230000"} #Canary; x', None),
        ('{"phone":"79031230000"} #Canary.phone; x', None),
        ('{"phone":"79031230000"} #invalid.Canary; x', None),
        ('{"phone":"79031230000"} #p79031230000; x', None),
        ('{"phone":"79031230000"} #invalid.79031230000; x', None),
        ('{"phone":"79031230000"} #canaryCanary; x', None),
        ('{"phone":"79031230000"} #invalid.; Canary', None),
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
        with pytest.raises(NotSentError) as refused:
            await devino.send(offer())
    error = refused.value
    assert isinstance(error, RefusedError)
    assert error.vendor_code == code
    shown = f"{error} {error!r} {error.vendor_code} {error.field} {error.attempts!r}"
    assert "Canary" not in shown
    assert "79031230000" not in shown
    assert description in json.dumps(error.raw, ensure_ascii=False).replace('\\"', '"')


async def test_t28_reasons_beside_a_description_show_no_more_than_it(clock: FakeClock) -> None:
    reasons = [{"key": "Canary", "ref": "to"}, {"key": "invalid.phone.size", "ref": "79031230000"}]
    sent = body(refused=[no(description="Canary", reasons=reasons)])
    async with serving(json.dumps(sent).encode()) as server, talking_to(server, clock) as devino:
        with pytest.raises(RefusedError) as refused:
            await devino.send(offer())
    assert (refused.value.vendor_code, refused.value.field) == ("invalid.phone.size", None)


async def test_what_goes_well_with_an_accepted_message_leaves_it_accepted(clock: FakeClock) -> None:
    for sent in (
        body([ok("1")]) | {"reasons": [], "code": "OK"},
        body([ok("1")]) | {"reasons": None},
        within(body([ok("1")]), code="OK", reasons=[]),
    ):
        server = serving(json.dumps(sent).encode())
        async with server, talking_to(server, clock) as devino:
            assert (await devino.send(offer())).id == "devino:omni:1"


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
    nos = [each for each in entries if each in (no(), no({"phone": "1"}))]
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
