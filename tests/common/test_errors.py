"""The error tree: what each class proves, and what an error carries wherever it goes."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

import omni_common
from omni_common import errors
from omni_common.errors import (
    Attempt,
    CancelFailedError,
    ClientClosedError,
    ConfigurationError,
    NotSentError,
    NotSupportedError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    ReadError,
    RefusedError,
    UnknownMessageError,
    UnsupportedMessageError,
)
from omni_common.redaction import shown_key

CANARY = "canary +37251234567"
CLASSES = sorted(
    (
        each
        for each in vars(errors).values()
        if inspect.isclass(each) and issubclass(each, OmniError)
    ),
    key=lambda each: each.__name__,
)
each_class = pytest.mark.parametrize("kind", CLASSES)


def drawn() -> dict[str, set[str]]:
    """The tree of the module's docstring: the parents of each class."""
    parents: dict[str, set[str]] = {}
    path: list[str] = []
    for line in inspect.getdoc(errors).splitlines():  # type: ignore[union-attr]
        found = re.match(
            r"^(?P<branch>(?:    )(?:[│ ]   )*(?:[├└]── )?)(?P<name>[A-Z]\w+Error)\b", line
        )
        if found:
            depth = len(found["branch"]) // 4 - 1
            path[depth:] = [found["name"]]
            parents.setdefault(found["name"], set()).update(
                path[depth - 1 : depth] if depth else []
            )
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    classes = {
        kind.__name__: {base.__name__ for base in kind.__bases__ if issubclass(base, OmniError)}
        for kind in CLASSES
    }
    assert drawn() == classes


@each_class
def test_every_class_is_public(kind: type[OmniError]) -> None:
    assert kind.__name__ in errors.__all__
    assert kind.__name__ in omni_common.__all__
    assert getattr(omni_common, kind.__name__) is kind
    assert kind.__doc__


@each_class
def test_the_class_says_what_became_of_the_message(kind: type[OmniError]) -> None:
    is_not_sent, is_unknown = issubclass(kind, NotSentError), issubclass(kind, OutcomeUnknownError)
    assert not (is_not_sent and is_unknown)
    expected = Outcome.NOT_SENT if is_not_sent else Outcome.UNKNOWN if is_unknown else None
    assert kind.outcome is expected
    assert kind("text").outcome is expected


def test_errors_of_reading_cancelling_and_configuring_say_nothing_of_a_send() -> None:
    for kind in (ReadError, UnknownMessageError, CancelFailedError, ConfigurationError):
        assert kind.outcome is None
        assert not issubclass(kind, NotSentError | OutcomeUnknownError)
    assert NotSupportedError.outcome is None
    assert not issubclass(NotSupportedError, NotSentError)
    assert issubclass(UnsupportedMessageError, NotSupportedError)
    assert issubclass(UnsupportedMessageError, NotSentError)
    assert not issubclass(ClientClosedError, RefusedError)


attempts = st.lists(
    st.builds(
        Attempt,
        number=st.integers(1, 9),
        started_at=st.datetimes(timezones=st.just(UTC)),
        sent=st.booleans(),
        detail=st.text(),
        status=st.none() | st.integers(100, 599),
        waited=st.timedeltas(),
        proves_not_sent=st.booleans(),
    ),
    max_size=3,
)
texts = st.none() | st.text()
an_error = st.builds(
    lambda kind, text, **data: kind(text, **data),
    st.sampled_from(CLASSES),
    st.text(),
    provider=texts,
    reference=texts,
    attempts=attempts,
    retry_after=st.none() | st.timedeltas(),
    vendor_code=texts,
    field=texts,
    raw=st.just(CANARY),
)


def carried(error: OmniError) -> tuple[object, ...]:
    return (
        type(error),
        error.text,
        str(error),
        error.args,
        error.provider,
        error.reference,
        error.attempts,
        error.retry_after,
        error.vendor_code,
        error.field,
        error.outcome,
    )


def only_keys(error: OmniError) -> tuple[str | None, ...]:
    """The vendor's code and field, where they can only be such: others may quote somebody."""
    words = (error.vendor_code, error.field)
    return tuple(word if word is not None and shown_key(word) == word else None for word in words)


@pytest.mark.parametrize("word", ["bad recipient 79001234567", "a@b.example", "79001234567"])
def test_a_vendors_word_that_may_quote_somebody_is_not_pickled(word: str) -> None:
    error = RefusedError("refused", vendor_code=word, field="to.format.invalid")
    assert word.encode() not in pickle.dumps(error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (again.vendor_code, again.field) == (None, "to.format.invalid")


@given(error=an_error, protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_an_error_keeps_what_it_carries_except_the_vendors_words(
    error: OmniError, protocol: int
) -> None:
    pickled = pickle.dumps(error, protocol)
    assert CANARY.encode() not in pickled
    for again in (
        pickle.loads(pickled),  # noqa: S301 - our own
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert carried(again) == (*carried(error)[:-3], *only_keys(error), error.outcome)
        assert again.raw is None


@given(error=an_error)
def test_the_vendors_words_are_not_shown(error: OmniError) -> None:
    assert error.raw == CANARY
    assert CANARY not in str(error) + repr(error)


@given(error=an_error, reference=st.text())
def test_an_error_can_be_told_of_another_message(error: OmniError, reference: str) -> None:
    error.__cause__ = cause = ValueError()
    other = error.about(reference)
    assert other.reference == reference
    assert other.__cause__ is cause
    assert other.raw is error.raw
    assert carried(other.about(error.reference or "")) == carried(
        error.about(error.reference or "")
    )
    assert error.about(reference).about(reference).reference == reference


def test_an_error_that_is_of_the_message_already_is_left_as_it_is() -> None:
    error = RefusedError("no", reference="order-1")
    assert error.about("order-1") is error
    assert error.about("order-2") is not error


@each_class
def test_an_error_made_of_its_text_alone_carries_nothing(kind: type[OmniError]) -> None:
    error = kind("what happened")
    assert (error.text, str(error)) == ("what happened", "what happened")
    assert carried(error)[4:-1] == (None, None, (), None, None, None)


def test_attempts_are_kept_as_they_were() -> None:
    started = datetime(2027, 1, 1, tzinfo=UTC)
    seen = [Attempt(1, started, sent=False, detail="ECONNREFUSED", waited=timedelta(seconds=1))]
    error = RefusedError("no", attempts=seen)
    seen.clear()
    assert len(error.attempts) == 1
    assert hash(error.attempts) is not None
