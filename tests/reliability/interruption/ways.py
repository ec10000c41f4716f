"""Ways to interrupt a call that is under way, and what each owes to whoever does so.

Whatever happens to the call, cancellation is never swallowed, and a caller that may go on can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from tests.reliability.interruption.scene import Scene

__all__ = ["INTERRUPTIONS", "LEAVINGS", "Call", "Interruption"]

Call: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Begins the call that is to be interrupted."""
Interruption: TypeAlias = Callable[[Scene, Call], Awaitable[None]]


class SiblingError(Exception):
    """What another task, or the caller's own code, trips over."""


async def by_cancelling(scene: Scene, call: Call) -> None:
    task = asyncio.ensure_future(call())
    wanted: list[bool] = []
    async with scene.striking(lambda: wanted.append(task.cancel())):
        await asyncio.wait([task])
    assert task.cancelled() == any(wanted)
    _raise_error_of(task)


async def by_cancelling_twice(scene: Scene, call: Call) -> None:
    task = asyncio.ensure_future(call())

    async def cancel_twice() -> None:
        task.cancel()
        for _ in range(scene.chance.randrange(4)):
            await asyncio.sleep(0)
        task.cancel()

    cancelling: list[asyncio.Task[None]] = []
    async with scene.striking(lambda: cancelling.append(asyncio.ensure_future(cancel_twice()))):
        await asyncio.wait([task])
    await asyncio.gather(*cancelling)
    _raise_error_of(task)


async def by_a_cancellation_that_is_taken_back(scene: Scene, call: Call) -> None:
    me = asyncio.current_task()
    assert me is not None
    wanted: list[bool] = []
    try:
        async with scene.striking(lambda: wanted.append(me.cancel())):
            await call()
    except asyncio.CancelledError:
        assert me.cancelling() == 1
        assert me.uncancel() == 0
    else:
        assert not wanted


async def by_a_timeout(scene: Scene, call: Call) -> None:
    loop, me = asyncio.get_running_loop(), asyncio.current_task()
    expired = False
    limit = asyncio.timeout(None)
    try:
        async with limit, scene.striking(lambda: limit.reschedule(loop.time())):
            await call()
    except TimeoutError:
        expired = True
    assert expired == limit.expired()
    assert me is not None
    assert me.cancelling() == 0


async def by_waiting_no_longer(scene: Scene, call: Call) -> None:
    seconds = scene.chance.uniform(0, 0.005)
    try:
        await asyncio.wait_for(call(), seconds)
    except TimeoutError:
        scene.struck += 1


async def by_a_sibling_that_fails(scene: Scene, call: Call) -> None:
    failing = asyncio.Event()

    async def sibling() -> None:
        await failing.wait()
        raise SiblingError

    errors: list[BaseException] = []
    group = asyncio.TaskGroup()
    failer: asyncio.Task[None] | None = None
    try:
        async with group:
            failer = group.create_task(sibling())
            calls = [group.create_task(call()) for _ in range(2)]
            async with scene.striking(failing.set):
                await asyncio.wait(calls)
            failer.cancel()
    except BaseExceptionGroup as raised:
        errors = [*raised.exceptions]
    assert failer is not None
    assert [type(error) for error in errors] == [SiblingError] * (not failer.cancelled())


async def by_closing_the_client(scene: Scene, call: Call) -> None:
    closing: list[asyncio.Task[None]] = []
    async with scene.striking(lambda: closing.append(asyncio.ensure_future(scene.omni.close()))):
        await call()
    await scene.omni.close()
    await asyncio.gather(*closing)


INTERRUPTIONS: tuple[Interruption, ...] = (
    by_cancelling,
    by_cancelling_twice,
    by_a_cancellation_that_is_taken_back,
    by_a_timeout,
    by_waiting_no_longer,
    by_a_sibling_that_fails,
    by_closing_the_client,
)
"""Those of one message, and of many."""


# --- Only of many: leaving the loop ---------------------------------------------------------------


async def by_break(scene: Scene) -> None:
    left = scene.chance.randrange(1, 8)

    def is_enough() -> bool:
        nonlocal left
        left -= 1
        scene.struck += left == 0
        return left == 0

    scene.vendor.plan = scene.quick_fault
    await scene.send_many(is_enough)


async def by_an_error_in_the_loop(scene: Scene) -> None:
    left = scene.chance.randrange(1, 8)

    def fail() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            scene.struck += 1
            raise SiblingError

    scene.vendor.plan = scene.quick_fault
    try:
        await scene.send_many(fail)
    except SiblingError:
        assert left == 0
    else:
        assert left > 0


async def by_closing_the_stream(scene: Scene) -> None:
    closing: list[asyncio.Task[None]] = []

    def close() -> None:
        closing.extend(asyncio.ensure_future(stream.close()) for stream in scene.streams)

    async with scene.striking(close):
        await scene.send_many()
    await asyncio.gather(*closing)


LEAVINGS = (by_break, by_an_error_in_the_loop, by_closing_the_stream)
"""Those of many messages alone."""


def _raise_error_of(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.result()
