"""Receipts and outcomes: what a send ends in, wherever it is carried."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from omni_common.errors import AnswerLostError, Attempt, Outcome, RefusedError
from omni_common.message import Channel, Message, Sms
from omni_common.receipt import Accepted, NotSent, Part, Receipt, SendOutcome, Unknown

MESSAGE = Message("+37251234567", Sms("canary body"), reference="order-1")
ATTEMPT = Attempt(1, datetime(2027, 1, 1, tzinfo=UTC), sent=True, detail="answered", status=201)
RECEIPT = Receipt(
    id="memory:1",
    provider="memory",
    reference="order-1",
    to="+37251234567",
    parts=(Part(Channel.SMS, "1", "Shop"), Part("pigeon")),
    attempts=(ATTEMPT,),
    raw={"to": "37251234567", "text": "canary body"},
)
OUTCOMES: list[SendOutcome] = [
    Accepted(MESSAGE, RECEIPT),
    NotSent(MESSAGE, RefusedError("no", reference="order-1", attempts=[ATTEMPT])),
    Unknown(MESSAGE, AnswerLostError("gone", provider="memory", raw="canary body")),
]
each_outcome = pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda each: type(each).__name__)


@each_outcome
def test_an_outcome_says_which_of_the_three_it_is(outcome: SendOutcome) -> None:
    kinds = {Accepted: Outcome.ACCEPTED, NotSent: Outcome.NOT_SENT, Unknown: Outcome.UNKNOWN}
    assert outcome.outcome is kinds[type(outcome)]
    match outcome:
        case Accepted(receipt=receipt):
            assert receipt is RECEIPT
        case NotSent(message=message, error=error) | Unknown(message=message, error=error):
            assert message is MESSAGE
            assert error.outcome is outcome.outcome


@each_outcome
def test_an_outcome_shows_neither_number_nor_text(outcome: SendOutcome) -> None:
    assert "order-1" in repr(outcome)
    for canary in ("1234567", "canary"):
        assert canary not in repr(outcome)
        assert canary not in str(outcome)


@each_outcome
def test_an_outcome_can_be_carried_to_another_process(outcome: SendOutcome) -> None:
    pickled: SendOutcome = pickle.loads(pickle.dumps(outcome))  # noqa: S301 - our own
    for again in (pickled, copy.deepcopy(outcome)):
        assert type(again) is type(outcome)
        assert again.message == outcome.message
        assert again.outcome is outcome.outcome
        if isinstance(outcome, Accepted):
            assert again == outcome
        else:
            assert isinstance(again, NotSent | Unknown)
            assert type(again.error) is type(outcome.error)
            assert again.error.attempts == outcome.error.attempts
            assert again.error.raw is None


def test_a_receipt_is_plain_constant_data() -> None:
    again = pickle.loads(pickle.dumps(RECEIPT))  # noqa: S301 - our own
    assert again == RECEIPT == copy.copy(RECEIPT)
    assert hash(again) == hash(RECEIPT)
    assert evolve(RECEIPT, id="memory:2") != RECEIPT
    with pytest.raises(FrozenInstanceError):
        RECEIPT.id = "memory:2"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        RECEIPT.other = 1  # type: ignore[attr-defined]


def test_a_receipt_shows_how_to_ask_and_hides_what_was_said() -> None:
    shown = repr(RECEIPT)
    assert "memory:1" in shown
    assert "+372…67" in shown
    assert "raw" not in shown
    assert "attempts" not in shown
