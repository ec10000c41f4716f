"""Taking a scheduled message back: None means that Messente confirmed it, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from messente_async import MessenteProvider
from messente_async.sandbox import CancelledStatus, MessenteBehaviour, MessenteEmulator
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    CancelFailedError,
    ClientClosedError,
    ConnectionFailedError,
    NotSentError,
    OmniError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ServerFailedError,
    UnexpectedAnswerError,
    UnknownMessageError,
)
from omni_common.message import Message, Sms, Viber
from omni_common.report import DeliveryState
from omni_common.sandbox import Fault, SandboxClock
from tests.support.emulated_time import EmulatedTime
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer, read_then_fin

TO = "+37251000000"
ID = "messente:d7248cda-6c1a-4436-acf5-aaf249bb67d3"
LATER = datetime(2027, 1, 1, 12, tzinfo=UTC)
SCHEDULED = Message(TO, [Viber("V"), Sms("S")], send_at=LATER)
NOT_FOUND = b'{"errors": [{"title": "Not found", "detail": "", "code": "101", "source": null}]}'
LOST = [Fault.DROP, Fault.RESET, Fault.TRUNCATED, Fault.SERVER_ERROR, Fault.HTML]
"""Faults that let Messente cancel the message, and keep its answer."""


async def failure(omni: MessenteProvider, id: str = ID) -> OmniError:
    """The error that cancelling ends in, which must not look as if nothing had been sent."""
    with pytest.raises(OmniError) as caught:
        await omni.cancel(id)
    assert caught.value.provider == "messente"
    assert not isinstance(caught.value, NotSentError)
    return caught.value


class ClosingTime(EmulatedTime):
    """Closes a provider in the *last* wait between two attempts."""

    def __init__(self, clock: SandboxClock, last: int) -> None:
        super().__init__(clock)
        self._last = last
        self.provider: MessenteProvider | None = None

    async def sleep(self, delay: float) -> None:
        await super().sleep(delay)
        if len(self.slept) == self._last and self.provider is not None:
            await self.provider.close()


# --- Confirmed ------------------------------------------------------------------------------------


async def test_a_scheduled_message_is_cancelled_on_all_its_channels(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    receipt = await omni.send(SCHEDULED)
    await omni.cancel(receipt.id)

    (entry,) = emulator.ledger
    assert entry.cancelled_at is not None
    report = await omni.status(receipt.id)
    assert (report.state, report.is_final) == (DeliveryState.CANCELLED, True)
    assert [part.raw_state for part in report.parts] == ["DELETED", "DELETED"]


@pytest.mark.parametrize("status", [200, 202])
async def test_a_success_with_an_object_is_a_confirmation(
    connected: Callable[..., MessenteProvider], status: int
) -> None:
    async with FaultServer(answer(status, b"{}")) as server:
        await connected(base_url=server.url).cancel(ID)

    assert [each.request_line for each in server.requests] == [
        f"DELETE /omnimessage/{ID.removeprefix('messente:')} HTTP/1.1"
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [(202, b""), (204, b""), (202, b"[]"), (200, b"<html>"), (202, b"null"), (307, b"{}")],
)
async def test_any_other_answer_confirms_nothing(
    connected: Callable[..., MessenteProvider], status: int, body: bytes
) -> None:
    async with FaultServer(answer(status, body)) as server:
        error = await failure(connected(base_url=server.url))

    assert isinstance(error, UnexpectedAnswerError)


# --- Not cancelled --------------------------------------------------------------------------------


async def test_what_was_sent_or_is_unknown_was_not_cancelled(
    omni: MessenteProvider, emulator: MessenteEmulator
) -> None:
    receipt = await omni.send(Message(TO, Sms("Hi")))
    for id in (receipt.id, ID):
        error = await failure(omni, id)
        assert type(error) is CancelFailedError
        assert "already sent this message, or does not know it" in str(error)
        assert (error.vendor_code, len(error.attempts)) == ("101", 1)
    assert emulator.ledger.count() == 1


async def test_a_message_cannot_be_cancelled_twice(omni: MessenteProvider) -> None:
    receipt = await omni.send(SCHEDULED)
    await omni.cancel(receipt.id)

    assert isinstance(await failure(omni, receipt.id), CancelFailedError)


async def test_a_404_of_somebody_elses_says_only_that_it_was_refused(
    connected: Callable[..., MessenteProvider],
) -> None:
    async with FaultServer(answer(404, b"<html>Not Found</html>")) as server:
        error = await failure(connected(base_url=server.url))

    assert type(error) is CancelFailedError
    assert "HTTP 404" in str(error)
    assert "already sent" not in str(error)


async def test_a_refused_cancellation_has_its_reason_as_the_cause(
    omni: MessenteProvider,
    connected: Callable[..., MessenteProvider],
    emulator: MessenteEmulator,
) -> None:
    receipt = await omni.send(SCHEDULED)
    wrong = await failure(connected(password="wrong"), receipt.id)
    emulator.address_allowed = False
    forbidden = await failure(omni, receipt.id)

    assert isinstance(wrong, CancelFailedError)
    assert isinstance(wrong.__cause__, AuthenticationError)
    assert isinstance(forbidden, CancelFailedError)
    assert isinstance(forbidden.__cause__, PermissionDeniedError)
    assert emulator.ledger[receipt.id.removeprefix("messente:")].cancelled_at is None


async def test_nobody_at_the_address_means_not_cancelled(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    omni = connected()
    await emulator.close()
    error = await failure(omni)

    # A request without a body does not tell when it leaves; that the connection failed does.
    assert isinstance(error, CancelFailedError)
    assert isinstance(error.__cause__, ConnectionFailedError)
    assert len(error.attempts) == 3


async def test_a_429_is_waited_out_and_then_raised(
    omni: MessenteProvider, emulator: MessenteEmulator, time: EmulatedTime
) -> None:
    receipt = await omni.send(SCHEDULED)
    emulator.fail_next(Fault.RATE_LIMITED, times=3)
    error = await failure(omni, receipt.id)

    assert isinstance(error, CancelFailedError)
    assert isinstance(error.__cause__, RateLimitedError)
    assert error.retry_after is not None
    assert len(time.slept) == 2
    await omni.cancel(receipt.id)


async def test_a_closed_provider_cancels_nothing(omni: MessenteProvider) -> None:
    await omni.close()
    with pytest.raises(CancelFailedError) as raised:
        await omni.cancel(ID)
    assert type(raised.value.__cause__) is ClientClosedError


# --- Lost answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST)
async def test_after_a_lost_answer_the_status_confirms_what_was_cancelled(
    omni: MessenteProvider, emulator: MessenteEmulator, fault: Fault
) -> None:
    receipt = await omni.send(SCHEDULED)
    emulator.fail_next(fault, on="cancel")
    await omni.cancel(receipt.id)

    assert [request.operation for request in emulator.requests[1:]] == [
        "cancel",
        "cancel",
        "status",
    ]
    assert next(iter(emulator.ledger)).cancelled_at is not None


@pytest.mark.parametrize(
    "cancelled", [CancelledStatus.NULL, CancelledStatus.EMPTY, CancelledStatus.NOT_FOUND]
)
async def test_after_a_lost_answer_a_status_that_does_not_say_deleted_leaves_it_open(
    omni: MessenteProvider, emulator: MessenteEmulator, cancelled: CancelledStatus
) -> None:
    emulator.behaviour = MessenteBehaviour(cancelled=cancelled)
    receipt = await omni.send(SCHEDULED)
    emulator.fail_next(Fault.DROP, on="cancel")
    error = await failure(omni, receipt.id)

    assert isinstance(error, OutcomeUnknownError)
    assert [attempt.status for attempt in error.attempts] == [None, 404]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, ["DELIVRD"]),
        (200, ["DELETED", None]),
        (200, ["TELEPORTED"]),
        (200, []),
        (500, ["DELETED"]),
        (401, []),
    ],
)
async def test_only_a_status_that_is_deleted_throughout_counts_as_cancelled(
    connected: Callable[..., MessenteProvider], status: int, words: list[str | None]
) -> None:
    statuses = {"statuses": [{"channel": "sms", "status": word} for word in words]}
    report = answer(status, json.dumps(statuses).encode())
    async with FaultServer(read_then_fin, answer(404, NOT_FOUND), report) as server:
        error = await failure(connected(base_url=server.url))

    assert isinstance(error, OutcomeUnknownError)
    assert (error.vendor_code, len(error.attempts)) == ("101", 2)


async def test_a_repeated_attempt_may_be_the_one_that_is_confirmed(
    connected: Callable[..., MessenteProvider],
) -> None:
    async with FaultServer(read_then_fin, answer(202, b"{}")) as server:
        await connected(base_url=server.url).cancel(ID)

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, b'{"errors": [{"code": "103"}]}'), (404, b"<html>"), (400, b""), (429, b"")],
)
async def test_a_refusal_after_a_lost_answer_leaves_it_open(
    connected: Callable[..., MessenteProvider], status: int, body: bytes
) -> None:
    refusal = answer(status, body, {"Retry-After": "3600"})
    async with FaultServer(read_then_fin, refusal) as server:
        error = await failure(connected(base_url=server.url))

    assert isinstance(error, OutcomeUnknownError)
    assert "an earlier attempt" in str(error)
    assert len(error.attempts) == len(server.requests) == 2


async def test_a_refusal_before_the_last_attempt_leaves_nothing_open(
    connected: Callable[..., MessenteProvider],
) -> None:
    async with FaultServer(answer(429, b""), answer(404, NOT_FOUND)) as server:
        error = await failure(connected(base_url=server.url))

    assert isinstance(error, CancelFailedError)


@pytest.mark.parametrize("fault", LOST)
async def test_three_lost_answers_leave_it_open(
    omni: MessenteProvider, emulator: MessenteEmulator, fault: Fault
) -> None:
    receipt = await omni.send(SCHEDULED)
    # The first cancels; the others are answered 404 and lost too.
    emulator.fail_next(fault, times=3, on="cancel")
    error = await failure(omni, receipt.id)

    assert isinstance(error, AnswerLostError | ServerFailedError)
    assert len(error.attempts) == 3


async def test_a_stalled_cancellation_is_repeated_within_its_time(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    omni = connected(timeout=1.5)
    receipt = await omni.send(SCHEDULED)
    emulator.fail_next(Fault.STALL, on="cancel")
    await omni.cancel(receipt.id)

    assert (await omni.status(receipt.id)).state is DeliveryState.CANCELLED


async def test_closing_between_two_attempts_does_not_claim_that_nothing_happened(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    time = ClosingTime(emulator.clock, last=1)
    time.provider = omni = connected(clock=time)
    receipt = await omni.send(SCHEDULED)
    emulator.fail_next(Fault.DROP, on="cancel")
    error = await failure(omni, receipt.id)

    assert isinstance(error, OutcomeUnknownError)
    assert isinstance(error.__cause__, ClientClosedError)
    assert next(iter(emulator.ledger)).cancelled_at is not None


async def test_closing_before_the_status_is_read_leaves_it_open(
    connected: Callable[..., MessenteProvider], clock: SandboxClock
) -> None:
    steps = [read_then_fin, answer(404, NOT_FOUND), answer(500, b"")]
    async with FaultServer(*steps) as server:
        time = ClosingTime(clock, last=2)
        time.provider = omni = connected(base_url=server.url, clock=time)
        error = await failure(omni)

    assert isinstance(error, OutcomeUnknownError)
    assert len(server.requests) == 3


# --- Ids ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["devino:sms:1", "d7248cda", "messente:", "messente:..", None])
async def test_an_id_that_is_not_messentes_is_unknown_before_any_request(
    omni: MessenteProvider, emulator: MessenteEmulator, id: Any
) -> None:
    assert isinstance(await failure(omni, id), UnknownMessageError)
    assert emulator.requests == []


@pytest.mark.parametrize("id", ["5k2n/../a b?x#y", "ä.b/status", "%2F..", "a:b"])
async def test_an_id_is_one_step_of_the_path_whatever_it_holds(
    omni: MessenteProvider, emulator: MessenteEmulator, id: str
) -> None:
    assert isinstance(await failure(omni, f"messente:{id}"), CancelFailedError)

    (request,) = emulator.requests
    assert (request.operation, request.parameters) == ("cancel", {"id": id})


@pytest.mark.parametrize(
    ("body", "confirms"),
    [
        (b"{}", True),
        (b'{"omnimessage_id": "d7248cda-6c1a-4436-acf5-aaf249bb67d3"}', True),
        (b'{"omnimessage_id": "another"}', False),
        (b'{"omnimessage_id": null}', False),
        (b'{"omnimessage_id": ["d7248cda-6c1a-4436-acf5-aaf249bb67d3"]}', False),
        (b'{"error": "already sent"}', False),
        (b'{"errors": "already sent"}', False),
        (b'{"errors": []}', False),
        (b'{"omnimessage_id": "d7248cda-6c1a-4436-acf5-aaf249bb67d3", "error": "sent"}', False),
    ],
)
async def test_an_answer_that_says_more_than_the_messages_name_confirms_nothing(
    body: bytes, *, confirms: bool
) -> None:
    async with FaultServer(answer(202, body)) as server:
        omni = MessenteProvider("user", "password", base_url=server.url)
        async with omni:
            if confirms:
                await omni.cancel(ID)
            else:
                assert isinstance(await failure(omni), UnexpectedAnswerError)
