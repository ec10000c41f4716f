"""What Python's development mode writes of scripts that forget things holds no canary."""

from __future__ import annotations

import asyncio
import os
import sys

from tests.reliability.conftest import Size
from tests.reliability.forgetful_scripts import SCRIPTS
from tests.support.canaries import QUOTED, Search
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Step, read_then_fin, stall
from tests.support.figures import RecordProperty

VENDORS: dict[str, Step] = {"that stalls": stall, "that hangs up": read_then_fin}


async def written_by(names: list[str], step: Step) -> tuple[str, int]:
    """What scripts write, and how many requests they made."""
    async with FaultServer(step) as server:
        options = "sender=Shop&timeout=0.5&bulk_timeout=0.5&max_attempts=1"
        url = f"messente://user:{QUOTED}@127.0.0.1:{server.port}/v1?{options}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-W", "always"),
            *("-m", "tests.reliability.forgetful_scripts", *names),
            env={**os.environ, "OMNI_URL": url, "PYTHONASYNCIODEBUG": "1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, complaints = await process.communicate()
        return (output + complaints).decode(), len(server.requests)


async def test_forgetful_scripts_tell_nothing(size: Size, record_property: RecordProperty) -> None:
    """In the full size each is a process of its own, with vendors of both kinds."""
    search = Search()
    of_one_process = size(short=len(SCRIPTS), full=1)
    names = list(SCRIPTS)
    shown, requests = "", 0
    for vendor, step in list(VENDORS.items())[: size(short=1, full=len(VENDORS))]:
        for start in range(0, len(names), of_one_process):
            some = names[start : start + of_one_process]
            text, made = await written_by(some, step)
            search.look(f"{', '.join(some)}, with a vendor {vendor}", text)
            shown, requests = shown + text, requests + made
    record_property("canaries", search.figures)
    assert search.leaks == {}
    assert requests > 5
    for expected in (
        "Traceback (most recent call last)",
        "Task was destroyed but it is pending",
        "was never awaited",
        "ResourceWarning",
        "send interrupted: provider=messente",
        "ExceptionGroup",
        "Exception in thread",
        "the handler of devino.omni raised ValueError",
        "Current thread",
    ):
        assert expected in shown
