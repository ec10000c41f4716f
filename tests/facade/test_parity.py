"""The blocking twin mirrors the async interface: names, parameters, defaults, types and words."""

from __future__ import annotations

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
)
from typing import Any, get_type_hints

import pytest

import omni_common
import omni_common.sync
from omni_common import OmniProvider, OutcomeStream, Tracker
from omni_common.outbox import Entry, Outbox
from omni_common.sync import (
    OmniProvider as BlockingProvider,
    OutcomeStream as BlockingStream,
    Tracker as BlockingTracker,
)
from omni_common.sync.outbox import Outbox as BlockingOutbox

# Where the blocking side has a type of its own for the same thing.
BLOCKING_TYPES: dict[Any, Any] = {
    OutcomeStream: BlockingStream,
    AsyncIterator[omni_common.StatusResult]: Iterator[omni_common.StatusResult],
    AsyncIterator[omni_common.DeliveryReport]: Iterator[omni_common.DeliveryReport],
    AsyncIterator[omni_common.SentMessage]: Iterator[omni_common.SentMessage],
    AsyncGenerator[Entry, None]: Iterator[Entry],
    AsyncGenerator[omni_common.SendOutcome, None]: Iterator[omni_common.SendOutcome],
    Iterable[omni_common.Message] | AsyncIterable[omni_common.Message]: Iterable[
        omni_common.Message
    ],
    Iterable[str] | AsyncIterable[str]: Iterable[str],
}
# Building from a connection URL is done on the async side, for both.
ASYNC_ONLY = {"credentials_from_url"}


def public_methods(cls: type) -> dict[str, Callable[..., Any]]:
    return {
        name: member
        for name, member in inspect.getmembers(cls, callable)
        if not name.startswith("_") and name not in ASYNC_ONLY
    }


PAIRS = [
    pytest.param(original, twin, name, id=f"{cls.__name__}.{name}")
    for cls, twin in (
        (OmniProvider, BlockingProvider),
        (Tracker, BlockingTracker),
        (Outbox, BlockingOutbox),
    )
    for name, original in public_methods(cls).items()
    if cls is not Outbox or not hasattr(OmniProvider, name)  # which it shares with all providers
]


@pytest.mark.parametrize(("original", "blocking", "name"), PAIRS)
def test_s30_a_method_has_a_twin_with_the_same_signature(
    original: Callable[..., Any], blocking: type, name: str
) -> None:
    twin = getattr(blocking, name)
    ours = inspect.signature(original).parameters
    theirs = inspect.signature(twin).parameters
    assert [(p.name, p.kind, p.default) for p in theirs.values()] == [
        (p.name, p.kind, p.default) for p in ours.values()
    ]
    expected = {
        parameter: BLOCKING_TYPES.get(hint, hint) for parameter, hint in hints(original).items()
    }
    assert hints(twin) == expected
    assert not inspect.iscoroutinefunction(twin)


@pytest.mark.parametrize(("original", "blocking", "name"), PAIRS)
def test_s30_a_twin_is_documented_in_the_same_words(
    original: Callable[..., Any], blocking: type, name: str
) -> None:
    words = inspect.getdoc(getattr(blocking, name))
    assert words is not None
    first_line = (inspect.getdoc(original) or "").partition("\n")[0]
    assert words.startswith(first_line)
    if inspect.iscoroutinefunction(original):
        assert words == inspect.getdoc(original)


def test_s30_the_twin_has_nothing_of_its_own() -> None:
    assert public_methods(BlockingProvider).keys() == public_methods(OmniProvider).keys()
    assert isinstance(BlockingProvider.capabilities, property)


def test_s30_the_tracker_has_a_thread_to_end_and_nothing_else_of_its_own() -> None:
    own = public_methods(BlockingTracker).keys() - public_methods(Tracker).keys()
    assert own == {"close"}
    ours = inspect.signature(Tracker).parameters
    theirs = inspect.signature(BlockingTracker).parameters
    assert [(p.name, p.kind, p.default) for p in theirs.values()] == [
        (p.name, p.kind, p.default)
        for p in ours.values()
        if p.name != "clock"  # a clock's timers belong to one event loop
    ]


def test_s30_connect_takes_the_same_arguments() -> None:
    asynchronous = inspect.signature(omni_common.connect).parameters
    blocking = inspect.signature(omni_common.sync.connect).parameters
    assert [(p.name, p.kind, p.default, p.annotation) for p in blocking.values()] == [
        (p.name, p.kind, p.default, p.annotation) for p in asynchronous.values()
    ]


def test_s30_the_streams_offer_the_same() -> None:
    shared = {"close", "unreported"}
    assert shared <= set(dir(OutcomeStream))
    assert shared <= set(dir(BlockingStream))


def hints(function: Callable[..., Any]) -> dict[str, Any]:
    names = {"OutcomeStream": OutcomeStream if function in ASYNC_METHODS else BlockingStream}
    return get_type_hints(function, localns=names)


ASYNC_METHODS = set(public_methods(OmniProvider).values())
