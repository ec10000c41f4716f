"""``send_many``: an outcome for each message, in order, whatever becomes of the others."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import timedelta

from attrs import evolve

from omni_common.errors import InvalidMessageError, Outcome, OutcomeUnknownError
from omni_common.history import OUTCOME_LOGGER
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, NotSent, SendOutcome, Unknown
from omni_common.testing.features import asking_for_all
from omni_common.testing.hooks import ProviderHooks
from omni_common.testing.listening import listening
from omni_common.testing.outcomes import accepted, assert_outcomes
from omni_common.testing.ways import over, ways

__all__ = ["StreamContract"]

_MOST = 25


class _SourceError(Exception):
    """What a source of messages fails with."""


class StreamContract(ProviderHooks):
    """``send_many`` keeps the order, raises nothing for a message, and accounts for each."""

    async def test_a_stream_yields_an_outcome_for_each_message_in_order(self) -> None:
        """More messages than fit into one call of the vendor, each accepted."""
        async with self.connect() as provider:
            messages = self._messages(provider)
            async with provider.send_many(messages) as stream:
                outcomes = [outcome async for outcome in stream]
            assert_outcomes(outcomes, messages, provider)
            assert all(isinstance(outcome, Accepted) for outcome in outcomes), (
                "messages that send() accepts are accepted in a stream too"
            )
            assert not stream.unreported, "every outcome was handed out"

    async def test_a_stream_sends_each_message_once(self) -> None:
        """Bulk calls neither drop nor double (needs ``received``)."""
        async with self.connect() as provider:
            messages = self._messages(provider)
            async for _ in provider.send_many(messages):
                pass
            for message in messages:
                assert len(await self.received(message)) == 1, "one message of a stream is one"

    async def test_a_stream_sends_what_send_sends(self) -> None:
        """A bulk call says as much of a message as a single one (needs ``received``)."""
        async with self.connect() as provider:
            for way in ways(provider):
                with over(way):
                    messages = [
                        asking_for_all(self.plain(provider, way), provider) for _ in range(2)
                    ]
                    for message in messages:
                        await accepted(provider, message)
                    outcomes = [outcome async for outcome in provider.send_many(messages)]
                    assert_outcomes(outcomes, messages, provider)
                    for message in messages:
                        alone, streamed = await self.received(message)
                        assert alone == streamed, "in a stream another message goes out"

    async def test_ids_of_a_stream_are_as_good_as_others(self) -> None:
        """What a stream has accepted can be followed."""
        async with self.connect() as provider:
            self.channel_with_status(provider)
            async for outcome in provider.send_many(self._messages(provider)):
                assert isinstance(outcome, Accepted)
                id = outcome.receipt.id
                assert (await provider.status(id)).id == id

    async def test_a_stream_takes_an_asynchronous_source(self) -> None:
        """Messages may come from anywhere, and none at all is fine."""

        async def source(messages: Iterable[Message]) -> AsyncIterator[Message]:
            for message in messages:
                yield message

        async with self.connect() as provider:
            messages = self._messages(provider)[:2]
            for given in (messages, []):
                outcomes = [outcome async for outcome in provider.send_many(source(given))]
                assert_outcomes(outcomes, given, provider)

    async def test_an_invalid_message_stops_no_other(self) -> None:
        """It is yielded as ``NotSent`` in its place; the others go out."""
        async with self.connect() as provider:
            messages = self._messages(provider)
            past = provider.clock.now() - timedelta(seconds=1)
            invalid = {0, len(messages) // 2, len(messages) - 1}
            for index in invalid:
                messages[index] = evolve(messages[index], send_at=past)
            outcomes = [outcome async for outcome in provider.send_many(messages)]
            assert_outcomes(outcomes, messages, provider)
            for index, outcome in enumerate(outcomes):
                if index in invalid:
                    assert isinstance(outcome, NotSent), "an invalid message is not sent"
                    assert isinstance(outcome.error, InvalidMessageError)
                else:
                    assert isinstance(outcome, Accepted), "a message beside an invalid one goes out"

    async def test_a_refused_message_stops_no_other(self) -> None:
        """It is told apart from those the vendor took in the same call (``refused_message``)."""
        async with self.connect() as provider:
            messages = self._messages(provider)
            refused = {0, len(messages) // 2}
            for index in refused:
                messages[index] = self.refused_message()
            outcomes = [outcome async for outcome in provider.send_many(messages)]
            assert_outcomes(outcomes, messages, provider)
            for index, outcome in enumerate(outcomes):
                assert isinstance(outcome, NotSent if index in refused else Accepted), (
                    f"message {index} of a mixed call ended as {type(outcome).__name__}"
                )

    async def test_a_lost_answer_leaves_no_message_without_an_outcome(self) -> None:
        """Needs ``unknown_message``, ``received``.

        Its own message is ``Unknown``. Others of the same call may be, too, but none is sent twice,
        and none is called ``NotSent`` that the vendor has.
        """
        async with self.connect() as provider:
            messages = self._messages(provider)
            messages[1] = self.unknown_message()
            outcomes = [outcome async for outcome in provider.send_many(messages)]
            assert_outcomes(outcomes, messages, provider)
            assert isinstance(outcomes[1], Unknown), "a lost answer is Unknown"
            assert isinstance(outcomes[1].error, OutcomeUnknownError)
            for message, outcome in zip(messages, outcomes, strict=True):
                taken = len(await self.received(message))
                assert taken <= 1, "a message of a stream was sent twice"
                if outcome.outcome is not Outcome.UNKNOWN:
                    assert taken == (outcome.outcome is Outcome.ACCEPTED), "an outcome is untrue"

    async def test_a_stream_left_early_accounts_for_all_it_has_read(self) -> None:
        """``unreported`` holds the rest, and the log on ``omni_common.outcome`` names it."""
        async with self.connect() as provider:
            read: list[Message] = []

            def source() -> Iterator[Message]:
                for message in self._messages(provider):
                    read.append(message)
                    yield message

            with listening(OUTCOME_LOGGER) as records:
                async with provider.send_many(source()) as stream:
                    reported = [await anext(aiter(stream))]
            outcomes = [*reported, *stream.unreported]
            assert_outcomes(outcomes, read, provider)
            logged = [record.getMessage() for record in records]
            assert len(logged) == len(stream.unreported), "one record for each that was left"
            for outcome, text in zip(stream.unreported, logged, strict=True):
                assert outcome.message.reference in text
                assert outcome.outcome.value in text

    async def test_an_error_of_the_source_comes_after_the_outcomes(self) -> None:
        """All that was read is sent and reported first."""
        async with self.connect() as provider:
            messages = self._messages(provider)[:2]

            def source() -> Iterator[Message]:
                yield from messages
                raise _SourceError

            outcomes: list[SendOutcome] = []
            came = False
            try:
                async for outcome in provider.send_many(source()):
                    outcomes.append(outcome)  # noqa: PERF401 - what comes before the error counts
            except _SourceError:
                came = True
            assert_outcomes(outcomes, messages, provider)
            assert came, "the error of the source is raised in its turn"

    def _messages(self, provider: OmniProvider) -> list[Message]:
        """Two batches and a bit, at least four, and not more than is quick."""
        channel = self.first_channel(provider)
        wanted = max(4, min(2 * provider.capabilities.batch_size + 1, _MOST))
        return [self.message(channel) for _ in range(wanted)]
