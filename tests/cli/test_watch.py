"""``omni status --watch``: every change as it comes, and an end."""

from __future__ import annotations

import signal
import sys
from datetime import timedelta

import pytest

from devino_async.sandbox import DevinoEmulator
from messente_async import MessenteProvider
from messente_async.sandbox import MessenteEmulator
from omni_common import (
    DeliveryReport,
    DeliveryState,
    ForeignIdError,
    Message,
    NotSupportedError,
    ReadError,
    Sms,
    StatusResult,
    UnknownMessageError,
    Viber,
    connect,
)
from omni_common.cli.output import PLAIN
from omni_common.cli.status import result_lines
from omni_common.cli.watch import follow
from omni_common.sandbox import SandboxClock, Scenario
from tests.cli.command import NumberMaker, Omni, started
from tests.cli.test_status_and_cancel_commands import pass_time, sent
from tests.support.clock import FakeClock

MINUTE = timedelta(minutes=1)


async def test_each_change_of_a_cascade_is_told_until_it_is_final() -> None:
    told: list[StatusResult] = []
    clock = FakeClock()
    async with MessenteEmulator(clock=SandboxClock(frozen=True)) as vendor:

        def tell(result: StatusResult) -> None:
            told.append(result)
            vendor.clock.advance(MINUTE)  # so that the next question finds something new

        to = Scenario.EXPIRED.number()
        message = Message(to, [Viber("Sale!", ttl=2 * MINUTE), Sms("Sale!")])
        async with connect(vendor.url) as omni:
            id = (await omni.send(message)).id
        provider = MessenteProvider(
            vendor.username, vendor.password, base_url=vendor.base_url, clock=clock
        )
        await clock.drive(follow({id: None}, provider, timedelta(hours=1), tell))
    states = [result.report.state for result in told if result.report is not None]
    assert len(states) == len(told)
    assert states[0] is DeliveryState.ACCEPTED
    assert states[-1] is DeliveryState.DELIVERED
    last = told[-1].report
    assert last is not None
    assert [part.state for part in last.parts] == [DeliveryState.EXPIRED, DeliveryState.DELIVERED]


async def test_what_is_known_never_goes_back() -> None:
    told: list[StatusResult] = []
    clock = FakeClock()
    async with MessenteEmulator(clock=SandboxClock(frozen=True)) as vendor:
        async with connect(vendor.url) as omni:
            id = (await omni.send(Message("+37251000000", Sms("Hi")))).id
        vendor.clock.advance(timedelta(seconds=1))

        def tell(result: StatusResult) -> None:
            told.append(result)
            vendor.clock.advance(MINUTE)

        provider = MessenteProvider(
            vendor.username, vendor.password, base_url=vendor.base_url, clock=clock
        )
        await clock.drive(follow({id: None}, provider, timedelta(hours=1), tell))
    states = [result.report.state for result in told if result.report is not None]
    assert states[0] is DeliveryState.SENT
    assert DeliveryState.ACCEPTED not in states
    assert states[-1] is DeliveryState.DELIVERED


def test_what_was_known_is_shown_beside_what_went_wrong_after_it() -> None:
    report = DeliveryReport("messente:1", DeliveryState.SENT)
    result = StatusResult("messente:1", report, ReadError("no answer came"))
    assert list(result_lines(result, PLAIN)) == [
        "messente:1 sent",
        "messente:1 no answer: no answer came",
    ]


async def test_an_id_that_the_vendor_still_does_not_know_after_a_minute_is_given_up() -> None:
    told: list[StatusResult] = []
    clock = FakeClock()
    async with MessenteEmulator() as vendor:
        provider = MessenteProvider(
            vendor.username, vendor.password, base_url=vendor.base_url, clock=clock
        )
        start = clock.monotonic()
        await clock.drive(follow({"messente:nope": None}, provider, timedelta(days=1), told.append))
    assert clock.monotonic() - start < 180
    assert {type(result.error) for result in told} == {UnknownMessageError}


async def test_what_cannot_be_asked_for_is_told_at_once() -> None:
    told: list[StatusResult] = []
    async with DevinoEmulator() as vendor:
        before = len(vendor.requests)
        ids = dict.fromkeys(["devino:omni:3606044956953218300", "messente:1"])
        await follow(ids, connect(vendor.url), timedelta(days=1), told.append)
        assert len(vendor.requests) == before
    assert [type(result.error) for result in told] == [NotSupportedError, ForeignIdError]


def test_what_is_final_already_is_shown_once(
    omni: Omni, over_devino: DevinoEmulator, number: NumberMaker
) -> None:
    id = sent(omni, number("0002"))
    pass_time(over_devino, 60)
    ended = omni("status", id, "--watch")
    assert ended.code == 0
    [line] = ended.output.splitlines()
    assert line.startswith(f"{id} undelivered by sms")


def test_a_terminal_gets_a_table_that_is_redrawn(
    omni: Omni,
    over_messente: MessenteEmulator,
    number: NumberMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    id = sent(omni, number("0003"), "--channel", "viber", "--then", "sms", "--ttl", "60")
    pass_time(over_messente, 120)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    ended = omni("status", id, "--watch")
    assert ended.code == 0
    assert "message" in ended.output
    assert "viber expired" in ended.output
    assert "sms delivered" in ended.output


def test_the_json_document_comes_at_the_end_and_alone(
    omni: Omni, over_messente: MessenteEmulator, number: NumberMaker
) -> None:
    id = sent(omni, number("0000"))
    pass_time(over_messente, 60)
    [message] = omni("status", id, "--watch", "--json").document["messages"]
    assert (message["id"], message["state"], message["is_final"]) == (id, "delivered", True)


@pytest.mark.usefixtures("over_messente")
def test_a_message_that_is_not_final_in_time_may_be_watched_again(
    omni: Omni, number: NumberMaker
) -> None:
    id = sent(omni, number("0000"), "--send-at", "2100-01-01T00:00Z")
    ended = omni("status", id, "--watch", "--timeout", "0s")
    assert ended.code == 75
    assert "not all are final" in ended.complaints
    [message] = omni("status", id, "--watch", "--timeout", "0s", "--json").document["messages"]
    assert not message["is_final"]


def test_a_timeout_without_watching_is_an_error(omni: Omni) -> None:
    ended = omni("status", "messente:1", "--timeout", "5m")
    assert ended.code == 64
    assert "--watch" in ended.complaints


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.usefixtures("over_messente")
def test_ctrl_c_ends_the_watching_and_says_so(omni: Omni, number: NumberMaker) -> None:
    id = sent(omni, number("0000"), "--send-at", "2100-01-01T00:00Z")
    process = started("status", id, "--watch")
    assert process.stdout is not None
    assert process.stdout.readline().startswith(id)  # it has asked, and waits now
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=30)
    assert process.returncode == 130
    assert complaints == "omni: interrupted; the messages go on\n"
