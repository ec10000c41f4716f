"""What the ``omni`` command writes holds no canary: neither its answers nor its complaints.

Whatever the user asked for is shown; bodies, credentials and whole numbers are not asked for.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from attrs import evolve

from omni_common.cli import main
from tests.cli.command import Ended
from tests.reliability.conftest import Size
from tests.reliability.planted_commands import (
    DEVINO_ID,
    MESSENTE_ID,
    Command,
    commands,
    write_files,
)
from tests.reliability.quoting_vendor import quoting
from tests.support.canaries import BODY, NUMBER, QUOTED, Search, planted_emulator
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import stall
from tests.support.figures import RecordProperty

_OPTIONS = "sender=Shop&timeout=1&bulk_timeout=1&max_attempts=1"
_INTERRUPTED = 130
_COMMAND = (sys.executable, "-X", "dev", "-W", "error", "-m", "omni_common.cli")


@pytest.fixture
async def urls() -> AsyncIterator[Mapping[str, str]]:
    """Connection URLs of vendors, by what they are."""
    async with AsyncExitStack() as stack:
        found = {}
        for vendor in ("messente", "devino"):
            emulator = await stack.enter_async_context(planted_emulator(vendor))
            found[vendor] = f"{emulator.url}?{_OPTIONS}"
            for how in ("refuses", "fails", "answers"):
                server = await stack.enter_async_context(FaultServer(quoting(vendor, how)))
                found[f"{vendor} {how}"] = _url(vendor, server.port)
        yield found | {"nobody": _url("messente", 9), "": ""}


def _url(vendor: str, port: int) -> str:
    login = f"user:{QUOTED}" if vendor == "messente" else QUOTED
    return f"{vendor}://{login}@127.0.0.1:{port}/v1?{_OPTIONS}"


def _look(search: Search, command: Command, ended: Ended) -> None:
    search.look(f"output of {command.tokens}", ended.output)
    search.look(f"complaints of {command.tokens}", ended.complaints)
    assert "Traceback" not in ended.text, command
    assert ended.code in command.codes, (command, ended)
    if "--json" in command.tokens and ended.code != _INTERRUPTED:
        json.loads(ended.output)


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["for people", "JSON"])
async def test_no_command_shows_what_it_was_given(
    *,
    form: tuple[str, ...],
    size: Size,
    urls: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: RecordProperty,
) -> None:
    """In the full size each is a process of its own, in Python's development mode."""
    write_files(tmp_path)
    search = Search()
    is_full = size(short=0, full=1) == 1
    for plain in commands(tmp_path):
        command = evolve(plain, tokens=(*plain.tokens, *form))
        environment = {"OMNI_URL": urls[command.over], **command.environment}
        if is_full:
            ended = await _alone(command, environment)
        elif command.tokens[0] in {"sandbox", "demo"}:
            continue  # they need a process of their own, and time
        else:
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(command.input.encode())))
            code = await asyncio.to_thread(main, command.tokens)
            ended = Ended(code, *capsys.readouterr())
        _look(search, command, ended)
    record_property("canaries", search.figures)
    assert search.leaks == {}
    assert search.outputs > 200


async def _started(
    tokens: tuple[str, ...], environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *_COMMAND,
        *tokens,
        env={**os.environ, "PYTHONASYNCIODEBUG": "1", **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _ended(process: asyncio.subprocess.Process, given: str = "") -> Ended:
    output, complaints = await process.communicate(given.encode())
    return Ended(process.returncode or 0, output.decode(), complaints.decode())


async def _alone(command: Command, environment: Mapping[str, str]) -> Ended:
    return await _ended(await _started(command.tokens, environment), command.input)


async def test_ctrl_c_shows_nothing_either(size: Size, record_property: RecordProperty) -> None:
    search = Search()
    send = ("send", NUMBER, "--text", BODY)
    kinds = [
        ("messente", send),
        ("devino", send),
        ("messente", ("status", MESSENTE_ID, "--watch")),
        ("devino", ("status", DEVINO_ID, "--watch")),
        ("messente", ("cancel", MESSENTE_ID)),
    ]
    for vendor, tokens in kinds[: size(short=1, full=len(kinds))]:
        async with FaultServer(stall) as server:
            url = _url(vendor, server.port).replace("timeout=1", "timeout=30")
            process = await _started((*tokens, "--json"), {"OMNI_URL": url})
            await server.until_requests(1)
            process.send_signal(signal.SIGINT)
            _look(
                search,
                Command((*tokens, "--json"), frozenset({_INTERRUPTED})),
                await _ended(process),
            )
    record_property("canaries", search.figures)
    assert search.leaks == {}


async def test_the_sandbox_shows_no_person(record_property: RecordProperty) -> None:
    search = Search()
    here = (
        "--messente-inbound-url",
        "http://127.0.0.1:9/",
        "--devino-incoming-url",
        "http://[::1]",
    )
    process = await _started(("sandbox", *here), {})
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(f"{NUMBER} {BODY}\n{BODY}\n".encode())
    heard = b""
    while b"is a number and a text" not in heard:
        heard += await process.stderr.readline()
    process.send_signal(signal.SIGINT)
    ended = await _ended(process)
    assert b"has written to devino" in heard
    assert ended.code == 0
    search.look("output", ended.output)
    search.look("complaints", heard.decode() + ended.complaints)
    record_property("canaries", search.figures)
    assert search.leaks == {}
