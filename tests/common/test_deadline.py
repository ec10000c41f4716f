"""The deadline of an attempt: by the rules of ``asyncio.timeout``, which is held beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from omni_common.wire.deadline import Deadlines

SOON, LATE = 0.001, 3600.0


@asynccontextmanager
async def deadline(seconds: float) -> Any:
    with Deadlines().after(seconds):
        yield


@pytest.fixture(params=[deadline, asyncio.timeout], ids=["ours", "asyncio"])
def limit(request: pytest.FixtureRequest) -> Callable[[float], Any]:
    chosen: Callable[[float], Any] = request.param
    return chosen


Limit = Callable[[float], Any]


def forever() -> Awaitable[None]:
    return asyncio.get_running_loop().create_future()


async def test_what_ends_in_time_is_left_alone(limit: Limit) -> None:
    async with limit(LATE):
        await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_what_does_not_ends_in_a_timeout_and_the_task_goes_on(limit: Limit) -> None:
    with pytest.raises(TimeoutError) as caught:
        async with limit(SOON):
            await forever()
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_an_error_of_its_own_is_raised_as_it_is(limit: Limit) -> None:
    with pytest.raises(ValueError, match="own"):
        async with limit(LATE):
            raise ValueError("own")


async def test_what_it_ends_may_clean_up_and_fail_at_that(limit: Limit) -> None:
    async def failing_at_the_end() -> None:
        async with limit(SOON):
            try:
                await forever()
            finally:
                raise ValueError("in the end")

    with pytest.raises(ValueError, match="in the end"):
        await failing_at_the_end()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_cancellation_by_somebody_else_passes_through(limit: Limit) -> None:
    begun = asyncio.Event()

    async def waiting() -> None:
        async with limit(LATE):
            begun.set()
            await forever()

    task = asyncio.create_task(waiting())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_so_it_does_when_it_comes_together_with_the_end(limit: Limit) -> None:
    async def waiting() -> None:
        async with limit(SOON):
            try:
                await forever()
            except asyncio.CancelledError:
                # The time is up; before that is known outside, somebody cancels as well.
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                raise

    task = asyncio.create_task(waiting())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_within_another_ends_only_what_is_its_own(limit: Limit) -> None:
    async with limit(LATE):
        with pytest.raises(TimeoutError):
            async with limit(SOON):
                await forever()
        await asyncio.sleep(0)


async def test_the_outer_of_two_ends_both(limit: Limit) -> None:
    with pytest.raises(TimeoutError):
        async with limit(SOON), limit(LATE):
            await forever()


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.TimerHandle]:
    """The timers that the loop was asked for."""
    timers: list[asyncio.TimerHandle] = []
    call_at = asyncio.BaseEventLoop.call_at

    def noted(*arguments: Any, **context: Any) -> asyncio.TimerHandle:
        timers.append(call_at(*arguments, **context))
        return timers[-1]

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_at", noted)
    return timers


async def test_all_share_one_timer_and_none_is_left(timers: list[asyncio.TimerHandle]) -> None:
    deadlines = Deadlines()
    with deadlines.after(LATE), deadlines.after(LATE + 1):
        deadlines.close()
        assert [timer.cancelled() for timer in timers] == [False]
    with pytest.raises(ValueError, match="own"), deadlines.after(LATE):
        raise ValueError("own")
    assert len(timers) == 1

    deadlines.close()
    assert timers[0].cancelled()
    with deadlines.after(LATE):
        assert len(timers) == 2
    deadlines.close()
    assert timers[1].cancelled()


async def test_the_timer_is_set_to_the_earliest_end_and_then_to_the_next(
    timers: list[asyncio.TimerHandle],
) -> None:
    deadlines = Deadlines()
    ended: list[str] = []

    async def wait(name: str, seconds: float) -> None:
        try:
            with deadlines.after(seconds):
                await forever()
        except TimeoutError:
            ended.append(name)

    waits = [("third", SOON * 40), ("first", SOON), ("second", SOON * 20), ("never", LATE)]
    tasks = [asyncio.create_task(wait(*each)) for each in waits]
    await asyncio.wait(tasks[:3])

    assert ended == ["first", "second", "third"]
    assert not tasks[3].done()
    assert [timer.cancelled() for timer in timers[:2]] == [True, False]
    tasks[3].cancel()
    await asyncio.wait(tasks)
    deadlines.close()
    assert timers[-1].cancelled()


async def test_a_timer_for_what_ended_in_time_ends_nobody_else() -> None:
    deadlines = Deadlines()
    with deadlines.after(SOON):
        pass
    with deadlines.after(LATE), pytest.raises(TimeoutError):
        async with asyncio.timeout(SOON * 5):  # in which that timer goes off
            await forever()
    deadlines.close()


async def test_ctrl_c_while_a_timer_is_set_leaves_the_others_their_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    async def wait(seconds: float) -> None:
        with deadlines.after(seconds):
            await forever()

    deadlines = Deadlines()
    before = asyncio.create_task(wait(SOON * 20))
    await asyncio.sleep(0)
    with monkeypatch.context() as patched:
        patched.setattr(deadlines.loop, "call_at", interrupted)
        with pytest.raises(KeyboardInterrupt):
            deadlines.after(SOON).__enter__()
    after = asyncio.create_task(wait(SOON * 30))
    done, _ = await asyncio.wait([before, after], timeout=10)

    assert done == {before, after}
    assert [type(each.exception()) for each in (before, after)] == [TimeoutError, TimeoutError]
    deadlines.close()


async def test_it_needs_a_task() -> None:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def outside() -> None:
        try:
            with Deadlines().after(LATE):
                told.set_result("entered")
        except RuntimeError as error:
            told.set_result(str(error))

    asyncio.get_running_loop().call_soon(outside)
    assert "needs a task" in await told
