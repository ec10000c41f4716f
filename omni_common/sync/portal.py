"""The way from blocking code into asyncio: one event loop on one background thread.

A blocking client holds one :class:`Portal`, and each of its methods is one line over it::

    self._portal = Portal(lambda: connect(url))     # an async context manager, entered on the loop
    ...
    return self._portal.call(lambda provider: provider.send(message))

The portal is given a *recipe*, not a session or a provider: those belong to the loop they were
made on, and after a fork the child must make its own.

Not supported: gevent and eventlet monkey patching (the "thread" would be a greenlet of the very
loop it must not block), uWSGI without ``--enable-threads``, and sub-interpreters such as mod_wsgi's
(daemon threads are refused there). Close a client before forking where possible: what was open
stays open in the parent only, and Python 3.12 and later warn of a fork while threads run.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import os
import sys
import warnings
import weakref
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Concatenate, Generic, NoReturn, ParamSpec, TypeVar, cast

from omni_common.errors import ClientClosedError
from omni_common.sync.call import Call
from omni_common.sync.loop_thread import Closing, LoopThread, bury, running, stop_all

__all__ = ["BlockingCallWarning", "Portal"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_END = object()


class BlockingCallWarning(UserWarning):
    """A blocking call was made inside a running event loop, and stops that loop while it lasts.

    It works, since the call has a thread and a loop of its own, but everything else on the
    caller's loop waits for it: the async client is the better choice there. Given once for each
    calling line, and not at all in a notebook, where blocking the loop is what cells do.
    """


class Portal(Generic[R]):
    """Runs async functions on a background event loop and waits for them; thread-safe.

    The thread starts with the first call, as a daemon, and there is one for each portal. The
    resource is opened on it before the first call and closed, in the same task, by
    :meth:`close`, after the calls in flight were cancelled. An error of opening it is raised by
    the calls that waited for it; the next call tries again.

    After a fork the child's first call starts a thread and opens a resource of its own; the
    inherited ones are left untouched. A portal that is dropped without :meth:`close` emits a
    ``ResourceWarning``, then its thread closes the resource and ends. At interpreter exit every
    portal is closed.
    """

    def __init__(
        self,
        resource: Callable[[], AbstractAsyncContextManager[R]],
        *,
        name: str = "omni-io",
        package: str = "omni_common",
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None:
        """Make a portal; no thread starts and nothing is opened before the first call.

        Args:
            resource: Makes what the calls work with, such as an aiohttp session or a provider;
                called and entered on the loop thread, once per process. It must not refer to the
                object that owns the portal, which otherwise is never collected.
            name: Name of the thread.
            package: Name of the package whose methods use this portal: a
                :class:`BlockingCallWarning` points at the first line outside of it.
            loop_factory: Makes the event loop; by default asyncio's own choice.
        """
        self._resource = resource
        self._name = name
        self._packages = frozenset({"omni_common", package})
        self._loop_factory = loop_factory
        self._thread = self._new_thread()
        self._closed = False
        _portals.add(self)

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def call(
        self,
        function: Callable[Concatenate[R, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run ``await function(resource, *args, **kwargs)`` on the loop thread; wait for its end.

        It runs in a copy of the caller's context variables. Its result is returned, its error
        raised as it is. There is no timeout here: one that only ends the waiting would leave a
        send running; put ``asyncio.timeout`` inside *function*.

        A wait that is interrupted, by Ctrl-C or any other exception that a signal handler raises,
        cancels the function first, gives it 2 s to end, and adds a note to the exception: whether
        the call had finished, and how, or that its outcome is unknown. Interrupted again, it
        returns at once.

        Raises:
            ClientClosedError: The portal is closed, or the interpreter is shutting down; the
                function was not called.
            ConnectionFailedError: The thread could not start, or ended before the function was
                called.
            OutcomeUnknownError: The function was cancelled under way: by :meth:`close` (then
                ``__cause__`` is a ``ClientClosedError``), by itself, or with the loop.
            RuntimeError: Called on the loop thread itself, where waiting would never end.
        """
        return self.run(Call(lambda held: function(held, *args, **kwargs)))

    def run(self, call: Call[R, T]) -> T:
        """Do what :meth:`call` does, with a call that is made already."""
        return self._serving_thread().run(call)

    def submit(self, call: Call[R, None], *, to: LoopThread[R]) -> None:
        """Hand *call* over to the thread that it belongs to, and wait for nothing.

        Raises:
            ClientClosedError: As :meth:`call` does.
            RuntimeError: The thread is gone, as it is after a fork.
        """
        self._same_thread(to).submit(call)

    def at_end(self, closing: Closing) -> LoopThread[R]:
        """Have *closing* awaited on the loop before the resource is closed.

        Returns:
            The thread, whose ``finish`` does it earlier.
        """
        thread = self._serving_thread()
        thread.at_end(closing)
        return thread

    def iterate(
        self,
        function: Callable[Concatenate[R, P], AsyncIterable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Generator[T]:
        """Iterate over ``function(resource, *args, **kwargs)``, pulling one item at a time.

        The function is called at once, and what it raises is raised here. Each item is one
        :meth:`call`, with the same errors; all run in one copy of this context. An iteration that
        is left early runs the async iterator's ``aclose``, if it has one, before it returns.

        Raises:
            RuntimeError: The thread that the iteration began on is gone, as it is after a fork.
        """

        async def begin(held: R) -> AsyncIterator[T]:
            return aiter(function(held, *args, **kwargs))

        context = contextvars.copy_context()
        thread = self._serving_thread()
        return self._pulled(thread, thread.run(Call(begin, context)), context)

    def _pulled(
        self, thread: LoopThread[R], iterator: AsyncIterator[T], context: contextvars.Context
    ) -> Generator[T]:
        async def pull(_: R) -> T:
            return await anext(iterator, cast("T", _END))

        try:
            while (item := self._same_thread(thread).run(Call(pull, context))) is not _END:
                yield item
        except BaseException as reason:
            try:
                self._leave(thread, iterator, context)
            except Exception as error:
                if isinstance(reason, GeneratorExit):
                    raise
                reason.add_note(f"Leaving the iteration failed too: {type(error).__name__}.")
            raise

    def close(self) -> None:
        """Cancel the calls in flight, close the resource and end the thread; waits at most 5 s.

        Idempotent, and safe in any thread; on the loop thread itself it does not wait. The callers
        in flight get ``OutcomeUnknownError``, unless their call ends with a result or an error of
        its own. What closing the resource raises is raised here.
        """
        self._closed = True
        thread = self._thread
        while (successor := thread.follow(None)) is not None:
            thread = successor
        thread.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A blocking client holds a thread and connections of this process, so it cannot be"
            " copied or pickled; make another one from the same settings."
        )

    def __del__(self) -> None:
        thread: LoopThread[R] | None = getattr(self, "_thread", None)
        if thread is None or not thread.serves:
            return
        thread.stop()
        if thread.started:
            warnings.warn(
                "a blocking client was not closed: use it in a `with` block or call close()",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    def __repr__(self) -> str:
        thread = self._thread
        is_open = thread.started and thread.serves
        state = "closed" if self._closed else "open" if is_open else "idle"
        return f"<Portal {self._name} {state}>"

    def _serving_thread(self) -> LoopThread[R]:
        """Return the thread to run a call on, started if it was not, or say why there is none."""
        if self._thread.is_current:
            raise RuntimeError(
                "A blocking client was called on its own event loop thread, where waiting for the"
                " answer would keep it from ever coming. Await the async client there, or call from"
                " another thread, for example through asyncio.to_thread()."
            )
        _warn_if_blocking(self._packages)
        thread = self._choose_thread()
        thread.start()
        return thread

    def _choose_thread(self) -> LoopThread[R]:
        """Return the one thread that takes calls now: the same for all who ask, without a lock.

        A lock would do, if Ctrl-C could not strike here: CPython 3.14 lets a signal handler raise
        between the taking of a lock and the ``with`` block that gives it back (gh-148874).
        """
        if self._closed:
            raise _closed()
        if _exiting:
            raise ClientClosedError("The interpreter is shutting down; the client is closed.")
        thread = self._thread
        while not thread.serves:
            successor = thread.follow(self._new_thread())
            if successor is None:
                raise _closed()
            self._thread = thread = successor
        return thread

    def _new_thread(self) -> LoopThread[R]:
        return LoopThread(self._resource, name=self._name, loop_factory=self._loop_factory)

    def _same_thread(self, thread: LoopThread[R]) -> LoopThread[R]:
        if self._thread is not thread:
            raise RuntimeError(
                "This iteration began on a thread that is gone (in the parent process, if this one"
                " was forked): its connection cannot be used here. Begin another iteration."
            )
        return self._serving_thread()

    def _leave(
        self, thread: LoopThread[R], iterator: AsyncIterator[Any], context: contextvars.Context
    ) -> None:
        """Run the iterator's ``aclose`` where it belongs, if it can still run."""
        aclose: Callable[[], Awaitable[object]] | None = getattr(iterator, "aclose", None)
        if self._thread is not thread:
            bury([iterator])
        elif aclose is not None and thread.serves and not sys.is_finalizing():
            leaving: Call[R, object] = Call(lambda _: aclose(), context)
            if thread.is_current:  # collected there as garbage: nobody to wait
                thread.submit(leaving)
                return
            # Closed meanwhile: then the loop itself finishes its generators.
            with suppress(ClientClosedError):
                thread.run(leaving)

    def _after_fork_in_child(self) -> None:
        bury([self._thread])
        self._thread = self._new_thread()


def _closed() -> ClientClosedError:
    return ClientClosedError("The client is closed; make another one.")


_portals: weakref.WeakSet[Portal[Any]] = weakref.WeakSet()
_exiting = False


def _warn_if_blocking(packages: frozenset[str]) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    if _in_notebook():
        return
    frame = sys._getframe(1)  # noqa: SLF001  the documented way to look at the caller
    while frame.f_back is not None and _top_level(frame.f_globals) in packages:
        frame = frame.f_back
    warnings.warn_explicit(
        "a blocking call inside a running event loop stops that loop until it returns;"
        " await the async client instead",
        BlockingCallWarning,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=frame.f_globals.get("__name__", ""),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _top_level(module: dict[str, Any]) -> str:
    return str(module.get("__name__", "")).partition(".")[0]


def _in_notebook() -> bool:
    """Whether this runs under an IPython kernel; imports nothing to find out."""
    ipython = sys.modules.get("IPython")
    if ipython is None or "ipykernel" not in sys.modules:
        return False
    return getattr(ipython.get_ipython(), "kernel", None) is not None


def _after_fork_in_child() -> None:
    bury(running)
    running.clear()
    for portal in list(_portals):
        portal._after_fork_in_child()  # noqa: SLF001  the same module


def _at_exit() -> None:
    global _exiting  # noqa: PLW0603  once, and for the whole process
    _exiting = True
    stop_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
