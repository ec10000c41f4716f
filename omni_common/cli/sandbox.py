"""``omni sandbox``: the emulators of both vendors, until somebody ends them."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from types import FrameType
from typing import Any

from attrs import frozen

from omni_common.cli.emulators import emulator_class
from omni_common.cli.output import write, write_json
from omni_common.cli.sandbox_callbacks import (
    SHARED_SECRET,
    CallbackUrls,
    read_person,
    take_lines,
)
from omni_common.cli.usage import UsageError
from omni_common.redaction import mask_number
from omni_common.sandbox import Emulator, SandboxClock

__all__ = ["Wanted", "run_sandbox"]

_OWN_SETTINGS: Mapping[str, Mapping[str, Any]] = {"messente": {"shared_secret": SHARED_SECRET}}


@frozen(kw_only=True)
class Wanted:
    """What the sandbox is to be."""

    ports: Mapping[str, int]
    """The vendors, and where their emulators listen; 0 for a free port."""
    callbacks: CallbackUrls
    speed: int
    """Emulated seconds in each real one."""


def run_sandbox(wanted: Wanted, *, json: bool) -> None:
    """Run the emulators until Ctrl-C or SIGTERM.

    Raises:
        UsageError: A port cannot be had, or a callback must not go where it should.
        ConfigurationError: There is no such emulator.
    """
    if wanted.speed < 1:
        raise UsageError("--speed must be 1 or more", field="--speed")
    asyncio.run(_run(wanted, json=json))


async def _run(wanted: Wanted, *, json: bool) -> None:
    ended = asyncio.Event()
    with _on_end(ended.set):
        async with AsyncExitStack() as stack:
            emulators: dict[str, Any] = _emulators(wanted)
            for name, emulator in emulators.items():
                stack.push_async_callback(emulator.close)
                await _start(emulator, wanted.ports[name])
            _announce({name: each.url for name, each in emulators.items()}, wanted, json=json)
            _hear_people([each for name, each in emulators.items() if wanted.callbacks.hears(name)])
            await ended.wait()
    write(sys.stderr, "The sandbox is closed.")


def _emulators(wanted: Wanted) -> dict[str, Any]:
    """The emulators, with settings that each vendor's own has."""
    clock = SandboxClock(speed=wanted.speed)
    made = {}
    for name, port in wanted.ports.items():
        kind: Callable[..., Emulator] = emulator_class(name)
        settings = {**_OWN_SETTINGS.get(name, {}), **wanted.callbacks.settings(name)}
        made[name] = kind(port=port, clock=clock, **settings)
    return made


def _hear_people(emulators: list[Any]) -> None:
    """Let each line of standard input be what a person writes to the accounts of *emulators*."""

    def take(line: str) -> None:
        person = read_person(line)
        if person is None:
            write(sys.stderr, "A line is a number and a text: +37251000099 Yes please")
            return
        number, text = person
        for emulator in emulators:
            emulator.receive(text, sender=number)
            write(sys.stderr, f"{mask_number(number)} has written to {emulator.name}")

    if emulators:
        take_lines(take)


async def _start(emulator: Emulator, port: int) -> None:
    try:
        await emulator.start()
    except OverflowError:
        problem = "a port is a number from 1 to 65535"
    except OSError as error:
        problem = f"cannot listen on {port}: {error.strerror or type(error).__name__}"
    else:
        return
    option = f"--{emulator.name}-port"
    raise UsageError(f"{option}: {problem}", field=option)


def _announce(urls: Mapping[str, str], wanted: Wanted, *, json: bool) -> None:
    given = wanted.callbacks.given
    if json:
        write_json({"urls": urls, "callbacks": given, "error": None})
    else:
        write(sys.stdout, *urls.values())
    write(
        sys.stderr,
        "Both vendors are emulated on this machine; nothing that is sent there leaves it.",
        "From another terminal, with one of the two URLs:",
        "  export OMNI_URL='...'",
        "  omni send +37251000000 --text 'Hello' --sender Shop",
        "Numbers that end in 0001 are refused; in 0003, the first channel expires; in 0004, the"
        " answer is lost. Ctrl-C ends it.",
        *(f"--{name.replace('_', '-')}: will be posted to {url}" for name, url in given.items()),
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
