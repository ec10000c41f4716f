"""The blocking twins of the vendors' own clients: area by area, method by method, the same."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from types import GenericAlias
from typing import Any, get_args, get_origin, get_type_hints

import pytest

import devino_async
import devino_async.sync
import messente_async
import messente_async.sync
from devino_async.address_book import NewContact
from omni_common.sync.client import Twin
from omni_common.transport import Transport

CLIENTS: list[tuple[type, type[Twin[Any]]]] = [
    (devino_async.DevinoClient, devino_async.sync.DevinoClient),
    (messente_async.MessenteClient, messente_async.sync.MessenteClient),
]
# What belongs to one event loop cannot be handed to a client that has a loop of its own.
ASYNC_ONLY_ARGUMENTS = {"session"}
# A source is read in the calling thread.
BLOCKING_TYPES: dict[Any, Any] = {
    Iterable[NewContact] | AsyncIterable[NewContact]: Iterable[NewContact],
}


def areas(client: type) -> dict[str, type]:
    """The classes of a client's public attributes, as annotated in the class."""
    return {
        name: kind
        for name, kind in get_type_hints(client).items()
        if inspect.isclass(kind) and kind is not Transport
    }


def methods(cls: type) -> dict[str, Callable[..., Any]]:
    return {
        name: member
        for name, member in inspect.getmembers(cls, callable)
        if not name.startswith("_") and not inspect.isclass(member)
    }


def pairs() -> list[Any]:
    found = []
    for original, twin in CLIENTS:
        name = original.__name__
        found.append(pytest.param(original, twin, id=name))
        found += [
            pytest.param(kind, areas(twin)[area], id=f"{name}.{area}")
            for area, kind in areas(original).items()
        ]
    return found


def blocking_hint(hint: Any) -> Any:
    if get_origin(hint) is not AsyncIterator:
        return BLOCKING_TYPES.get(hint, hint)
    return GenericAlias(Iterator, get_args(hint))


@pytest.mark.parametrize(("original", "twin"), pairs())
def test_a_twin_has_every_method_and_none_of_its_own(original: type, twin: type) -> None:
    assert methods(twin).keys() == methods(original).keys()


@pytest.mark.parametrize(("original", "twin"), pairs())
def test_a_method_takes_and_returns_the_same(original: type, twin: type) -> None:
    for name, method in methods(original).items():
        ours, theirs = inspect.signature(method), inspect.signature(methods(twin)[name])
        assert [(p.name, p.kind, p.default) for p in theirs.parameters.values()] == [
            (p.name, p.kind, p.default) for p in ours.parameters.values()
        ], name
        expected = {each: blocking_hint(hint) for each, hint in get_type_hints(method).items()}
        assert get_type_hints(methods(twin)[name]) == expected, name


@pytest.mark.parametrize("twin", [pair.values[1] for pair in pairs()])
def test_no_method_of_a_twin_has_to_be_awaited(twin: type) -> None:
    for name, method in methods(twin).items():
        assert not inspect.iscoroutinefunction(method), name
        assert not inspect.isasyncgenfunction(method), name
        assert get_origin(get_type_hints(method).get("return")) is not AsyncIterator, name


@pytest.mark.parametrize(("original", "twin"), pairs())
def test_a_twin_is_documented_in_the_same_words(original: type, twin: type) -> None:
    for name, method in methods(original).items():
        if name == "close":  # ends a thread, too
            continue
        words = inspect.getdoc(methods(twin)[name])
        assert words, name
        assert words.partition("\n")[0] == (inspect.getdoc(method) or "").partition("\n")[0], name


@pytest.mark.parametrize(("original", "twin"), CLIENTS)
def test_a_client_is_made_from_the_same_settings(original: type, twin: type) -> None:
    ours, theirs = inspect.signature(original).parameters, inspect.signature(twin).parameters
    assert [(p.name, p.kind, p.default, p.annotation) for p in theirs.values()] == [
        (p.name, p.kind, p.default, p.annotation)
        for p in ours.values()
        if p.name not in ASYNC_ONLY_ARGUMENTS
    ]
