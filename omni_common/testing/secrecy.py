"""Credentials, bodies and numbers stay out of what is printed, logged and pickled."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Collection, Iterator

import pytest
from attrs import evolve

from omni_common.errors import NotSentError, OmniError, OutcomeUnknownError
from omni_common.message import Channel, Email, Message, Viber, Vk, WhatsApp
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, NotSent, Receipt, SendOutcome, Unknown
from omni_common.testing.features import asking_for_all
from omni_common.testing.hooks import ProviderHooks, sample_message
from omni_common.testing.listening import listening
from omni_common.testing.ways import ways

__all__ = ["SecrecyContract", "assert_silent", "canaries_of", "logged"]

_ENDS = 8
"""As many characters of a text, from its beginning or its end, give it away."""


def _texts(message: Message) -> Iterator[str]:
    """Every text in *message* that people wrote."""
    yield from (message.metadata or {}).values()
    for content in message.content:
        yield content.text or ""
        match content:
            case Viber():
                yield content.button_text or ""
            case WhatsApp():
                yield from content.template.parameters if content.template else ()
            case Email():
                yield content.subject
                yield content.html or ""
            case Vk():
                yield from (content.template_data or {}).values()


def canaries_of(message: Message) -> set[str]:
    """What of *message* must not come out: its numbers, addresses and texts, or their ends."""
    found = {(message.phone or "").removeprefix("+"), message.email or ""}
    for text in _texts(message):
        found |= {text[:_ENDS], text[-_ENDS:]}
    return found - {""}


def assert_silent(shown: str, canaries: Collection[str], where: str) -> None:
    """Check that nothing of *canaries* is in *shown*."""
    for canary in canaries:
        # The canary itself stays out of the failure's text, for it may be a real credential.
        assert (canary in shown) is False, f"{where} shows {len(canary)} characters to be kept"


def _shown(error: BaseException) -> str:
    """All that a program may print of *error*, and of what it was raised from."""
    return f"{error!r} {error} {''.join(traceback.format_exception(error))}"


def logged(records: Collection[logging.LogRecord]) -> str:
    """Everything that *records* say, and hold."""
    formatter = logging.Formatter()
    return "\n".join(f"{formatter.format(record)} {vars(record)}" for record in records)


def _same_error(one: OmniError, other: OmniError) -> bool:
    return (type(one), one.args, one.__reduce__()) == (type(other), other.args, other.__reduce__())


class SecrecyContract(ProviderHooks):
    """Nothing comes out of a provider that does not belong into a log."""

    async def test_an_accepted_message_stays_private(self) -> None:
        """In its receipt, its report and the log."""
        async with self.connect() as provider:
            for way in ways(provider):
                message = asking_for_all(self.plain(provider, way), provider)
                await self._assert_private(provider, message, canaries_of(message))

    async def test_an_unsupported_message_stays_private(self) -> None:
        """In the errors of ``check`` and ``send``."""
        async with self.connect() as provider:
            past = provider.clock.now().replace(year=2001)
            for channel in Channel:
                claimed = channel in provider.capabilities.channels
                message = self.message(channel) if claimed else sample_message(channel)
                message = evolve(message, send_at=past)
                shown = repr(provider.check(message))
                assert_silent(shown, canaries_of(message), "what check() returns")
                await self._assert_private(provider, message, canaries_of(message))

    async def test_a_refused_message_stays_private(self) -> None:
        """However the vendor words its refusal (needs ``refused_message``)."""
        async with self.connect() as provider:
            message = self.refused_message()
            await self._assert_private(provider, message, canaries_of(message))

    async def test_a_message_of_unknown_outcome_stays_private(self) -> None:
        """Though its error says what to look for (needs ``unknown_message``)."""
        async with self.connect() as provider:
            message = self.unknown_message()
            await self._assert_private(provider, message, canaries_of(message))

    async def test_credentials_stay_private(self) -> None:
        """Whether things go well or not (needs ``secrets``, ``refused_message``)."""
        secrets = self.secrets()
        async with self.connect() as provider:
            assert_silent(f"{provider!r} {provider}", secrets, "the provider's repr")
            for message in (self.message(self.first_channel(provider)), self.refused_message()):
                await self._assert_private(provider, message, secrets)

    async def test_the_credentials_of_a_failed_login_stay_private(self) -> None:
        """The error says that they are wrong, not what they are (``wrong_credentials``)."""
        async with self.wrong_credentials() as provider:
            message = self.message(self.first_channel(provider))
            await self._assert_private(provider, message, canaries_of(message))

    async def test_outcomes_can_be_pickled(self) -> None:
        """They cross to other processes, without the vendor's words in errors.

        Needs ``secrets``, ``refused_message``, ``unknown_message``.
        """
        async with self.connect() as provider:
            messages = [
                self.message(self.first_channel(provider)),
                self.refused_message(),
                self.unknown_message(),
            ]
            outcomes = [await self._outcome(provider, message) for message in messages]
            assert [type(outcome) for outcome in outcomes] == [Accepted, NotSent, Unknown]
            for outcome in outcomes:
                pickled = pickle.dumps(outcome)
                copy = pickle.loads(pickled)  # noqa: S301 - pickled right here
                assert_silent(repr(pickled), self.secrets(), "a pickled outcome")
                assert copy.message == outcome.message
                if isinstance(outcome, Accepted):
                    assert copy == outcome, "a receipt changes when it is pickled"
                else:
                    assert _same_error(copy.error, outcome.error), "an error changes when pickled"

    async def test_errors_of_reading_can_be_pickled(self) -> None:
        """Type, text and data are kept."""
        async with self.connect() as provider:
            for operation in (provider.status, provider.cancel):
                with pytest.raises(OmniError) as caught:
                    await operation(f"not-{provider.capabilities.provider}:42")
                copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - pickled right here
                assert _same_error(copy, caught.value), "an error changes when it is pickled"

    async def _assert_private(
        self, provider: OmniProvider, message: Message, canaries: Collection[str]
    ) -> None:
        """Send *message* and look for *canaries* in everything that comes of it."""
        with listening() as records:
            outcome = await self._outcome(provider, message)
            assert_silent(repr(outcome), canaries, "the outcome's repr")
            if isinstance(outcome, Accepted):
                await self._assert_receipt_private(provider, outcome.receipt, canaries)
            else:
                assert_silent(_shown(outcome.error), canaries, "the error")
                assert_silent(repr(pickle.dumps(outcome.error)), canaries, "the pickled error")
        assert_silent(logged(records), canaries, "the log")

    async def _assert_receipt_private(
        self, provider: OmniProvider, receipt: Receipt, canaries: Collection[str]
    ) -> None:
        assert_silent(f"{receipt!r} {receipt}", canaries, "the receipt")
        try:
            report = await provider.status(receipt.id)
        except OmniError as error:
            assert_silent(_shown(error), canaries, "the error of status()")
        else:
            assert_silent(f"{report!r} {report}", canaries, "the report")
        try:
            await provider.cancel(receipt.id)
        except OmniError as error:
            assert_silent(_shown(error), canaries, "the error of cancel()")

    async def _outcome(self, provider: OmniProvider, message: Message) -> SendOutcome:
        try:
            return Accepted(message, await provider.send(message))
        except NotSentError as error:
            return NotSent(message, error)
        except OutcomeUnknownError as error:
            return Unknown(message, error)
