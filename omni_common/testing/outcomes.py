"""What a send has to end in, as assertions that the tests share."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve

from omni_common.errors import (
    Attempt,
    InvalidMessageError,
    NotSentError,
    OmniError,
    Outcome,
    UnsupportedMessageError,
)
from omni_common.message import Channel, Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, NotSent, Receipt, SendOutcome, Unknown
from omni_common.reference import new_reference

__all__ = [
    "accepted",
    "assert_about",
    "assert_attempts",
    "assert_outcomes",
    "assert_receipt",
    "refused_locally",
]


async def accepted(provider: OmniProvider, message: Message) -> Receipt:
    """Send *message*, which the provider has to take, and check the receipt.

    It goes out under a reference of its own each time: what is sent again is another message.
    """
    message = evolve(message, reference=new_reference())
    problems = provider.check(message)
    assert not problems, f"check() objects to what the capabilities allow: {problems}"
    receipt = await provider.send(message)
    assert_receipt(receipt, message, provider)
    return receipt


def assert_receipt(receipt: Receipt, message: Message, provider: OmniProvider) -> None:
    """Check that *receipt* is the one of *message*."""
    name = provider.capabilities.provider
    assert isinstance(receipt, Receipt), "send() returns a Receipt"
    assert isinstance(receipt.id, str), "an id is a text, never a number"
    assert receipt.provider == name, "a receipt names the provider"
    assert receipt.reference == message.reference, "a receipt has the message's own reference"
    written_to = {
        message.email if channel is Channel.EMAIL else message.phone for channel in message.channels
    }
    assert receipt.to in written_to, "to is the recipient"
    channels = tuple(part.channel for part in receipt.parts)
    assert channels == message.channels, "a receipt has a part for each channel, in order"
    assert_attempts(receipt.attempts)
    if provider.wrapped is not None and not receipt.attempts:
        assert not receipt.id.startswith(f"{name}:"), "an id of the vendor's takes an attempt"
        return  # the wrapper keeps it until its time, under an id of its own
    assert receipt.id.startswith(f"{name}:"), f"an id begins with {name}: and so tells its provider"
    assert len(receipt.id) > len(f"{name}:"), "an id is more than the name of the provider"
    assert receipt.attempts, "a confirmed send had at least one request: give the receipt attempts"


def assert_attempts(attempts: Sequence[Attempt]) -> None:
    """Check that *attempts* are the numbered requests of one operation."""
    assert isinstance(attempts, tuple), "attempts is a tuple"
    numbers = [attempt.number for attempt in attempts]
    assert numbers == list(range(1, len(attempts) + 1)), "attempts are numbered from 1, in order"
    for attempt in attempts:
        assert attempt.started_at.utcoffset() is not None, "started_at names its zone"


def assert_about(error: OmniError, message: Message, provider: OmniProvider) -> None:
    """Check that *error* says which provider and which message it is about."""
    assert error.provider == provider.capabilities.provider, "an error names the provider"
    assert error.reference == message.reference, "an error has the message's own reference"
    assert_attempts(error.attempts)


def assert_outcomes(
    outcomes: Sequence[SendOutcome], messages: Sequence[Message], provider: OmniProvider
) -> None:
    """Check that there is one outcome per message, in order, each about its own message."""
    references = [outcome.message.reference for outcome in outcomes]
    assert references == [message.reference for message in messages], (
        "there is one outcome for each message, in the order of the messages"
    )
    for message, outcome in zip(messages, outcomes, strict=True):
        assert isinstance(outcome, Accepted | NotSent | Unknown)
        if isinstance(outcome, Accepted):
            assert_receipt(outcome.receipt, message, provider)
        else:
            assert outcome.error.outcome is outcome.outcome, "outcome and error contradict"
            assert_about(outcome.error, message, provider)


async def refused_locally(
    provider: OmniProvider,
    message: Message,
    field: str,
    kind: type[InvalidMessageError | UnsupportedMessageError] = UnsupportedMessageError,
) -> str:
    """Send *message*, which is not to leave, and return what check() says about *field*."""
    problems = provider.check(message)
    about_field = [problem for problem in problems if problem.field == field]
    assert about_field, f"check() has to find fault with {field}; it found {problems}"
    for problem in problems:
        assert isinstance(problem, InvalidMessageError | UnsupportedMessageError), (
            "what check() finds is InvalidMessageError or UnsupportedMessageError"
        )
        assert_about(problem, message, provider)
    assert any(isinstance(problem, kind) for problem in about_field), (
        f"what is wrong with {field} is an {kind.__name__}; check() found {about_field}"
    )
    with pytest.raises(NotSentError) as caught:
        await provider.send(message)
    raised = (type(caught.value), caught.value.field)
    assert raised in [(type(problem), problem.field) for problem in problems], (
        "send() raises what check() finds"
    )
    assert caught.value.outcome is Outcome.NOT_SENT
    assert caught.value.attempts == (), "what check() objects to is refused before any request"
    assert_about(caught.value, message, provider)
    return " ".join(problem.text for problem in about_field)
