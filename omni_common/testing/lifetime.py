"""From the constructor to ``close``, and the blocking twin of it all."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from attrs import evolve

from omni_common.errors import (
    CancelFailedError,
    ClientClosedError,
    NotSentError,
    NotSupportedError,
    OmniError,
    ReadError,
)
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, NotSent, Receipt, SendOutcome
from omni_common.report import DeliveryReport
from omni_common.sync import OmniProvider as BlockingProvider
from omni_common.testing.features import in_an_hour
from omni_common.testing.hooks import ProviderHooks
from omni_common.testing.outcomes import accepted, assert_outcomes, assert_receipt

__all__ = ["LifetimeContract"]


def _holds_something(provider: OmniProvider) -> bool:
    """Whether there is anything to close: the default of ``close`` is for what has nothing."""
    return type(provider).close is not OmniProvider.close


class LifetimeContract(ProviderHooks):
    """A provider is made anywhere, opened by use, and closed for good."""

    async def test_a_provider_can_be_made_without_an_event_loop(self) -> None:
        """At import, in a thread: it belongs to the loop that uses it first."""
        provider = await asyncio.to_thread(self.connect)
        async with provider:
            await accepted(provider, self.message(self.first_channel(provider)))

    async def test_a_provider_is_a_context_manager_of_itself(self) -> None:
        """``async with`` gives the provider, and hides no error."""
        provider = self.connect()

        async def fail_inside() -> None:
            async with provider as entered:
                assert entered is provider, "async with gives something else than the provider"
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail_inside()

    async def test_closing_may_be_repeated(self) -> None:
        """Also on a provider that was never used."""
        unused, used = self.connect(), self.connect()
        await accepted(used, self.message(self.first_channel(used)))
        for provider in (unused, used):
            await provider.close()
            await provider.close()

    async def test_nothing_is_sent_after_closing(self) -> None:
        """Sends raise ``ClientClosedError``, and nothing else says that a message was not sent.

        Questions raise ``ReadError`` and cancellations ``CancelFailedError``, with that as cause.
        A provider that holds nothing open, and so does not write ``close``, may go on working.
        """
        async with self.connect() as provider:
            channel = self.first_channel(provider)
            receipt = await accepted(provider, self.message(channel))
        message = self.message(channel)
        assert provider.check(message) == [], "checking needs no connection"
        if not _holds_something(provider):
            await accepted(provider, message)
            return
        with pytest.raises(ClientClosedError):
            await provider.send(message)
        for operation, kind in ((provider.status, ReadError), (provider.cancel, CancelFailedError)):
            with pytest.raises((kind, NotSupportedError)) as raised:
                await operation(receipt.id)
            is_read_as_not_sent = isinstance(raised.value, NotSentError)
            assert not is_read_as_not_sent, f"{operation.__name__} says that nothing was sent"
            if isinstance(raised.value, kind):
                why = type(raised.value.__cause__).__name__
                assert why == "ClientClosedError", f"{operation.__name__} gives {why} as its cause"
        messages = [self.message(channel) for _ in range(2)]
        outcomes = [outcome async for outcome in provider.send_many(messages)]
        assert_outcomes(outcomes, messages, provider)
        for outcome in outcomes:
            assert isinstance(outcome, NotSent)
            assert isinstance(outcome.error, ClientClosedError)

    async def test_closing_one_provider_leaves_the_others_open(self) -> None:
        """Two providers of one account share nothing that closing would take away."""
        async with self.connect() as provider:
            channel = self.first_channel(provider)
            await accepted(provider, self.message(channel))
            async with self.connect() as another:
                await accepted(another, self.message(channel))
            await accepted(provider, self.message(channel))

    async def test_the_blocking_twin_sends_follows_and_cancels(self) -> None:
        """``omni_common.sync`` gives the same receipts, reports and errors."""
        async with self.connect() as provider:
            channel = self.first_channel(provider)
            can = provider.capabilities.channels[channel]

            def message() -> Message:
                plain = self.message(channel)
                return in_an_hour(plain, provider) if can.schedule else plain

            def block(sent: Message) -> tuple[Receipt, object, object]:
                with BlockingProvider(self.connect) as blocking:
                    receipt = blocking.send(sent)
                    status = _ending(lambda: blocking.status(receipt.id))
                    return receipt, status, _ending(lambda: blocking.cancel(receipt.id))

            sent = message()
            receipt, status, cancelled = await asyncio.to_thread(block, sent)
            assert_receipt(receipt, sent, provider)
            twin = await accepted(provider, message())
            assert status == await _async_ending(provider.status(twin.id)), "status() differs"
            assert cancelled == await _async_ending(provider.cancel(twin.id)), "cancel() differs"

    async def test_the_blocking_twin_streams_and_refuses(self) -> None:
        """Outcomes keep their order, and what is wrong is told before anything is sent."""
        async with self.connect() as provider:
            messages = [self.message(self.first_channel(provider)) for _ in range(4)]
            past = provider.clock.now() - timedelta(seconds=1)
            messages[1] = wrong = evolve(messages[1], send_at=past)

            def block() -> tuple[list[SendOutcome], object]:
                with BlockingProvider(self.connect) as blocking:
                    assert blocking.capabilities == provider.capabilities
                    assert len(blocking.check(wrong)) == len(provider.check(wrong))
                    with blocking.send_many(messages) as stream:
                        outcomes = list(stream)
                    return outcomes, _ending(lambda: blocking.send(wrong))

            outcomes, refusal = await asyncio.to_thread(block)
            assert_outcomes(outcomes, messages, provider)
            kinds = [type(outcome) for outcome in outcomes]
            assert kinds == [Accepted, NotSent, Accepted, Accepted], (
                "the twin treats messages in another way"
            )
            assert refusal == await _async_ending(provider.send(wrong)), "send() differs"


def _ending(call: Callable[[], object]) -> object:
    """How a blocking call ended, as far as two calls can be compared: an error or a state."""
    try:
        return _comparable(call())
    except OmniError as error:
        return type(error)


async def _async_ending(call: Awaitable[object]) -> object:
    """The same for an awaitable."""
    try:
        return _comparable(await call)
    except OmniError as error:
        return type(error)


def _comparable(result: object) -> object:
    return result.state if isinstance(result, DeliveryReport) else result
