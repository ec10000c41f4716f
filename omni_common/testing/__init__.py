"""The contract suite: what a provider promises, as tests for its author to run.

Subclass :class:`ProviderContract` in a test file and write its hooks. Only ``connect`` is needed to
begin; tests for want of another hook are skipped, and say which. The extra ``testing`` brings what
the suite needs, pytest and pytest-asyncio, in whichever mode. A whole example, for a provider
whose vendor is emulated by ``AcmeEmulator`` of its own::

    # test_contract.py
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import timedelta

    import pytest_asyncio

    from acme_omni.sandbox import AcmeEmulator
    from omni_common import Message, OmniProvider, Sms, connect
    from omni_common.sandbox import SandboxClock, Scenario
    from omni_common.testing import ProviderContract


    class TestAcme(ProviderContract):
        skips_allowed = False  # no hook is forgotten

        @pytest_asyncio.fixture(autouse=True)
        async def vendor(self) -> AsyncIterator[None]:
            async with AcmeEmulator(clock=SandboxClock(frozen=True)) as self.emulator:
                yield

        def connect(self) -> OmniProvider:
            return connect(f"{self.emulator.url}?batch_size=3")

        def refused_message(self) -> Message:
            return Message(Scenario.REFUSED.number(), Sms("Robin"))

        def unknown_message(self) -> Message:
            return Message(Scenario.ANSWER_DROPPED.number(), Sms("Wren"))

        def unanswered_message(self) -> Message:
            return Message(Scenario.STALLED.number(), Sms("Rook"))

        def unknown_id(self) -> str:
            return "acme:0"

        def wrong_credentials(self) -> OmniProvider:
            return connect(f"acme://WRONG@{self.emulator.authority}")

        def unreachable(self) -> OmniProvider:
            return connect("acme://KEY@127.0.0.1:1?max_attempts=1")  # nothing listens on port 1

        def secrets(self) -> Collection[str]:
            return [self.emulator.key]

        def callback_secrets(self) -> Mapping[str, str]:
            return {"acme.delivery": self.emulator.key}

        async def received(self, message: Message) -> Sequence[object]:
            return [entry.content for entry in self.emulator.ledger.find(to=message.phone)]

        async def request_count(self) -> int:
            return len(self.emulator.requests)

        async def deliver(self) -> None:
            self.emulator.clock.advance(timedelta(days=1))
            await self.emulator.settle()  # until its reports are posted

A vendor that wants more of a message than a recipient and a text gets it from the hook ``message``,
and one that wants more of several channels in order from the hook ``cascade``. ``callback_secrets``
is for a provider whose capabilities name a ``callback_area``.
What each hook has to give is said in :class:`ProviderHooks`, and what each test proves in its own
docstring.
"""

import pytest

# Failures then show what was compared, and `python -O` takes no assertion away.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{module}"
        for module in (
            "callbacks",
            "cascades",
            "claims",
            "follows",
            "lifetime",
            "limits",
            "outcomes",
            "secrecy",
            "sends",
            "streams",
        )
    )
)

from omni_common.testing.contract import ProviderContract  # noqa: E402 - rewritten from here on
from omni_common.testing.hooks import ProviderHooks, sample_message  # noqa: E402

__all__ = ["ProviderContract", "ProviderHooks", "sample_message"]
