"""``OmniProvider``: what a provider gets for the four members that it must write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from omni_common.capabilities import Capabilities
from omni_common.clock import SystemClock
from omni_common.errors import (
    AnswerLostError,
    InvalidMessageError,
    NotSentError,
    NotSupportedError,
    Outcome,
    RefusedError,
    UnknownMessageError,
)
from omni_common.exchange import OnUnknown
from omni_common.history import History
from omni_common.message import Message, Sms
from omni_common.provider import OmniProvider
from omni_common.receipt import Accepted, NotSent, Receipt, Unknown
from omni_common.report import DeliveryReport, DeliveryState
from tests.support.clock import FakeClock
from tests.support.outcomes import belated, message, messages, shown
from tests.support.providers import MemoryProvider, StatusProvider, receipt_of

MUST = {"capabilities", "send", "status", "cancel"}


def test_four_members_are_all_that_must_be_written() -> None:
    assert OmniProvider.__abstractmethods__ == MUST


@pytest.mark.parametrize("missing", sorted(MUST))
def test_a_provider_that_lacks_one_cannot_be_made(missing: str) -> None:
    members = {name: vars(MemoryProvider)[name] for name in MUST - {missing}}
    unfinished = type("Unfinished", (OmniProvider,), members)
    with pytest.raises(TypeError, match=missing):
        unfinished()


def test_the_time_is_the_systems_unless_a_test_says_otherwise() -> None:
    class Plain(OmniProvider):
        @property
        def capabilities(self) -> Capabilities:
            return MemoryProvider().capabilities

        async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
            return receipt_of(message)

        async def status(self, id: str) -> DeliveryReport:
            return DeliveryReport(id, DeliveryState.SENT)

        async def cancel(self, id: str) -> None:
            raise NotImplementedError

    assert isinstance(Plain.clock, SystemClock)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    past = datetime.now(UTC) - timedelta(seconds=1)
    fields = [
        [problem.field for problem in Plain().check(Message("+37251000000", Sms("Hi"), send_at=at))]
        for at in (tomorrow, past)
    ]
    # Its capabilities have no schedule; only the past is a problem of its own.
    assert fields == [["send_at"], ["send_at", "send_at"]]


async def test_a_provider_is_closed_by_its_context_whatever_happens_inside() -> None:
    class Closing(MemoryProvider):
        closed = 0

        async def close(self) -> None:
            self.closed += 1

    omni = Closing()
    async with omni as entered:
        assert entered is omni
        assert omni.closed == 0
    assert omni.closed == 1
    with pytest.raises(ZeroDivisionError):
        async with omni:
            raise ZeroDivisionError
    assert omni.closed == 2
    await MemoryProvider().close()


async def test_a_batch_is_sent_one_by_one_with_an_outcome_each() -> None:
    omni = MemoryProvider()
    omni.failures = {"1": RefusedError("no"), "2": AnswerLostError("gone")}
    history = History()
    outcomes = await omni.send_batch(messages(4), history)
    assert shown(outcomes) == ["Accepted 0", "NotSent 1", "Unknown 2", "Accepted 3"]
    accepted, refused, lost, _ = outcomes
    assert isinstance(accepted, Accepted)
    assert accepted.receipt == receipt_of(message(0))
    assert isinstance(refused, NotSent)
    assert isinstance(lost, Unknown)
    assert (refused.error.reference, lost.error.reference) == ("1", "2")
    assert history.outcome is Outcome.UNKNOWN


async def test_refusing_problems_raises_the_first_of_them() -> None:
    class Careful(MemoryProvider):
        async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
            self._refuse_problems(message)
            return await super().send(message, on_unknown=on_unknown)

    omni = Careful()
    assert (await omni.send(message(1))).reference == "1"
    with pytest.raises(NotSentError) as refused:
        await omni.send(belated(2))
    assert isinstance(refused.value, InvalidMessageError)
    assert refused.value.field == "send_at"
    assert [each.reference for each in omni.sent] == ["1"]


async def test_states_can_be_asked_for_one_or_many_and_waited_for() -> None:
    report = DeliveryReport("memory:1", DeliveryState.DELIVERED)
    omni = StatusProvider([report])
    assert await omni.status("memory:1") == await omni.wait("memory:1") == report
    results = [result async for result in omni.status_many(["memory:1", "memory:1"])]
    assert [(result.id, result.report) for result in results] == [("memory:1", report)] * 2


async def test_an_id_that_nobody_knows_is_an_error_of_its_own_among_many() -> None:
    (result,) = [result async for result in MemoryProvider(FakeClock()).status_many(["memory:1"])]
    assert isinstance(result.error, UnknownMessageError)
    assert result.report is None


@pytest.mark.parametrize(
    ("user", "password", "parameters"),
    [
        ("anna", "secret", {"user": "anna", "password": "secret"}),
        ("anna", None, {"user": "anna"}),
        (None, "secret", {"password": "secret"}),
        ("anna", "", {"user": "anna", "password": ""}),
        (None, None, {}),
    ],
)
def test_a_url_holds_user_and_password_unless_a_provider_says_otherwise(
    user: str | None, password: str | None, parameters: Mapping[str, str]
) -> None:
    assert MemoryProvider.credentials_from_url(user, password) == parameters


def test_what_was_sent_is_not_listed_unless_the_vendor_has_a_list() -> None:
    omni, now = MemoryProvider(), datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(NotSupportedError, match="memory has no list"):
        omni.sent_messages(after=now, before=now)
    with pytest.raises(NotSupportedError, match="memory has no list"):
        omni.sent_as(message(1))
