"""The blocking twin of a vendor's own client, method by method.

A twin says which methods there are, and takes everything else over from the async class: their
parameters, types and documentation::

    class SmsResource(Twin[devino_async.SmsResource]):
        send = blocking(devino_async.SmsResource.send)
        statuses = reading(devino_async.SmsResource.statuses)
        detail = iterating(devino_async.SmsResource.detail)
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from functools import update_wrapper
from types import GenericAlias, TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, get_args

from omni_common.sync import purpose
from omni_common.sync.portal import Portal
from omni_common.sync.recipe import Recipe

__all__ = ["BlockingClient", "Twin", "blocking", "cancelling", "iterating", "reading"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
C = TypeVar("C", bound=AbstractAsyncContextManager[Any])


class Twin(Generic[R]):
    """Stands for one object of an async client, such as one of its areas."""

    def __init__(self, portal: Portal[Any], original: Callable[[Any], R]) -> None:
        """Drive what *original* finds in the portal's resource."""
        self._portal = portal
        self._original = original


class BlockingClient(Twin[C]):
    """A vendor's client for code without asyncio.

    Safe to use from many threads, inside a running event loop (it warns there, since it blocks the
    loop), and after a fork. Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self, make: Callable[[], C], *, package: str) -> None:
        """Wrap the client that *make* returns, for the package that warnings shall pass over."""
        portal: Portal[C] = Portal(Recipe(make), package=package)
        super().__init__(portal, lambda client: client)

    def close(self) -> None:
        """Let go of connections and end the thread. Safe to repeat."""
        self._portal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def blocking(
    method: Callable[Concatenate[R, P], Awaitable[T]],
) -> Callable[Concatenate[Twin[R], P], T]:
    """Make the twin of a coroutine method that sends: it returns when the result is there.

    An argument that is an iterator is read in the calling thread, where it may block, and may use
    the same client.
    """
    return _twin(method, nullcontext)


def reading(
    method: Callable[Concatenate[R, P], Awaitable[T]],
) -> Callable[Concatenate[Twin[R], P], T]:
    """Make the twin of one that asks; where the client is closed it raises ``ReadError``."""
    return _twin(method, purpose.reading)


def cancelling(
    method: Callable[Concatenate[R, P], Awaitable[T]],
) -> Callable[Concatenate[Twin[R], P], T]:
    """Make the twin of one that cancels; where the client is closed: ``CancelFailedError``."""
    return _twin(method, purpose.cancelling)


def _twin(
    method: Callable[Concatenate[R, P], Awaitable[T]],
    guard: Callable[[], AbstractContextManager[None]],
) -> Callable[Concatenate[Twin[R], P], T]:
    def twin(self: Twin[R], /, *args: P.args, **kwargs: P.kwargs) -> T:
        given, named = _read(args, kwargs)
        with guard():
            return self._portal.call(lambda held: method(self._original(held), *given, **named))

    update_wrapper(twin, method)
    return twin


def iterating(
    method: Callable[Concatenate[R, P], AsyncIterator[T]],
) -> Callable[Concatenate[Twin[R], P], Iterator[T]]:
    """Make the twin of a method that returns an async iterator: an iterator, one item at a time.

    It asks, so that its errors are those of :func:`reading`. Arguments are read as :func:`blocking`
    does it, and what is wrong with them is raised at once.
    """

    def twin(self: Twin[R], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        given, named = _read(args, kwargs)
        with purpose.reading():
            return _guarded(
                self._portal.iterate(lambda held: method(self._original(held), *given, **named))
            )

    update_wrapper(twin, method)
    _say(twin, method, returns=_iterator_of(method.__annotations__["return"]))
    return twin


def _guarded(items: Generator[T]) -> Generator[T]:
    with purpose.reading():
        yield from items


def _say(twin: Callable[..., Any], method: Callable[..., Any], *, returns: Any) -> None:
    """Let *twin* show the signature of *method*, except for what it returns."""
    signature = inspect.signature(method).replace(return_annotation=returns)
    twin.__signature__ = signature  # type: ignore[attr-defined]
    twin.__annotations__ = {**method.__annotations__, "return": returns}


def _iterator_of(annotation: Any) -> Any:
    """``Iterator[Row]`` for an annotation such as ``AsyncIterator[Row]``, be it text or a type."""
    if isinstance(annotation, str):
        return GenericAlias(Iterator, (annotation.partition("[")[2].removesuffix("]"),))
    return GenericAlias(Iterator, get_args(annotation))


def _read(args: Any, kwargs: Any) -> tuple[list[Any], dict[str, Any]]:
    """The arguments, with iterators read to their end."""
    given = [list(each) if isinstance(each, Iterator) else each for each in args]
    named = {
        name: list(each) if isinstance(each, Iterator) else each for name, each in kwargs.items()
    }
    return given, named
