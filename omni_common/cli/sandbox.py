"""``omni sandbox``: the emulators of both vendors, until somebody ends them."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from types import FrameType

from omni_common.cli.emulators import emulator_class
from omni_common.cli.output import write, write_json
from omni_common.cli.usage import UsageError
from omni_common.sandbox import Emulator

__all__ = ["run_sandbox"]


def run_sandbox(ports: dict[str, int], *, json: bool) -> None:
    """Run the emulator of each vendor on its port, 0 for a free one, until Ctrl-C or SIGTERM.

    Raises:
        UsageError: A port cannot be had.
        ConfigurationError: There is no such emulator.
    """
    asyncio.run(_run(ports, json=json))


async def _run(ports: dict[str, int], *, json: bool) -> None:
    ended = asyncio.Event()
    with _on_end(ended.set):
        async with AsyncExitStack() as stack:
            urls = {}
            for name, port in ports.items():
                emulator = emulator_class(name)(port=port)
                stack.push_async_callback(emulator.close)
                await _start(emulator, port)
                urls[name] = emulator.url
            _announce(urls, json=json)
            await ended.wait()
    write(sys.stderr, "The sandbox is closed.")


async def _start(emulator: Emulator, port: int) -> None:
    try:
        await emulator.start()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "a port is a number from 1 to 65535"
    else:
        return
    option = f"--{emulator.name}-port"
    raise UsageError(f"{option}: cannot listen on {port}: {reason}", field=option)


def _announce(urls: dict[str, str], *, json: bool) -> None:
    if json:
        write_json({"urls": urls, "error": None})
    else:
        write(sys.stdout, *urls.values())
    write(
        sys.stderr,
        "Both vendors are emulated on this machine; nothing that is sent there leaves it.",
        "From another terminal, with one of the two URLs:",
        "  export OMNI_URL='...'",
        "  omni send +37251000000 --text 'Hello' --sender Shop",
        "Numbers that end in 0001 are refused, in 0004 the answer is lost. Ctrl-C ends it.",
    )


@contextmanager
def _on_end(end: Callable[[], object]) -> Iterator[None]:
    """Call *end* in the running loop on Ctrl-C and SIGTERM, in place of what they do otherwise."""
    loop = asyncio.get_running_loop()

    def handle(_: int, __: FrameType | None) -> None:
        loop.call_soon_threadsafe(end)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
