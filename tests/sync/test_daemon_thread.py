"""Whether a thread is gone, also where Python before 3.13 takes a living one for dead."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from omni_common.sync.daemon_thread import DaemonThread
from tests.sync.children import INTERRUPT_EACH_STEP, StartChild

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="runs where POSIX signals are")


@pytest.fixture
def leave() -> Iterator[threading.Event]:
    """Give what lets the threads of the test go."""
    event = threading.Event()
    yield event
    event.set()


def test_a_thread_is_gone_after_its_work_and_not_before(leave: threading.Event) -> None:
    thread = DaemonThread(leave.wait, name="worker")
    assert (thread.has_begun, thread.is_gone) == (False, False)
    thread.start()
    assert (thread.has_begun, thread.is_gone) == (True, False)
    assert not thread.join(0)
    leave.set()
    assert thread.join(10)
    assert (thread.has_begun, thread.is_gone) == (True, True)
    assert "worker" not in [each.name for each in threading.enumerate()]


def test_all_who_wait_for_the_end_see_it(leave: threading.Event) -> None:
    thread = DaemonThread(leave.wait, name="worker")
    thread.start()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(thread.join, 10) for _ in range(4)]
        leave.set()
        assert [each.result() for each in waiting] == [True] * 4


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_is_gone_although_its_work_failed() -> None:
    def fail() -> None:
        raise MemoryError

    thread = DaemonThread(fail, name="worker")
    thread.start()
    assert thread.join(10)


def test_a_thread_that_cannot_start_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    thread = DaemonThread(lambda: None, name="worker")
    with pytest.raises(RuntimeError, match="can't start new thread"):
        thread.start()
    assert (thread.has_begun, thread.is_gone) == (False, True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_threads_of_the_parent_are_gone_in_the_child(start_child: StartChild) -> None:
    ended = start_child("""
        from omni_common.sync.daemon_thread import DaemonThread

        leave = threading.Event()
        begun, idle = [DaemonThread(leave.wait, name="worker") for _ in range(2)]
        begun.start()
        child = os.fork()
        if child:
            assert os.waitpid(child, 0)[1] == 0
        say(begun.is_gone, begun.join(0), idle.is_gone)
    """).end()
    assert ended == (0, ["True True True", "False False False"], "")


@needs_signals
def test_a_wait_for_the_end_that_is_interrupted_at_any_step_can_be_repeated(
    start_child: StartChild,
) -> None:
    script = f"""{INTERRUPT_EACH_STEP}
    files = {{daemon_thread.__file__, threading.__file__}}

    def count_interruptions(thread):
        steps = 0
        while is_interrupted(lambda: thread.join(1000 if leave.is_set() else 0), after=steps):
            steps += 1
            assert thread.is_gone == leave.is_set()
        return steps

    leave = threading.Event()
    thread = daemon_thread.DaemonThread(leave.wait, name="worker")
    thread.start()
    say(count_interruptions(thread) > 10, thread.join(0))
    leave.set()
    say(thread.join(1000), count_interruptions(thread) > 10)
    """
    ended = start_child(script, measured=False).end()
    assert ended == (0, ["True False", "True True"], "")


@needs_signals
def test_a_thread_that_python_takes_for_dead_after_ctrl_c_serves_on(
    start_child: StartChild,
) -> None:
    # Whoever asks: a program may look after the threads of others, as a debugger does.
    script = f"""{INTERRUPT_EACH_STEP}
    files = {{threading.__file__}}
    loop_thread._SLICE = 0.001

    @asynccontextmanager
    async def resource():
        yield None
        await asyncio.sleep(0.02)
        say("closed")

    async def outlast_a_slice(_):
        await asyncio.sleep(0.02)
        return "done"

    portal = Portal(resource)
    portal.call(name_of_thread)
    thread = next(thread for thread in threading.enumerate() if thread.name == "omni-io")
    steps = 0
    while is_interrupted(thread.is_alive, after=steps):
        steps += 1
    say(steps > 10, thread.is_alive() == (sys.version_info >= (3, 13)))
    say(portal.call(outlast_a_slice))
    portal.close()
    say("end")
    """
    ended = start_child(script, measured=False).end()
    assert ended.lines == ["True True", "done", "closed", "end"], ended.complaints
    assert (ended.code, ended.complaints) == (0, "")
