"""What the contract suite asks of a provider's author: the hooks, each a method to write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count
from typing import ClassVar, NoReturn

import pytest

from omni_common.callbacks import CallbackSecrets
from omni_common.message import (
    Channel,
    Content,
    Email,
    Message,
    Sms,
    Viber,
    Vk,
    WhatsApp,
)
from omni_common.provider import OmniProvider
from omni_common.testing.ways import Way, in_order, is_claimed

__all__ = ["ProviderHooks", "sample_message"]

# The beginning and the end of each text are looked for in everything that comes out of a provider,
# so they are words that nothing else says.
_CONTENTS: Mapping[Channel, Callable[[], Content]] = {
    Channel.SMS: lambda: Sms("Kingfisher over the weir"),
    Channel.VIBER: lambda: Viber("Goldcrest in the spruces"),
    Channel.WHATSAPP: lambda: WhatsApp("Nightjar at the crossroads"),
    Channel.EMAIL: lambda: Email(
        "Wheatear on the drystone wall", subject="Bullfinch among the plum buds"
    ),
    Channel.VK: lambda: Vk("Dotterel on the bare plateau"),
}
_recipients = count(1)


def sample_message(channel: Channel) -> Message:
    """A plain message over *channel*, to another recipient each time.

    Numbers are Estonian and end in 17, as in ``+372510000117``; addresses end in
    ``redstart@example.com``. None of them plays a part in ``omni_common.sandbox.Scenario``.
    """
    number = next(_recipients)
    is_email = channel is Channel.EMAIL
    to = f"{number}.redstart@example.com" if is_email else f"+37251{number:05}17"
    return Message(to, _CONTENTS[channel]())


class ProviderHooks:
    """How the suite reaches a provider and its vendor.

    :meth:`connect` is all that must be written. :meth:`message` has a default that suits many
    vendors; each of the others opens the tests that need it, which are skipped without it. Hooks
    that make something are plain methods; those that ask or move the vendor are coroutines.

    A test may call a hook several times. Nothing is shared between tests but the class, so what
    stands in for the vendor is best started anew for each, by an autouse fixture.
    """

    skips_allowed: ClassVar[bool] = True
    """False makes a test that would be skipped fail, so that no hook is forgotten."""

    keeps_scheduled: ClassVar[bool] = False
    """Whether the provider keeps scheduled messages itself: their time is then its own business,
    of which the vendor knows nothing."""

    def connect(self) -> OmniProvider:
        """Make a new provider of one and the same account; the tests close it.

        It is called in and out of event loops and from other threads, so it must not open anything.
        A small ``batch_size``, where that is a setting, keeps the tests of ``send_many`` quick.
        """
        raise NotImplementedError(f"{type(self).__name__} has to write connect()")

    def message(self, channel: Channel) -> Message:
        """Make a message over *channel* alone that the vendor accepts as it is.

        It sets no optional field of the message and no ``ttl``, and goes to another recipient each
        time. Override it where the vendor wants more than :func:`sample_message` has, such as a
        sender, or certain recipients.
        """
        return sample_message(channel)

    def cascade(self, channels: tuple[Channel, ...]) -> Message:
        """Make a message over several *channels*, in that order, that the vendor accepts as it is.

        By default its contents are those of :meth:`message` for each channel, and its recipient has
        both a phone number and an e-mail address where they need both. Override it where the vendor
        wants more of a cascade than of a message over one channel.
        """
        return in_order([self.message(channel) for channel in channels])

    def refused_message(self) -> Message:
        """Make a message that the library has no objection to, and the vendor refuses."""
        self.skip_without("refused_message")

    def unknown_message(self) -> Message:
        """Make a message that the vendor takes without giving a usable answer."""
        self.skip_without("unknown_message")

    def unanswered_message(self) -> Message:
        """Make a message that the vendor takes and stays silent about for as long as one waits."""
        self.skip_without("unanswered_message")

    def unknown_id(self) -> str:
        """Return an id as receipts of this provider have it, which the vendor never gave out."""
        self.skip_without("unknown_id")

    def wrong_credentials(self) -> OmniProvider:
        """Make a provider that the vendor does not let in; the tests close it."""
        self.skip_without("wrong_credentials")

    def unreachable(self) -> OmniProvider:
        """Make a provider whose vendor cannot be connected to; the tests close it.

        Let it give up at once, where that is a setting (``max_attempts=1``).
        """
        self.skip_without("unreachable")

    def secrets(self) -> Collection[str]:
        """Return the credentials of :meth:`connect`, in every form in which they travel."""
        self.skip_without("secrets")

    def callback_secrets(self) -> Mapping[str, CallbackSecrets]:
        """Return what proves the vendor's posts genuine, for each kind that a message may ask for.

        The names are those of ``callback_area`` in the capabilities. Where the vendor signs its
        posts, the secret is the one of the account that :meth:`connect` sends from; where it does
        not, any token that ``omni_common.callbacks`` accepts.
        """
        self.skip_without("callback_secrets")

    async def received(self, message: Message) -> Sequence[object]:
        """Everything that the vendor took for the recipient of *message*, oldest first.

        Each item is whatever the vendor holds of a message, without what differs between two equal
        messages, such as ids, references and the time of arrival: equal ones give equal items. It
        proves both how often a message arrived and that nothing of it was dropped on the way.
        """
        del message
        self.skip_without("received")

    async def request_count(self) -> int:
        """How many requests the vendor has received so far, whatever became of them."""
        self.skip_without("request_count")

    async def deliver(self) -> None:
        """Let the vendor deliver all that it has accepted, scheduled messages too, and report it.

        It returns when every report that is due was posted to its ``callback_url`` and answered;
        for an emulator of this library, ``clock.advance()`` and then ``await settle()``. Reports to
        hosts that are not loopback must not leave the machine. A test that calls this sends nothing
        afterwards, so the vendor's clock may jump ahead.
        """
        self.skip_without("deliver")

    def skip_without(self, hook: str) -> NoReturn:
        """Skip the test for want of *hook*, or fail it where nothing may be skipped."""
        self.skip(f"write {hook}() in {type(self).__name__} to prove this")

    def skip(self, reason: str) -> NoReturn:
        """Skip the test, or fail it where nothing may be skipped."""
        if self.skips_allowed:
            pytest.skip(reason)
        pytest.fail(reason)

    def plain(self, provider: OmniProvider, way: Way) -> Message:
        """A message over *way* that asks for nothing, be it claimed or not."""
        if is_claimed(provider, way):
            return self.cascade(way) if len(way) > 1 else self.message(way[0])
        claimed = provider.capabilities.channels
        return in_order(
            [self.message(each) if each in claimed else sample_message(each) for each in way]
        )

    def first_channel(self, provider: OmniProvider) -> Channel:
        """The channel to try what has nothing to do with channels: the first that tells a status.

        Of several, so that the tests can follow what they send; else the first of all.
        """
        channels = provider.capabilities.channels
        return next((name for name, can in channels.items() if can.status), next(iter(channels)))

    def channel_with_status(self, provider: OmniProvider) -> Channel:
        """The first channel that tells a status; skips the test where there is none."""
        channel = self.first_channel(provider)
        if not provider.capabilities.channels[channel].status:
            self.skip("this provider claims a status on no channel")
        return channel
