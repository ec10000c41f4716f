"""What Devino says of the account: its amounts, read whatever form they have."""

from __future__ import annotations

import json
import pickle
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import DevinoClient, SmsMessage
from devino_async.account import (
    AccountInfo,
    account_request,
    plan_record_request,
    read_account,
    read_plan_record,
)
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.channel_behaviour import AmountForm
from omni_common.errors import InvalidQueryError, PermissionDeniedError, ReadError
from omni_common.exchange import Answer, Failure, FailureKind, Operation
from omni_common.sandbox import Fault
from tests.devino.answering import ANY_ENVELOPE, ANY_JSON, STATUSES, answer, reason
from tests.devino.channels import TO, every_channel_variant, viber
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer as answering

ACCOUNT: dict[str, Any] = {
    "companyId": 1234,
    "accountType": "PREPAID",
    "addPercent": 0,
    "balance": 1000.5,
    "credit": 0,
    "reserve": "12.5000",
    "reserveSms": 10,
    "reserveViber": 2.5,
    "currencyId": 1,
    "isBlocked": False,
    "recalcBillRate": True,
    "disableThreshold": 0,
    "notifyThreshold": 100,
}


@pytest.fixture
async def client(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


def info(account: Any = None, channels: Any = ("EMAIL",), status: int = 200) -> AccountInfo:
    result = {"account": ACCOUNT if account is None else account, "validPacketChannels": channels}
    read = read_account(answer({"result": result}, status))
    assert isinstance(read, AccountInfo)
    return read


# --- The questions --------------------------------------------------------------------------------


def test_the_account_is_asked_for_without_anything() -> None:
    request = account_request()
    assert (request.method, request.target) == ("GET", "/billing-api/companies/current/account")
    assert (request.operation, request.body) == (Operation.READ, None)


@pytest.mark.parametrize(
    ("channel", "query"), [("SMS", "SMS"), ("PUSH_WALLET", "PUSH_WALLET"), ("a b&+", "a+b%26%2B")]
)
def test_t54_a_plan_is_asked_for_by_any_word_for_a_channel(channel: str, query: str) -> None:
    request = plan_record_request(channel)
    assert request.target == (
        f"/billing-api/companies/current/plan-records/current?channel={query}"
    )
    assert (request.method, request.operation) == ("GET", Operation.READ)


@pytest.mark.parametrize("channel", ["", None, 5, b"SMS", "\ud800"])
def test_what_is_no_word_is_not_asked_for(channel: Any) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        plan_record_request(channel)
    assert refused.value.field == "channel"


# --- The answers ----------------------------------------------------------------------------------


def test_every_documented_field_is_read() -> None:
    assert info() == AccountInfo(
        company_id="1234",
        account_type="PREPAID",
        add_percent=Decimal(0),
        balance=Decimal("1000.5"),
        credit=Decimal(0),
        reserve=Decimal("12.5"),
        reserve_sms=Decimal(10),
        reserve_viber=Decimal("2.5"),
        currency_id="1",
        is_blocked=False,
        recalc_bill_rate=True,
        disable_threshold=Decimal(0),
        notify_threshold=Decimal(100),
        valid_packet_channels=("EMAIL",),
        raw={"account": ACCOUNT, "validPacketChannels": ["EMAIL"]},
    )


def test_t21_an_amount_is_exact_as_number_or_text() -> None:
    for written in (0.1, "0.1", "0.1000"):
        assert info({"balance": written}).balance == Decimal("0.1")


@pytest.mark.parametrize("word", ["PREPAID", "POSTPAID", "BARTER"])
def test_t54_a_new_type_of_account_is_kept(word: str) -> None:
    assert info({"accountType": word}).account_type == word


@pytest.mark.parametrize("value", [None, "much", "Infinity", "", [], {}, True])
def test_an_odd_amount_costs_nothing_but_itself(value: Any) -> None:
    read = info({"balance": value, "credit": 5})
    assert (read.balance, read.credit) == (None, Decimal(5))
    assert read.raw["account"]["balance"] == value


def test_t26_a_truth_may_be_a_word() -> None:
    assert [info({"isBlocked": word}).is_blocked for word in ("No", "yes", 0)] == [
        False,
        True,
        None,
    ]


@pytest.mark.parametrize("channels", [None, "EMAIL", {}, [5.5, None]])
def test_odd_channels_are_none(channels: Any) -> None:
    assert info(channels=channels).valid_packet_channels == ()


def test_an_account_pickles() -> None:
    assert pickle.loads(pickle.dumps(info())) == info()  # noqa: S301 - our own bytes


@pytest.mark.parametrize("status", [200, 400])
def test_a_refusal_is_one_wherever_it_stands(status: int) -> None:
    refusal = {"code": "REJECTED", "reasons": [reason("forbidden")]}
    for body in (refusal, {"result": None, **refusal}, {"result": refusal}):
        read = read_account(answer(body, status))
        assert isinstance(read, Failure)
        assert (read.kind, read.vendor_code) == (FailureKind.FORBIDDEN, "forbidden")


@pytest.mark.parametrize(
    "body", [{}, [], None, {"result": {}}, {"result": []}, {"result": {"account": [ACCOUNT]}}]
)
def test_any_other_shape_is_left_to_the_status(body: Any) -> None:
    assert read_account(answer(body)) is None


@pytest.mark.parametrize(
    "document", [{}, {"result": None}, {"result": [{"channel": "SMS"}]}, {"plan": {"price": "1.0"}}]
)
def test_a_plan_is_left_as_it_came(document: Any) -> None:
    assert read_plan_record(answer(document)) == document
    assert read_plan_record(answer(document, 404)) is None


def test_a_refused_plan_is_a_refusal_under_any_status() -> None:
    body = {"result": None, "reasons": [reason("forbidden")]}
    for status in (200, 400):
        read = read_plan_record(answer(body, status))
        assert isinstance(read, Failure)
        assert read.kind is FailureKind.FORBIDDEN


@pytest.mark.parametrize("body", [b"", b"<html>", b"5", b"[]", b"null", b"\xff"])
def test_what_is_no_object_is_left_to_the_status(body: bytes) -> None:
    assert read_plan_record(Answer(200, body)) is None
    assert read_account(Answer(200, body)) is None


_ACCOUNT = st.dictionaries(st.sampled_from([*ACCOUNT, "other"]), ANY_JSON)


@given(
    document=ANY_ENVELOPE
    | st.fixed_dictionaries(
        {"result": st.fixed_dictionaries({"account": _ACCOUNT, "validPacketChannels": ANY_JSON})}
    ),
    status=STATUSES,
)
def test_no_answer_breaks_the_readers(document: Any, status: int) -> None:
    given_answer = Answer(status, json.dumps(document).encode())
    account, plan = read_account(given_answer), read_plan_record(given_answer)
    assert account is None or isinstance(account, (AccountInfo, Failure))
    assert plan is None or isinstance(plan, (dict, Failure))


# --- Over HTTP, whatever the documents leave open -------------------------------------------------


@every_channel_variant
async def test_the_balance_is_what_is_left_under_every_variant(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    emulator.credit = 10
    fraction = Decimal("0.5") * (behaviour.channels.amounts is AmountForm.FRACTION)
    assert (await client.account.current()).balance == 10 + fraction
    await client.sms.send([SmsMessage(sender="Shop", to=TO, text="Hello")])
    await client.viber.send([viber()])
    account = await client.account.current()
    assert account.balance == 8 + fraction
    assert (account.company_id, account.currency_id) == ("1001", "1")
    assert (account.account_type, account.is_blocked) == ("PREPAID", False)
    assert account.valid_packet_channels == ("SMS", "EMAIL")


@every_channel_variant
async def test_a_plan_is_given_as_it_is_under_every_variant(
    client: DevinoClient, behaviour: DevinoBehaviour
) -> None:
    record = await client.account.plan_record("SMS")
    if behaviour.channels.plan_record_in_result:
        record = record["result"]
    assert record["channel"] == "SMS"


@every_channel_variant
async def test_a_key_without_the_right_is_told_so_under_every_variant(
    client: DevinoClient, emulator: DevinoEmulator, behaviour: DevinoBehaviour
) -> None:
    del behaviour
    emulator.key_operations = frozenset({"send"})
    for question in (client.account.current(), client.account.plan_record("SMS")):
        with pytest.raises(ReadError) as unread:
            await question
        assert isinstance(unread.value.__cause__, PermissionDeniedError)


async def test_a_lost_answer_is_asked_for_again(
    client: DevinoClient, emulator: DevinoEmulator, clock: FakeClock
) -> None:
    emulator.fail_next(Fault.DROP, on="account")
    account = await clock.drive(client.account.current())
    assert account.account_type == "POSTPAID"
    assert len(emulator.requests) == 2


@pytest.mark.parametrize("body", [b"<html>", b'{"result":{}}', b"[]", b""])
async def test_an_answer_that_says_nothing_raises(clock: FakeClock, body: bytes) -> None:
    async with (
        FaultServer(answering(200, body)) as server,
        DevinoClient("key", base_url=server.url, clock=clock) as client,
    ):
        with pytest.raises(ReadError):
            await client.account.current()
