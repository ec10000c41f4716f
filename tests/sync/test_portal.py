"""Calls through the loop thread: what comes back, from where, and in which thread."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import gc
import pickle
import sys
import threading
import traceback
import types
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Self

import pytest

from omni_common.errors import ConnectionFailedError, OutcomeUnknownError
from omni_common.sync import loop_thread
from omni_common.sync.portal import BlockingCallWarning, Portal
from tests.sync.held import Held, current_thread, double, fail, give_itself


class MarkedError(Exception):
    """An error that only these tests raise."""


def test_s01_the_value_comes_back(portal: Portal[Held]) -> None:
    assert portal.call(double, 21) == 42
    assert portal.call(double, number=4) == 8


def test_s01_the_identical_error_comes_back_with_its_async_frames(portal: Portal[Held]) -> None:
    error = MarkedError("wrong")
    with pytest.raises(MarkedError) as caught:
        portal.call(fail, error)
    assert caught.value is error
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert frames[0] == "test_s01_the_identical_error_comes_back_with_its_async_frames"
    assert frames[-1] == "fail"


def test_an_error_that_was_handled_leaves_nothing_for_the_garbage_collector(
    portal: Portal[Held],
) -> None:
    async def go_wrong(_: Held) -> None:
        raise MarkedError

    portal.call(double, 1)
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(MarkedError):
            portal.call(go_wrong)
        assert not [thing for thing in gc.get_objects() if isinstance(thing, MarkedError)]
    finally:
        gc.enable()


async def test_s02_a_call_inside_a_running_loop_returns_and_warns_once_per_line(
    portal: Portal[Held],
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        doubled = [portal.call(double, number) for number in range(3)]
        portal.call(double, 1)
    assert doubled == [0, 2, 4]
    assert [warning.category for warning in caught] == [BlockingCallWarning] * 2
    assert {warning.filename for warning in caught} == {__file__}
    assert caught[0].lineno < caught[1].lineno


async def test_s02_the_warning_points_past_the_methods_of_the_client() -> None:
    client = types.ModuleType("acme_async.sync")
    exec("def send(portal, f): return portal.call(f, 1)", vars(client))  # noqa: S102
    portal = Portal(Held, package="acme_async")
    with closing(portal), pytest.warns(BlockingCallWarning) as caught:
        assert client.send(portal, double) == 2
    assert caught[0].filename == __file__


async def test_s02_a_warning_made_an_error_comes_before_anything_is_called(
    portal: Portal[Held],
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BlockingCallWarning):
            portal.call(double, 1)
    assert repr(portal) == "<Portal omni-io idle>"


@pytest.mark.parametrize(("kernel", "warned"), [(object(), 0), (None, 1)])
async def test_s02_a_notebook_is_not_warned(
    portal: Portal[Held], monkeypatch: pytest.MonkeyPatch, kernel: object, warned: int
) -> None:
    shell = types.SimpleNamespace(kernel=kernel)
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert portal.call(double, 1) == 2
    assert len(caught) == warned


def test_s03_500_calls_from_32_threads_share_one_io_thread(portal: Portal[Held]) -> None:
    async def work(held: Held, number: int) -> tuple[int, threading.Thread]:
        return await double(held, number), threading.current_thread()

    with ThreadPoolExecutor(32) as pool:
        done = list(pool.map(lambda number: portal.call(work, number), range(500)))
    assert [value for value, _ in done] == [2 * number for number in range(500)]
    assert len({thread for _, thread in done}) == 1
    assert {thread.name for _, thread in done} == {"omni-io"}


def test_s04_eight_threads_that_start_together_start_one_thread() -> None:
    for _ in range(30):
        loops: list[asyncio.AbstractEventLoop] = []
        barrier = threading.Barrier(8)

        def make_loop(loops: list[asyncio.AbstractEventLoop] = loops) -> asyncio.AbstractEventLoop:
            loops.append(asyncio.new_event_loop())
            return loops[-1]

        with closing(Portal(Held, loop_factory=make_loop)) as portal, ThreadPoolExecutor(8) as pool:

            def meet(
                barrier: threading.Barrier = barrier, portal: Portal[Held] = portal
            ) -> threading.Thread:
                barrier.wait()
                return portal.call(current_thread)

            callers = [pool.submit(meet) for _ in range(8)]
            assert len({caller.result() for caller in callers}) == 1
        assert len(loops) == 1


def test_s05_a_call_on_the_loop_thread_raises_at_once(portal: Portal[Held]) -> None:
    async def hook(_: Held) -> None:
        portal.call(double, 1)

    with pytest.raises(RuntimeError, match=r"Await the async client there.*asyncio\.to_thread"):
        portal.call(hook)
    with pytest.raises(RuntimeError, match="own event loop thread"):
        portal.call(_next_of_an_iteration, portal)
    gc.collect()  # a coroutine that was never awaited would warn now
    assert portal.call(double, 1) == 2


async def _next_of_an_iteration(_: Held, portal: Portal[Held]) -> object:
    async def numbers(_: Held) -> AsyncIterator[int]:
        yield 1

    return next(portal.iterate(numbers))


def test_s05_closing_on_the_loop_thread_does_not_wait_for_itself(portal: Portal[Held]) -> None:
    async def hook(held: Held) -> Held:
        portal.close()
        return held

    held = portal.call(hook)
    portal.close()
    assert held.closed_on is held.opened_on


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_s06_an_error_that_ends_programs_does_not_end_the_loop(
    portal: Portal[Held], error: BaseException
) -> None:
    before = portal.call(current_thread)
    with pytest.raises(type(error)) as caught:
        portal.call(fail, error)
    assert caught.value is error
    assert portal.call(current_thread) is before


async def _raise_cancelled(_: Held) -> None:
    raise asyncio.CancelledError


async def _cancel_itself(_: Held) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


@pytest.mark.parametrize("function", [_raise_cancelled, _cancel_itself])
def test_s07_a_cancelled_call_ends_as_unknown(
    portal: Portal[Held], function: Callable[[Held], Awaitable[None]]
) -> None:
    with pytest.raises(OutcomeUnknownError, match="cancelled from inside") as caught:
        portal.call(function)
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)
    assert portal.call(double, 1) == 2


def test_s08_a_timeout_of_the_call_passes_through(portal: Portal[Held]) -> None:
    error = TimeoutError("the vendor is slow")
    with pytest.raises(TimeoutError) as caught:
        portal.call(fail, error)
    assert caught.value is error


def test_s09_a_call_may_last_longer_than_one_slice_of_waiting(
    portal: Portal[Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_thread, "_SLICE", 0.001)

    async def slow(_: Held) -> str:
        await asyncio.sleep(0.02)
        return "done"

    assert portal.call(slow) == "done"


_language: contextvars.ContextVar[str] = contextvars.ContextVar("_language")


def test_s10_context_of_the_caller_is_seen_and_not_changed(portal: Portal[Held]) -> None:
    async def translate(_: Held) -> str:
        before = _language.get()
        _language.set("et")
        return before

    _language.set("lv")
    assert portal.call(translate) == "lv"
    assert _language.get() == "lv"


def test_the_resource_is_opened_once_on_the_loop_thread(portal: Portal[Held]) -> None:
    held = portal.call(give_itself)
    assert held.opened_on is portal.call(current_thread)
    assert portal.call(give_itself) is held


def test_a_resource_that_cannot_be_opened_fails_the_calls_and_is_tried_again() -> None:
    attempts = [MarkedError("no certificate"), SystemExit(1)]

    class Reluctant(Held):
        async def __aenter__(self) -> Self:
            if attempts:
                raise attempts.pop(0)
            return await super().__aenter__()

    with closing(Portal(Reluctant)) as portal:
        with pytest.raises(MarkedError, match="no certificate"):
            portal.call(double, 1)
        with pytest.raises(SystemExit):
            portal.call(double, 1)
        assert portal.call(double, 1) == 2


def test_a_loop_that_cannot_be_made_fails_the_call(caplog: pytest.LogCaptureFixture) -> None:
    def no_loop() -> asyncio.AbstractEventLoop:
        raise OSError("too many open files")

    portal = Portal(Held, loop_factory=no_loop)
    with closing(portal), pytest.raises(ConnectionFailedError, match="before the call began"):
        portal.call(double, 1)
    assert "omni-io was ended by OSError" in caplog.text


@pytest.mark.parametrize("starter", ["_thread.start_new_thread", "threading.Thread.start"])
def test_a_thread_that_cannot_start_fails_the_call_as_not_sent(
    portal: Portal[Held], monkeypatch: pytest.MonkeyPatch, starter: str
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(starter, refuse)
        with pytest.raises(ConnectionFailedError, match="can't start new thread"):
            portal.call(double, 1)
    assert portal.call(double, 1) == 2


def _die_by_exception(loop: asyncio.AbstractEventLoop) -> None:
    def end() -> None:
        raise SystemExit(1)

    loop.call_soon(end)


def _die_by_stop(loop: asyncio.AbstractEventLoop) -> None:
    loop.stop()


@pytest.mark.parametrize("kill", [_die_by_exception, _die_by_stop])
def test_s25_when_the_loop_dies_waiters_are_told_and_the_next_call_starts_another(
    portal: Portal[Held],
    kill: Callable[[asyncio.AbstractEventLoop], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def die(_: Held) -> None:
        kill(asyncio.get_running_loop())
        await asyncio.Event().wait()

    held, thread = portal.call(give_itself), portal.call(current_thread)
    with pytest.raises(OutcomeUnknownError):
        portal.call(die)
    thread.join()
    assert held.closed_on is thread
    assert "omni-io was ended by" in caplog.text
    assert portal.call(give_itself) is not held


@pytest.mark.skipif(sys.platform == "win32", reason="callers have no bells there")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_s25_a_thread_that_vanishes_is_noticed_within_a_slice(
    portal: Portal[Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out() -> None:
        raise MemoryError

    monkeypatch.setattr(loop_thread, "_SLICE", 0.01)
    vanishing = portal._thread
    with monkeypatch.context() as patched:
        patched.setattr(loop_thread, "Bell", run_out)
        with pytest.raises(ConnectionFailedError, match="before the call began"):
            portal.call(double, 1)
    vanishing.join(10)  # else it could complain during another test
    assert portal.call(double, 1) == 2


def test_s26_two_portals_share_nothing(portal: Portal[Held]) -> None:
    with closing(Portal(Held)) as other:
        assert other.call(give_itself) is not portal.call(give_itself)
        assert other.call(current_thread) is not portal.call(current_thread)
    assert portal.call(give_itself).closed_on is None
    assert portal.call(double, 1) == 2


@pytest.mark.parametrize("copier", [pickle.dumps, copy.copy, copy.deepcopy])
def test_s29_copying_and_pickling_are_refused(
    portal: Portal[Held], copier: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError, match="make another one from the same settings"):
        copier(portal)


def test_the_repr_tells_the_state(portal: Portal[Held]) -> None:
    assert repr(portal) == "<Portal omni-io idle>"
    portal.call(double, 1)
    assert repr(portal) == "<Portal omni-io open>"
    portal.close()
    assert repr(portal) == "<Portal omni-io closed>"
