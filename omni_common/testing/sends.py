"""A send ends in exactly one of three ways, and the caller is told which."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

import asyncio
import logging

import pytest
from attrs import evolve

from omni_common.errors import (
    AuthenticationError,
    ConnectionFailedError,
    InvalidMessageError,
    NotSentError,
    NotSupportedError,
    Outcome,
    OutcomeUnknownError,
)
from omni_common.history import OUTCOME_LOGGER
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Receipt
from omni_common.testing.hooks import ProviderHooks
from omni_common.testing.listening import listening
from omni_common.testing.outcomes import accepted, assert_about, assert_receipt

__all__ = ["SendingContract"]

_AT_ONCE = 8
_ARRIVAL = 10.0
"""Seconds at most until a message that was sent has arrived at the vendor."""


class SendingContract(ProviderHooks):
    """``send``: accepted, not sent or unknown, and never twice."""

    async def test_a_message_arrives_once_and_gets_a_receipt(self) -> None:
        """The receipt is the message's own (needs ``received``)."""
        async with self.connect() as provider:
            message = self.message(self.first_channel(provider))
            await accepted(provider, message)
            assert len(await self.received(message)) == 1, "one send() is one message"

    async def test_every_message_gets_an_id_of_its_own(self) -> None:
        """Sending the same content again, under another reference, is another message."""
        async with self.connect() as provider:
            message = self.message(self.first_channel(provider))
            first = await accepted(provider, message)
            second = await accepted(provider, evolve(message, reference="another"))
            assert first.id != second.id, "two messages have one id"

    async def test_messages_can_be_sent_at_the_same_time(self) -> None:
        """Each receipt belongs to its own message."""
        async with self.connect() as provider:
            channel = self.first_channel(provider)
            messages = [self.message(channel) for _ in range(_AT_ONCE)]
            receipts = await asyncio.gather(*map(provider.send, messages))
            for message, receipt in zip(messages, receipts, strict=True):
                assert_receipt(receipt, message, provider)
            assert len({receipt.id for receipt in receipts}) == _AT_ONCE, "two messages have one id"

    async def test_permission_to_send_again_is_used_only_when_needed(self) -> None:
        """``on_unknown="resend"`` sends what is confirmed once (needs ``received``)."""
        async with self.connect() as provider:
            message = self.message(self.first_channel(provider))
            receipt = await provider.send(message, on_unknown="resend")
            assert_receipt(receipt, message, provider)
            assert len(await self.received(message)) == 1, "a confirmed message was sent again"

    async def test_every_request_of_a_send_is_an_attempt(self) -> None:
        """``attempts`` holds an entry for each of them (needs ``request_count``)."""
        async with self.connect() as provider:
            before = await self.request_count()
            receipt = await accepted(provider, self.message(self.first_channel(provider)))
            begun = await self.request_count() - before
            assert len(receipt.attempts) == begun, "attempts does not tell of every request"

    async def test_a_refused_message_is_not_sent(self) -> None:
        """The vendor's no raises ``NotSentError`` (needs ``refused_message``)."""
        async with self.connect() as provider:
            await self._refused(provider, self.refused_message())

    async def test_a_refused_message_did_not_arrive(self) -> None:
        """What is called not sent is not there (needs ``refused_message``, ``received``)."""
        async with self.connect() as provider:
            message = self.refused_message()
            await self._refused(provider, message)
            assert not await self.received(message), "NotSentError, and the vendor has the message"

    async def test_a_lost_answer_leaves_the_outcome_unknown(self) -> None:
        """It is neither taken for a yes nor for a no (needs ``unknown_message``)."""
        async with self.connect() as provider:
            await self._unknown(provider, self.unknown_message())

    async def test_a_message_of_unknown_outcome_is_not_sent_twice(self) -> None:
        """Whatever became of it, there is one (needs ``unknown_message``, ``received``)."""
        async with self.connect() as provider:
            message = self.unknown_message()
            await self._unknown(provider, message)
            assert len(await self.received(message)) <= 1, "a message was sent again on its own"

    async def test_wrong_credentials_raise_authentication_error(self) -> None:
        """Nothing was sent, and the reason is clear (needs ``wrong_credentials``)."""
        async with self.wrong_credentials() as provider:
            message = self.message(self.first_channel(provider))
            assert not provider.check(message), "check() asks nobody, so it knows no credentials"
            with pytest.raises(AuthenticationError) as caught:
                await provider.send(message)
            assert_about(caught.value, message, provider)

    async def test_an_unreachable_vendor_means_not_sent(self) -> None:
        """The request never left (needs ``unreachable``)."""
        async with self.unreachable() as provider:
            message = self.message(self.first_channel(provider))
            with pytest.raises(ConnectionFailedError) as caught:
                await provider.send(message)
            assert_about(caught.value, message, provider)

    async def test_an_interrupted_send_leaves_a_record(self) -> None:
        """A cancelled send cannot answer its caller, so it tells the log.

        Needs ``unanswered_message``, ``request_count``. One WARNING record on
        ``omni_common.outcome`` has the reference and what is known.
        """
        async with self.connect() as provider:
            message = self.unanswered_message()
            with listening(OUTCOME_LOGGER) as records:
                before = await self.request_count()
                sending = asyncio.create_task(provider.send(message))
                await self._arrived(sending, before)
                sending.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await sending
            told = [record for record in records if message.reference in record.getMessage()]
            assert len(told) == 1, "an interrupted send leaves exactly one record"
            assert told[0].levelno == logging.WARNING
            assert Outcome.UNKNOWN.value in told[0].getMessage(), "it may have been sent"

    async def _refused(self, provider: OmniProvider, message: Message) -> None:
        assert not provider.check(message), "refused_message() is refused by the library already"
        with pytest.raises(NotSentError) as caught:
            await provider.send(message)
        error = caught.value
        assert not isinstance(error, InvalidMessageError | NotSupportedError), (
            f"{type(error).__name__} is for what the library finds; the vendor's no is RefusedError"
        )
        assert error.outcome is Outcome.NOT_SENT
        assert error.attempts, "the vendor was asked, so there was an attempt"
        assert_about(error, message, provider)

    async def _unknown(self, provider: OmniProvider, message: Message) -> None:
        assert not provider.check(message), "unknown_message() is refused by the library"
        with pytest.raises(OutcomeUnknownError) as caught:
            await provider.send(message)
        error = caught.value
        assert error.outcome is Outcome.UNKNOWN
        assert any(attempt.sent and not attempt.proves_not_sent for attempt in error.attempts), (
            "the attempts have to show why it is not known: one that was sent and proves nothing"
        )
        assert_about(error, message, provider)

    async def _arrived(self, sending: asyncio.Task[Receipt], before: int) -> None:
        """Wait until the request of *sending* is with the vendor."""
        async with asyncio.timeout(_ARRIVAL):
            while await self.request_count() == before:
                assert not sending.done(), "unanswered_message() was answered"
                await asyncio.sleep(0)
