"""Each switch of the Devino emulator, where the vendor's documents are silent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from attrs import asdict, fields, has

from devino_async.sandbox import (
    DevinoBehaviour,
    DevinoEmulator,
    EmailBehaviour,
    EmptyFields,
    ErrorBody,
    SmsIdForm,
    StatusOrder,
    StatusWord,
    UnknownIds,
    variants,
)
from omni_common.errors import ConfigurationError
from omni_common.sandbox import Fault, SandboxClock
from tests.support.callback_receiver import CallbackReceiver
from tests.support.devino_http import KEY, Caller, HttpAnswer, sms


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


async def test_the_status_of_a_send_can_depend_on_whether_anything_was_accepted(
    devino: Caller,
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(accepted_status=201, all_rejected_status=400)
    assert (await devino.send(sms())).status == 201
    assert (await devino.send(sms(), sms(to="x"))).status == 201
    rejected = await devino.send(sms(to="x"), sms(to="x"))
    assert rejected.status == 400
    assert [item["code"] for item in rejected.items] == ["REJECTED", "REJECTED"]


@pytest.mark.parametrize("status", [200, 400, 422])
async def test_a_refused_request_can_have_any_status(devino: Caller, status: int) -> None:
    devino.emulator.behaviour = DevinoBehaviour(refused_status=status)
    assert (await devino.call("/sms/messages", {})).status == status


async def _refused(devino: Caller) -> tuple[HttpAnswer, str]:
    return await devino.call("/sms/messages", {}), "must.be.not.null"


async def _unauthorized(devino: Caller) -> tuple[HttpAnswer, str]:
    stranger = Caller(devino.emulator, devino.session, "Key wrong")
    return await stranger.send(sms()), "unauthorized"


async def _not_found(devino: Caller) -> tuple[HttpAnswer, str]:
    return await devino.call("/sms/cancel", {}), "not.found"


async def _failed(devino: Caller) -> tuple[HttpAnswer, str]:
    devino.emulator.fail_next(Fault.UNAVAILABLE)
    return await devino.send(sms()), "unknown"


@pytest.mark.parametrize("body", ErrorBody)
@pytest.mark.parametrize(
    ("switch", "provoke"),
    [
        ("refused_body", _refused),
        ("unauthorized_body", _unauthorized),
        ("not_found_body", _not_found),
        ("failed_body", _failed),
    ],
)
async def test_the_body_of_an_error_has_four_shapes(
    devino: Caller, body: ErrorBody, switch: str, provoke: Any
) -> None:
    switches: dict[str, Any] = {switch: body}
    devino.emulator.behaviour = DevinoBehaviour(**switches)
    answer, key = await provoke(devino)
    match body:
        case ErrorBody.EMPTY:
            assert answer.body == b""
        case ErrorBody.HTML:
            assert answer.content_type == "text/html"
            assert answer.body.startswith(b"<!DOCTYPE html>")
        case ErrorBody.RESULT_NULL:
            assert answer.data["result"] is None
            assert answer.data["reasons"][0]["key"] == key
        case ErrorBody.CODE_REJECTED:
            assert answer.data["code"] == "REJECTED"
            assert answer.data["reasons"][0]["key"] == key


async def test_an_unauthorized_or_forbidden_request_can_have_any_status(
    http: aiohttp.ClientSession,
) -> None:
    behaviour = DevinoBehaviour(unauthorized_status=403, forbidden_status=200)
    async with DevinoEmulator(key=KEY, key_operations=(), behaviour=behaviour) as emulator:
        assert (await Caller(emulator, http, None).send(sms())).status == 403
        forbidden = await Caller(emulator, http).send(sms())
        assert forbidden.status == 200
        assert forbidden.data["reasons"][0]["key"] == "forbidden"


async def test_reasons_can_be_a_single_object(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(reasons_as_object=True)
    [item] = (await devino.send(sms(to="x", validity=-1))).items
    assert item["reasons"]["key"] == "to.format.invalid"
    whole = await devino.call("/sms/messages", {})
    assert whole.data["reasons"]["key"] == "must.be.not.null"


async def test_a_ref_can_name_the_field_alone(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(ref_with_index=False)
    items = (await devino.send(sms(), sms(to="x"), "no message")).items
    assert items[1]["reasons"][0]["ref"] == "to"
    assert items[2]["reasons"][0]["ref"] is None


@pytest.mark.parametrize(
    ("empty", "accepted", "rejected"),
    [
        (EmptyFields.AS_SAMPLED, set(), {"messageId", "segmentsId"}),
        (EmptyFields.NULL, {"segmentsId", "reasons"}, {"messageId", "segmentsId"}),
        (EmptyFields.ABSENT, set(), set()),
    ],
)
async def test_fields_without_a_value_can_be_null_or_absent(
    devino: Caller, empty: EmptyFields, accepted: set[str], rejected: set[str]
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(empty_fields=empty)
    taken, refused = (await devino.send(sms(), sms(to="x"))).items
    assert taken == {"code": "OK", "messageId": taken["messageId"], **dict.fromkeys(accepted)}
    reasons = refused.pop("reasons")
    assert len(reasons) == 1
    assert refused == {"code": "REJECTED", **dict.fromkeys(rejected)}


async def test_answers_and_callbacks_can_hold_keys_no_document_names(
    devino: Caller, receiver: CallbackReceiver
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(extra_keys=True)
    sent = await devino.send(sms(callbackUrl=receiver.url), sms(to="x"))
    asked = await devino.statuses([sent.items[0]["messageId"]])
    refused = await devino.call("/sms/messages", {})
    await devino.emulator.settle()
    objects = [
        sent.data,
        *sent.items,
        sent.items[1]["reasons"][0],
        asked.data,
        *asked.items,
        refused.data,
        *receiver.bodies[0],
    ]
    assert all("addedLater" in item for item in objects)
    devino.emulator.behaviour = DevinoBehaviour()
    assert "addedLater" not in str((await devino.send(sms(), sms(to="x"))).data)


async def test_an_unknown_id_can_have_an_item_of_its_own(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(unknown_ids=UnknownIds.STATUS_UNKNOWN)
    known = await devino.sent()
    items = (await devino.statuses([known, "17", "dwY4", "\ud800"])).items
    assert [(item["smsId"], item["status"]) for item in items] == [
        (int(known), "ACCEPTED"),
        (17, "UNKNOWN"),
        ("dwY4", "UNKNOWN"),
        ("?", "UNKNOWN"),
    ]
    assert items[1]["statusDateTime"] is None


async def test_ids_can_be_rounded_as_a_double_rounds_them(devino: Caller) -> None:
    ids = [await devino.sent() for _ in range(3)]
    devino.emulator.behaviour = DevinoBehaviour(sms_id=SmsIdForm.ROUNDED_NUMBER)
    rounded = [item["smsId"] for item in (await devino.statuses(ids)).items]
    for id, number in zip(ids, rounded, strict=True):
        assert isinstance(number, int)
        assert number != int(id)
        assert number % 100 == 0
        assert float(number) == float(id)


async def test_rounding_gives_what_the_vendors_own_example_shows(devino: Caller) -> None:
    behaviour = DevinoBehaviour(
        sms_id=SmsIdForm.ROUNDED_NUMBER, unknown_ids=UnknownIds.STATUS_UNKNOWN
    )
    devino.emulator.behaviour = behaviour
    [item] = (await devino.statuses(["3701172084729885952"])).items
    assert item["smsId"] == 3701172084729885700


async def test_ids_can_be_text(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(sms_id=SmsIdForm.TEXT)
    id = await devino.sent()
    assert (await devino.statuses([id])).items[0]["smsId"] == id


async def test_ids_can_be_so_close_that_rounding_makes_them_one(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(sms_id=SmsIdForm.ROUNDED_NUMBER, id_step=1)
    ids = [await devino.sent(), await devino.sent()]
    assert ids[0] != ids[1]
    items = (await devino.statuses(ids)).items
    assert items[0]["smsId"] == items[1]["smsId"]


async def test_statuses_can_come_in_another_order(devino: Caller) -> None:
    ids = [await devino.sent() for _ in range(3)]
    devino.emulator.behaviour = DevinoBehaviour(status_order=StatusOrder.REVERSED)
    answered = [str(item["smsId"]) for item in (await devino.statuses(ids)).items]
    assert answered == ids[::-1]


async def test_times_can_be_of_another_zone(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(status_offset=timedelta(hours=3))
    [item] = (await devino.statuses([await devino.sent()])).items
    assert item["statusDateTime"] == "2027-01-01 12:00:00"


@pytest.mark.parametrize(
    "word", [StatusWord.UNDELIVERABLE, StatusWord.REJECTED, StatusWord.UNKNOWN]
)
async def test_an_undelivered_message_can_end_in_three_words(
    devino: Caller, word: StatusWord
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(undelivered_status=word)
    id = await devino.sent(to="79030000002")
    devino.emulator.clock.advance(timedelta(minutes=1))
    assert await devino.status(id) == word.value


@pytest.mark.parametrize(("key", "echoed"), [("userData", {"userData": {"a": "b"}}), (None, {})])
async def test_options_can_be_echoed_under_any_name_or_none(
    devino: Caller, receiver: CallbackReceiver, key: str | None, echoed: dict[str, Any]
) -> None:
    devino.emulator.behaviour = DevinoBehaviour(options_key=key)
    await devino.sent(callbackUrl=receiver.url, options={"a": "b"})
    await devino.emulator.settle()
    [event] = receiver.bodies[0]
    documented = {"messageId", "ts", "status", "errorCode"}
    assert {name: value for name, value in event.items() if name not in documented} == echoed


async def test_a_plus_before_the_number_can_be_taken(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(accepts_plus=True)
    assert devino.emulator.ledger[await devino.sent(to="+79031234567")].to == "+79031234567"


async def test_a_time_that_has_passed_can_mean_at_once(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(accepts_past_time=True)
    id = await devino.sent(scheduledTime="2026-01-01T00:00:00Z")
    assert await devino.status(id) == "ACCEPTED"


async def test_what_no_document_names_can_be_ignored(devino: Caller) -> None:
    devino.emulator.behaviour = DevinoBehaviour(accepts_unknown_fields=True)
    body = {"messages": [sms(traffic="SERVICE")], "flow": 1}
    answer = await devino.call("/sms/messages?flow=1&includeSegmentId=true", body)
    assert answer.items[0]["segmentsId"] == [answer.items[0]["messageId"]]


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.UNAVAILABLE])
async def test_a_failure_can_come_with_reasons(devino: Caller, fault: Fault) -> None:
    devino.emulator.behaviour = DevinoBehaviour(failed_body=ErrorBody.CODE_REJECTED)
    devino.emulator.retry_after = 7
    devino.emulator.fail_next(fault)
    answer = await devino.send(sms())
    assert (
        answer.status == {"rate_limited": 429, "server_error": 500, "unavailable": 503}[fault.value]
    )
    assert answer.data["code"] == "REJECTED"
    assert answer.retry_after == ("7" if fault is Fault.RATE_LIMITED else None)
    assert len(devino.emulator.ledger) == (1 if fault is Fault.SERVER_ERROR else 0)


@pytest.mark.parametrize(("name", "behaviour"), list(variants()))
async def test_every_variant_takes_a_message_and_tells_its_status(
    devino: Caller, name: str, behaviour: DevinoBehaviour
) -> None:
    devino.emulator.behaviour = behaviour
    id = await devino.sent(to="79030000002")
    devino.emulator.clock.advance(timedelta(minutes=1))
    expected = name.partition("undelivered_status=")[2] or "UNDELIVERABLE"
    assert await devino.status(id) == expected


def test_the_variants_depart_from_the_default_in_every_switch_and_one_at_a_time() -> None:
    (first, default), *others = variants()
    assert (first, default) == ("default", DevinoBehaviour())
    departures = [
        {
            key
            for key, value in asdict(behaviour, recurse=False).items()
            if value != getattr(default, key)
        }
        for _, behaviour in others
    ]
    assert all(len(departure) == 1 for departure in departures)
    switches = {name for name, value in asdict(default, recurse=False).items()}
    nested = {
        each.name for each in fields(DevinoBehaviour) if has(type(getattr(default, each.name)))
    }
    assert set().union(*departures) == switches - nested


@pytest.mark.parametrize(
    "switches",
    [
        {"accepted_status": 100},
        {"refused_status": 600},
        {"refused_status": "400"},
        {"id_step": 0},
        {"callback_attempts": 0},
        {"undelivered_status": StatusWord.DELIVERED},
        {"sms_id": "text"},
        {"extra_keys": "yes"},
        {"email": EmailBehaviour},
    ],
)
def test_a_behaviour_that_no_server_can_show_is_refused(switches: dict[str, Any]) -> None:
    [name] = switches
    with pytest.raises((TypeError, ValueError), match=name):
        DevinoBehaviour(**switches)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"behaviour": EmailBehaviour()}, "behaviour"),
        ({"key_operations": ["sms.send"]}, "key_operations"),
    ],
)
def test_an_emulator_refuses_what_it_could_only_answer_wrongly(
    settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        DevinoEmulator(**settings)
    assert caught.value.field == field


def test_a_fault_by_its_word_is_refused_when_it_is_ordered() -> None:
    word: Any = "drop"
    with pytest.raises(ConfigurationError, match=r"Fault\.DROP"):
        DevinoEmulator().fail_next(word)
