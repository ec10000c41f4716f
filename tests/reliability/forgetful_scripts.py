"""Scripts that forget to close, to wait or to catch, each as its author would write it.

``python -X dev -m tests.reliability.forgetful_scripts NAME...`` runs some; ``OMNI_URL`` leads to a
vendor. What they write to standard error is what a test searches for canaries.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from omni_common import Message, Tracker, connect, sync
from omni_common.callbacks import CallbackReceiver, Event, sign
from tests.support.canaries import BODY, CREDENTIAL, TOKEN, cascade, message
from tests.support.documented_posts import DOCUMENTED_POSTS, posted

__all__ = ["SCRIPTS"]


def _forget(awaited: Coroutine[Any, Any, object]) -> None:
    asyncio.ensure_future(awaited)  # type: ignore[unused-awaitable]  # noqa: RUF006


def unclosed_client() -> None:
    async def main() -> None:
        omni = connect()
        await asyncio.wait([asyncio.ensure_future(omni.send(message()))])

    asyncio.run(main())


def unclosed_blocking_client() -> None:
    omni = sync.connect()
    try:
        omni.send(message())
    except Exception:  # noqa: BLE001 - as a script does
        traceback.print_exc()


def loop_closed_under_a_send() -> None:
    async def begin() -> None:
        omni = connect()
        for each in (message(), cascade()):
            _forget(omni.send(each))
        _forget(Tracker(omni).wait("messente:1"))
        await asyncio.sleep(0.1)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(begin())
    loop.close()


def loop_ended_under_a_send() -> None:
    async def main() -> None:
        omni = connect()
        _forget(omni.send(message()))
        await asyncio.sleep(0.1)

    asyncio.run(main())


def never_awaited() -> None:
    omni = connect()
    omni.send(message())  # type: ignore[unused-coroutine]


def error_never_retrieved() -> None:
    async def main() -> None:
        omni = connect()
        task = asyncio.ensure_future(omni.send(message()))
        await asyncio.wait([task])

    asyncio.run(main())
    gc.collect()


def stream_left_open() -> None:
    async def main() -> None:
        omni = connect()
        async for _ in omni.send_many([message() for _ in range(5)]):
            break

    asyncio.run(main())


def uncaught() -> None:
    async def main() -> None:
        async with connect() as omni:
            await omni.send(message())

    asyncio.run(main())


def uncaught_group() -> None:
    async def main() -> None:
        async with connect() as omni, asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(omni.send(message()))

    asyncio.run(main())


def uncaught_in_a_thread() -> None:
    def work() -> None:
        with sync.connect() as omni:
            omni.send(message())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def wrong_messages() -> None:
    for wrong in ({"to": f"{CREDENTIAL} to"}, {"send_at": CREDENTIAL}, {"metadata": CREDENTIAL}):
        try:
            Message(**{"to": message().to, "content": message().content, **wrong})  # type: ignore[arg-type]
        except ValueError:
            raise
        except Exception:  # noqa: BLE001
            traceback.print_exc()


def wrong_settings() -> None:
    for url in (f"messente://{CREDENTIAL}@default", f"messente://u:{TOKEN}@default?sendr=1"):
        try:
            connect(url)
        except Exception:  # noqa: BLE001
            traceback.print_exc()


def failing_handler() -> None:
    def fail(event: Event) -> NoReturn:
        raise ValueError(event, TOKEN, CREDENTIAL)

    async def fail_later(event: Event) -> NoReturn:
        fail(event)

    async def main() -> None:
        for handler in (fail, fail_later):
            receiver = CallbackReceiver(handler, secrets=dict.fromkeys(DOCUMENTED_POSTS, TOKEN))
            for area, post in DOCUMENTED_POSTS.items():
                body = posted([{**post, "text": BODY}])
                signed = sign(area, body, TOKEN)
                await receiver.receive("POST", signed.path, signed.headers, body)

    asyncio.run(main())


def stacks_of_all_threads() -> None:
    with ThreadPoolExecutor() as threads, sync.connect() as omni:
        sent = threads.submit(omni.send, message())
        faulthandler.dump_traceback()
        threads.submit(faulthandler.dump_traceback)
    sent.exception()


def exit_under_a_send() -> None:
    omni = sync.connect()
    threading.Thread(target=omni.send, args=(message(),), daemon=True).start()


SCRIPTS: Mapping[str, Callable[[], None]] = {
    script.__name__: script
    for script in (
        unclosed_client,
        unclosed_blocking_client,
        loop_closed_under_a_send,
        loop_ended_under_a_send,
        never_awaited,
        error_never_retrieved,
        stream_left_open,
        wrong_messages,
        wrong_settings,
        failing_handler,
        stacks_of_all_threads,
        uncaught_in_a_thread,
        uncaught,
        uncaught_group,
        exit_under_a_send,
    )
}


def main(names: list[str]) -> None:
    *others, last = names
    for name in others:
        try:
            SCRIPTS[name]()
        except BaseException:  # noqa: BLE001 - what would end a script of its own
            sys.excepthook(*sys.exc_info())
        gc.collect()
    SCRIPTS[last]()


if __name__ == "__main__":
    main(sys.argv[1:])
