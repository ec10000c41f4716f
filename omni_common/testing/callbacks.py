"""Reports that the vendor posts: they come to where the message says, and nothing else is taken."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from secrets import token_urlsafe

from attrs import evolve

from omni_common.callbacks import (
    CallbackHeaders,
    CallbackReceiver,
    Event,
    callback_area,
    sign,
)
from omni_common.callbacks.reading import secrets_of
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Receipt
from omni_common.report import DeliveryReport
from omni_common.testing.features import asking_for_all
from omni_common.testing.hooks import ProviderHooks
from omni_common.testing.listening import listening
from omni_common.testing.mailbox import Mailbox, Post, receiving
from omni_common.testing.outcomes import accepted
from omni_common.testing.secrecy import assert_silent, canaries_of, logged
from omni_common.testing.ways import Way, over, ways

__all__ = ["CallbackContract"]

_REFUSED = range(400, 500)


def _areas(provider: OmniProvider) -> set[str]:
    """The kinds of posts that *provider* claims for any channel, alone or in a cascade."""
    can = provider.capabilities
    claimed = [*can.channels.values(), *can.cascade.values()]
    return {each.callback_area for each in claimed if each.callback_area is not None}


def _reported(provider: OmniProvider) -> list[Way]:
    """The ways over which a message may ask for reports that this library reads."""
    can = provider.capabilities
    return [
        way
        for way in ways(provider)
        if can.callback_area(way) and all(can.together(way)[each].callback for each in way)
    ]


def _about(event: Event, message: Message, receipt: Receipt) -> bool:
    if not isinstance(event, DeliveryReport):
        return False
    return event.id == receipt.id or event.reference == message.reference


def _forgeries(post: Post) -> Iterator[tuple[str, CallbackHeaders, bytes]]:
    """What somebody could post who knows everything but the secret."""
    guessed = sign(post.area.name, post.body, token_urlsafe())
    yield guessed.path, guessed.headers, post.body
    yield post.area.path, {}, post.body
    if post.area.is_signed:
        yield post.path, post.headers, post.body + b" "


class CallbackContract(ProviderHooks):
    """A message that names a URL is reported there, in words that all vendors share."""

    async def test_the_callback_areas_are_registered(self) -> None:
        """Each is found by the name in the capabilities, which begins with the provider's."""
        async with self.connect() as provider:
            for name in _areas(provider):
                area = callback_area(name)
                assert area.provider == provider.capabilities.provider, "an area has its provider"

    async def test_what_is_delivered_is_posted_to_the_callback_url(self) -> None:
        """Of every message over one channel (needs ``callback_secrets``, ``deliver``)."""
        async with self.connect() as provider:
            await self._assert_reported(provider, [w for w in _reported(provider) if len(w) == 1])

    async def test_what_becomes_of_a_cascade_is_posted_to_the_callback_url(self) -> None:
        """Whichever channel delivered (needs ``callback_secrets``, ``deliver``)."""
        async with self.connect() as provider:
            await self._assert_reported(provider, [w for w in _reported(provider) if len(w) > 1])

    async def test_a_post_that_is_not_genuine_is_refused(self) -> None:
        """The vendor's own posts are taken with the right secret alone.

        Needs ``callback_secrets``, ``deliver``.
        """
        async with self.connect() as provider:
            reported = _reported(provider)
            if not reported:
                return
            secrets, events = self.callback_secrets(), list[Event]()
            receiver = CallbackReceiver(events.append, secrets=secrets)
            async with receiving(secrets) as mailbox:
                await self._send(provider, reported, mailbox)
                await self.deliver()
            assert mailbox.posts, "messages that ask for reports got none"
            for post in {post.area.name: post for post in mailbox.posts}.values():
                for path, headers, body in _forgeries(post):
                    answer = await receiver.receive("POST", path, headers, body)
                    assert answer.status in _REFUSED, "a post with a wrong secret was taken"
                assert not events, "a post with a wrong secret was handed out"
                answer = await receiver.receive("POST", post.path, post.headers, post.body)
                assert answer.status == HTTPStatus.OK, "a genuine post was refused"
                assert events, "nothing came of a genuine post"
                events.clear()

    async def test_what_is_posted_stays_private(self) -> None:
        """In the events that are read from it, and in the log; so do the secrets.

        Needs ``callback_secrets``, ``deliver``.
        """
        async with self.connect() as provider:
            reported = _reported(provider)
            if not reported:
                return
            secrets = self.callback_secrets()
            canaries = {
                secret.reveal()
                for name, given in secrets.items()
                for secret in secrets_of(callback_area(name), given)
            }
            with listening() as records:
                async with receiving(secrets) as mailbox:
                    sent = await self._send(provider, reported, mailbox)
                    await self.deliver()
            for message, receipt in sent:
                canaries |= canaries_of(message)
                assert_silent(repr(receipt), canaries, "the receipt")
            assert mailbox.events, "a message that asks for reports got none"
            for event in mailbox.events:
                assert_silent(f"{event!r} {event}", canaries, "an event")
            assert_silent(logged(records), canaries, "the log")

    async def _assert_reported(self, provider: OmniProvider, reported: Sequence[Way]) -> None:
        if not reported:
            return
        async with receiving(self.callback_secrets()) as mailbox:
            sent = await self._send(provider, reported, mailbox)
            await self.deliver()
        for post in mailbox.posts:
            assert post.answer.status == HTTPStatus.OK, "a genuine post was refused"
        for event in mailbox.events:
            assert any(_about(event, *each) for each in sent), "an event is about a message sent"
        for message, receipt in sent:
            with over(message.channels):
                found = [each for each in mailbox.events if _about(each, message, receipt)]
                assert found, "a message that asks for reports got none"
                report = await mailbox.tracker.wait(receipt, timeout=timedelta())
                assert report.state.has_arrived, f"delivered, and reported as {report.state.name}"
                assert report.channel in message.channels, "the report names the channel"

    async def _send(
        self, provider: OmniProvider, reported: Sequence[Way], mailbox: Mailbox
    ) -> list[tuple[Message, Receipt]]:
        """Send a message over each way that asks for all, and to be reported to *mailbox*."""
        sent = []
        for way in reported:
            plain = asking_for_all(self.plain(provider, way), provider)
            # What the vendor posts of a message that was kept bears another id than the receipt.
            send_at = None if self.keeps_scheduled else plain.send_at
            here = evolve(plain, callback_url=None, send_at=send_at)
            message = mailbox.addressed(here, provider.capabilities)
            receipt = await accepted(provider, message)
            await mailbox.tracker.add(receipt)
            sent.append((message, receipt))
        return sent
