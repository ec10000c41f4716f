"""Letters over sockets: what raises, what is tried again, and how long it may take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.email import EmailLetter, EmailRecipient, EmailSender
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    ConnectionFailedError,
    InsufficientFundsError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import answer as answered, read_then_fin, silence

ANN, BOB = "ann@mail.example", "bob@mail.example"


def letter(*addresses: str) -> EmailLetter:
    return EmailLetter(
        recipients=[EmailRecipient(address=address) for address in addresses or (ANN,)],
        sender=EmailSender(address="info@shop.example"),
        subject="News",
        html="[Unsubscribe]",
    )


def client(server: FaultServer, clock: FakeClock, **options: Any) -> DevinoClient:
    return DevinoClient("k/e+y=", base_url=server.url, clock=clock, **options)


def body_of(document: Any) -> bytes:
    return json.dumps(document).encode()


async def test_a_letter_is_sent_once_and_every_recipient_has_a_result(clock: FakeClock) -> None:
    items = [
        {"index": 1, "address": BOB, "messageId": "b"},
        {"index": 0, "address": ANN, "messageId": "a"},
    ]
    body = body_of({"result": items, "description": "ok"})
    async with FaultServer(answered(200, body)) as server, client(server, clock) as devino:
        results = await devino.email.send(letter(ANN, BOB))
    assert [(each.outcome, each.message_id) for each in results] == [
        (Outcome.ACCEPTED, "a"),
        (Outcome.ACCEPTED, "b"),
    ]
    [request] = server.requests
    assert request.request_line == "POST /email/messages HTTP/1.1"
    assert request.header("content-type") == "application/json"
    assert request.header("authorization") == "Key k/e+y="


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"Description": "Validation failed"}, RefusedError),
        (200, {"Description": "no", "Reasons": [{"Key": "billing.error"}]}, InsufficientFundsError),
        (401, {}, AuthenticationError),
        (400, None, RefusedError),
        (200, None, UnexpectedAnswerError),
        (200, {"result": "dwY4BSnjQ2X"}, UnexpectedAnswerError),
        (202, {"result": {"messageId": "x"}, "description": "Accepted"}, UnexpectedAnswerError),
        (429, {"result": {"messageId": "x"}, "description": "Accepted"}, UnexpectedAnswerError),
        (202, {"description": "Accepted"}, UnexpectedAnswerError),
        (400, {"description": "error"}, RefusedError),
        (500, {"Description": "Validation failed"}, ServerFailedError),
    ],
)
async def test_a_letter_that_is_not_taken_raises_what_that_proves(
    clock: FakeClock, status: int, body: Any, error: type[Exception]
) -> None:
    script = answered(status, body_of(body))
    async with FaultServer(script) as server, client(server, clock) as devino:
        with pytest.raises(error) as caught:
            await devino.email.send(letter())
    assert type(caught.value) is error
    assert len(server.requests) == 1
    assert ANN not in f"{caught.value}"


async def test_a_letter_whose_answer_is_lost_is_never_sent_again(clock: FakeClock) -> None:
    async with FaultServer(read_then_fin) as server, client(server, clock) as devino:
        with pytest.raises(AnswerLostError) as caught:
            await devino.email.send(letter())
    assert isinstance(caught.value, OutcomeUnknownError)
    assert len(server.requests) == 1


async def test_a_letter_that_never_left_was_not_sent(clock: FakeClock) -> None:
    async with FaultServer() as server:
        pass
    async with client(server, clock) as devino:
        with pytest.raises(ConnectionFailedError) as caught:
            await clock.drive(devino.email.send(letter()))
    assert isinstance(caught.value, NotSentError)


@pytest.mark.parametrize(("addresses", "short"), [([ANN], "timeout"), ([ANN, BOB], "bulk_timeout")])
async def test_a_letter_to_several_has_the_time_of_a_batch(
    clock: FakeClock, addresses: list[str], short: str
) -> None:
    times: dict[str, Any] = {"timeout": 3600.0, "bulk_timeout": 3600.0, short: 0.05}
    async with FaultServer(silence) as server, client(server, clock, **times) as devino:
        with pytest.raises(AnswerLostError, match="no answer came in time"):
            await devino.email.send(letter(*addresses))
