"""Ctrl-C, and any other exception that a signal handler raises, while a call is under way."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from types import FrameType
from typing import Self

import pytest

from omni_common.errors import AnswerLostError, OmniError, OutcomeUnknownError, ReadError
from omni_common.sync import loop_thread
from omni_common.sync.call import Call
from omni_common.sync.portal import Portal
from tests.sync.children import INTERRUPT_EACH_STEP, StartChild
from tests.sync.held import Held, double

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


class AlarmError(Exception):
    """What the signal handler of these tests raises."""


def test_s14_ctrl_c_cancels_the_call_before_it_is_raised(start_child: StartChild) -> None:
    child = start_child("""
        portal = Portal(nothing)
        try:
            portal.call(stay)
        except KeyboardInterrupt as interrupt:
            say("interrupted", interrupt.__notes__)
        say(portal.call(name_of_thread))
        portal.close()
    """)
    child.wait_for("inside")
    child.press_ctrl_c()
    ended = child.end()
    note = "The interrupted call was stopped under way; its outcome is unknown"
    assert ended.lines == [
        "inside",
        "cancelled",
        f"interrupted ['{note} (OutcomeUnknownError).']",
        "omni-io",
    ]
    assert (ended.code, ended.complaints) == (0, "")


def test_s14_ctrl_c_in_a_script_that_does_not_expect_it(start_child: StartChild) -> None:
    child = start_child("Portal(nothing).call(stay)")
    child.wait_for("inside")
    child.press_ctrl_c()
    ended = child.end()
    assert ended.lines == ["inside", "cancelled"]
    assert ended.code == -signal.SIGINT
    last_lines = ended.complaints.splitlines()[-2:]
    assert last_lines[0] == "KeyboardInterrupt"
    assert "its outcome is unknown" in last_lines[1]


def test_s15_a_second_ctrl_c_does_not_wait_for_the_call(start_child: StartChild) -> None:
    child = start_child("""
        async def linger(_):
            say("inside")
            try:
                await asyncio.Event().wait()
            finally:
                say("cancelled")
                await asyncio.Event().wait()

        from omni_common.sync import loop_thread
        loop_thread._GRACE = 1000
        portal = Portal(nothing)
        try:
            portal.call(linger)
        except KeyboardInterrupt as interrupt:
            say("interrupted", interrupt.__context__, interrupt.__notes__)
        loop_thread._GRACE = 0.01
        portal.close()
    """)
    child.wait_for("inside")
    child.press_ctrl_c()
    child.wait_for("cancelled")
    child.press_ctrl_c()
    ended = child.end()
    note = "The interrupted call was told to stop and had not ended: its outcome is unknown."
    assert ended.lines == ["inside", "cancelled", f"interrupted None ['{note}']"]
    assert (ended.code, ended.complaints) == (0, "")


def test_ctrl_c_anywhere_leaves_a_portal_that_works(start_child: StartChild) -> None:
    # Timers of growing length interrupt every step: starting the thread, handing the call over,
    # waiting, being told. A lock left taken would stop one of the calls that follow.
    script = """
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        interrupted = 0
        for round in range(600):
            if round % 20 == 0:
                portal = Portal(nothing)
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-6 + (round % 20) * 40e-6)
                for _ in range(100):
                    portal.call(name_of_thread)
            except KeyboardInterrupt:
                interrupted += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            assert portal.call(name_of_thread) == "omni-io"
            if round % 20 == 19:
                portal.close()
        say(interrupted > 300)
    """
    ended = start_child(script, measured=False).end()
    # Not what it complained: Python itself swallows Ctrl-C inside weak reference callbacks, aloud.
    assert (ended.code, ended.lines) == (0, ["True"]), ended.complaints


def test_an_interruption_before_any_step_of_the_first_call_leaves_a_portal_that_works(
    start_child: StartChild,
) -> None:
    script = f"""{INTERRUPT_EACH_STEP}
    steps = 0
    while True:
        portal = Portal(nothing)
        if not is_interrupted(lambda: portal.call(name_of_thread), after=steps):
            break
        assert portal.call(name_of_thread) == "omni-io", steps
        portal.close()
        steps += 1
    portal.close()
    say(steps > 100, [thread.name for thread in threading.enumerate()])
    """
    ended = start_child(script, measured=False).end()
    assert (ended.code, ended.lines) == (0, ["True ['MainThread']"]), ended.complaints


def test_a_close_that_is_interrupted_before_any_of_its_steps_can_be_repeated(
    start_child: StartChild,
) -> None:
    script = f"""{INTERRUPT_EACH_STEP}
    steps, interrupted = 0, True
    while interrupted:
        portal = Portal(nothing)
        portal.call(name_of_thread)
        interrupted = is_interrupted(portal.close, after=steps)
        portal.close()
        assert len(threading.enumerate()) == 1, steps
        try:
            portal.call(name_of_thread)
        except ClientClosedError:
            steps += 1
    say(steps > 50)
    """
    ended = start_child(script, measured=False).end()
    assert (ended.code, ended.lines) == (0, ["True"]), ended.complaints


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Give a function that makes the main thread raise AlarmError wherever it is."""

    def ring(_: int, __: FrameType | None) -> None:
        raise AlarmError

    before = signal.signal(signal.SIGUSR1, ring)
    main = threading.main_thread().ident
    assert main is not None
    yield lambda: signal.pthread_kill(main, signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


def _notes(portal: Portal[Held], function: Callable[[Held], Awaitable[object]]) -> list[str]:
    with pytest.raises(AlarmError) as caught:
        portal.call(function)
    assert portal.closed or portal.call(double, 1) == 2
    return caught.value.__notes__


def test_any_exception_of_a_signal_handler_stops_the_call(
    portal: Portal[Held], interrupt: Callable[[], None]
) -> None:
    cancelled = threading.Event()

    async def stay(_: Held) -> None:
        interrupt()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    assert _notes(portal, stay) == [
        "The interrupted call was stopped under way; its outcome is unknown (OutcomeUnknownError)."
    ]
    assert cancelled.is_set()


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ("accepted", "it returned str."),
        (PermissionError("for +37251000000"), "it raised PermissionError."),
        (KeyboardInterrupt(), "it raised KeyboardInterrupt."),
    ],
)
def test_a_call_that_finishes_while_it_is_stopped_is_told_by_class_only(
    portal: Portal[Held],
    interrupt: Callable[[], None],
    answer: str | BaseException,
    note: str,
) -> None:
    async def finish(_: Held) -> str:
        interrupt()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if isinstance(answer, BaseException):
                raise answer from None
        return str(answer)

    assert _notes(portal, finish) == [f"The interrupted call had finished all the same: {note}"]


def test_a_call_that_ends_as_unknown_is_told_as_unknown(
    portal: Portal[Held], interrupt: Callable[[], None]
) -> None:
    async def lose(_: Held) -> None:
        interrupt()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise OutcomeUnknownError("no answer") from None

    assert "its outcome is unknown" in _notes(portal, lose)[0]


def test_a_call_that_will_not_stop_is_waited_for_no_longer_than_the_grace(
    portal: Portal[Held], interrupt: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_thread, "_GRACE", 0.01)
    leave = threading.Event()

    async def block(_: Held) -> None:
        interrupt()
        leave.wait()

    with pytest.raises(AlarmError) as caught:
        portal.call(block)
    leave.set()
    assert caught.value.__notes__ == [
        "The interrupted call was told to stop and had not ended: its outcome is unknown."
    ]


def test_another_kind_of_interruption_during_the_grace_is_raised_instead(
    portal: Portal[Held], interrupt: Callable[[], None]
) -> None:
    async def linger(_: Held) -> None:
        interrupt()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            interrupt()
            await asyncio.Event().wait()

    raised: list[type[BaseException]] = [SystemExit, AlarmError]

    def ring(_: int, __: FrameType | None) -> None:
        raise raised.pop()

    signal.signal(signal.SIGUSR1, ring)
    with pytest.raises(SystemExit) as caught:
        portal.call(linger)
    assert isinstance(caught.value.__context__, AlarmError)
    assert "its outcome is unknown" in caught.value.__notes__[0]


def test_a_call_interrupted_while_the_resource_opens_was_not_sent(
    interrupt: Callable[[], None],
) -> None:
    class Slow(Held):
        async def __aenter__(self) -> Self:
            # Until the call has been handed over: the start of the thread is no part of it.
            while not portal._thread._waiting:  # noqa: ASYNC110
                await asyncio.sleep(0)
            interrupt()
            await asyncio.Event().wait()
            return self

    called: list[Held] = []

    async def note(held: Held) -> None:
        called.append(held)

    portal = Portal(Slow)
    with closing(portal), pytest.raises(AlarmError) as caught:
        portal.call(note)
    assert caught.value.__notes__ == ["The interrupted call had not begun: nothing was sent."]
    assert not called


async def test_a_call_given_up_before_its_first_step_is_never_made() -> None:
    called: list[Held] = []

    async def note(held: Held) -> None:
        called.append(held)

    call = Call(note)
    call.begin(asyncio.get_running_loop(), Held(), set())
    assert call.give_up_waiting() == "The interrupted call had not begun: nothing was sent."
    assert call.task is not None
    await call.task
    assert not called


def test_an_iteration_interrupted_while_it_waits_ends_its_generator(
    portal: Portal[Held], interrupt: Callable[[], None]
) -> None:
    closed = threading.Event()

    async def numbers(_: Held) -> AsyncIterator[int]:
        try:
            yield 1
            interrupt()
            await asyncio.Event().wait()
        finally:
            closed.set()

    iteration = portal.iterate(numbers)
    assert next(iteration) == 1
    with pytest.raises(AlarmError):
        next(iteration)
    assert closed.is_set()


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (
            ReadError("no answer"),
            "The interrupted call had finished all the same: it raised ReadError.",
        ),
        (
            AnswerLostError("no answer"),
            "The interrupted call was stopped under way; its outcome is unknown (AnswerLostError).",
        ),
    ],
    ids=["read", "unknown"],
)
def test_ctrl_c_while_a_call_raises_its_error_is_told_what_it_was(
    error: OmniError, note: str
) -> None:
    async def never(_: object) -> None:
        raise AssertionError("it is not begun")

    call = Call(never)
    call.begun = True
    call.end(error)
    with pytest.raises(type(error)):
        call.result()  # in which the signal strikes, after it has taken the error
    assert call.give_up_waiting() == note
