"""``send_many``: each message has its own outcome, whatever becomes of the others."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from hypothesis import given, settings, strategies as st

from omni_common.errors import (
    AnswerLostError,
    InvalidMessageError,
    NotSentError,
    OutcomeUnknownError,
    RefusedError,
)
from omni_common.history import History
from omni_common.message import Message
from omni_common.receipt import Accepted, NotSent, SendOutcome, Unknown
from tests.support.outcomes import CANARY, all_of, belated, message, messages, pulled, shown
from tests.support.providers import BulkProvider, MemoryProvider, receipt_of

pytestmark = pytest.mark.usefixtures("no_task_is_left", "nothing_is_recorded")


async def test_a_message_that_fails_its_check_is_not_sent_and_stops_no_other() -> None:
    omni = BulkProvider(3)
    source = [belated(0), message(1), belated(2), belated(3), belated(4), belated(5), message(6)]
    outcomes = await all_of(omni.send_many(source))
    assert shown(outcomes) == [
        "NotSent 0",
        "Accepted 1",
        "NotSent 2",
        "NotSent 3",
        "NotSent 4",
        "NotSent 5",
        "Accepted 6",
    ]
    assert omni.batches == [["1"], ["6"]]
    refused = outcomes[0]
    assert isinstance(refused, NotSent)
    assert isinstance(refused.error, InvalidMessageError)
    assert (refused.error.field, refused.error.reference) == ("send_at", "0")


async def test_an_error_of_a_check_is_about_its_message_said_or_not() -> None:
    class Terse(MemoryProvider):
        def check(self, message: Message) -> list[NotSentError]:
            return [NotSentError("no"), NotSentError("never")]

    (outcome,) = await all_of(Terse().send_many([message(7)]))
    assert isinstance(outcome, NotSent)
    assert (outcome.error.text, outcome.error.reference) == ("no", "7")


@pytest.mark.parametrize(
    ("error", "kind"),
    [(RefusedError("no", vendor_code="7"), NotSent), (AnswerLostError("gone"), Unknown)],
)
async def test_an_error_of_a_bulk_call_is_the_outcome_of_each_of_its_messages(
    error: Exception, kind: type[NotSent | Unknown]
) -> None:
    omni = BulkProvider(2)

    async def fail_once(batch: Sequence[Message], _: History) -> Sequence[SendOutcome]:
        if batch[0].reference == "2":
            raise error
        return [Accepted(each, receipt_of(each)) for each in batch]

    omni.script = fail_once
    outcomes = await all_of(omni.send_many([*messages(3), message("other"), message(4)]))
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted, kind, kind, Accepted]
    third, fourth = outcomes[2:4]
    assert isinstance(third, NotSent | Unknown)
    assert isinstance(fourth, NotSent | Unknown)
    assert type(third.error) is type(fourth.error) is type(error)
    assert (third.error.reference, fourth.error.reference) == ("2", "other")


async def test_an_error_of_a_single_send_is_the_outcome_of_its_message() -> None:
    omni = MemoryProvider()
    omni.failures = {"1": RefusedError("no"), "2": AnswerLostError("gone")}
    outcomes = await all_of(omni.send_many(messages(4)))
    assert shown(outcomes) == ["Accepted 0", "NotSent 1", "Unknown 2", "Accepted 3"]
    errors = [each.error for each in outcomes if isinstance(each, NotSent | Unknown)]
    assert [error.reference for error in errors] == ["1", "2"]


async def _raise(batch: Sequence[Message], _: History) -> Sequence[SendOutcome]:
    raise KeyError(CANARY, batch)


async def _too_few(batch: Sequence[Message], _: History) -> Sequence[SendOutcome]:
    return [Accepted(each, receipt_of(each)) for each in batch[1:]]


async def _too_many(batch: Sequence[Message], _: History) -> Sequence[SendOutcome]:
    return [Accepted(each, receipt_of(each)) for each in (*batch, batch[0])]


async def _in_disorder(batch: Sequence[Message], _: History) -> Sequence[SendOutcome]:
    return [Accepted(each, receipt_of(each)) for each in reversed(batch)]


async def _nothing(_: Sequence[Message], __: History) -> Sequence[SendOutcome]:
    return None  # type: ignore[return-value]


async def _receipts(batch: Sequence[Message], _: History) -> Sequence[SendOutcome]:
    return [receipt_of(each) for each in batch]  # type: ignore[misc]


@pytest.mark.parametrize("breach", [_raise, _too_few, _too_many, _in_disorder, _nothing, _receipts])
async def test_a_provider_that_breaks_its_contract_leaves_every_message_unknown(
    breach: object, caplog: pytest.LogCaptureFixture
) -> None:
    omni = BulkProvider(2)
    omni.script = breach  # type: ignore[assignment]
    outcomes = await all_of(omni.send_many([message(0), message(1), belated(2), message(3)]))
    # The last batch has one message to send, which some of these get right.
    assert shown(outcomes[:3]) == ["Unknown 0", "Unknown 1", "NotSent 2"]
    first = outcomes[0]
    assert isinstance(first, Unknown)
    assert isinstance(first.error, OutcomeUnknownError)
    assert isinstance(first.error.__cause__, Exception)
    assert (first.error.reference, first.error.provider) == ("0", "memory")
    errors = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert errors
    assert all("memory: " in each.getMessage() for each in errors)
    assert CANARY not in caplog.text
    assert CANARY not in str(first.error)


async def test_a_provider_whose_check_fails_has_not_sent_the_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Absurd(BulkProvider):
        def check(self, message: Message) -> list[NotSentError]:
            if message.reference == "0":
                raise ZeroDivisionError(CANARY)
            return super().check(message)

    omni = Absurd(2)
    outcomes = await all_of(omni.send_many(messages(3)))
    assert shown(outcomes) == ["NotSent 0", "Accepted 1", "Accepted 2"]
    assert "memory: ZeroDivisionError in check" in caplog.text
    assert CANARY not in caplog.text


ENDINGS = st.sampled_from(["accepted", "invalid", "refused", "lost"])
KINDS = {"accepted": Accepted, "invalid": NotSent, "refused": NotSent, "lost": Unknown}


@settings(max_examples=60)
@given(endings=st.lists(ENDINGS, max_size=40), size=st.integers(1, 12), slow=st.booleans())
async def test_outcomes_match_messages_one_to_one_whatever_becomes_of_each(
    endings: list[str], size: int, *, slow: bool
) -> None:
    omni = MemoryProvider() if size == 1 else BulkProvider(size)
    given_messages = []
    for number, ending in enumerate(endings):
        given_messages.append(belated(number) if ending == "invalid" else message(number))
        if ending in {"refused", "lost"}:
            error = RefusedError("no") if ending == "refused" else AnswerLostError("gone")
            omni.failures[str(number)] = error

    source = pulled(given_messages) if slow else given_messages
    outcomes = await all_of(omni.send_many(source))
    assert [outcome.message for outcome in outcomes] == given_messages
    assert [type(outcome) for outcome in outcomes] == [KINDS[ending] for ending in endings]
    assert [each.reference for each in omni.sent] == [
        str(number) for number, ending in enumerate(endings) if ending != "invalid"
    ]
