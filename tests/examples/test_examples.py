"""Each example is started as its first lines say, and used over HTTP, with either vendor."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from attrs import frozen

from omni_common.sandbox import Scenario
from tests.examples.programs import EXAMPLES, Program, free_port, running, secrets_folder
from tests.support.emulated_vendor import SECRETS, VENDORS, EmulatedVendor

COMMANDS = {
    "fastapi_service": ["-m", "uvicorn", "--app-dir", str(EXAMPLES), "fastapi_service:app"],
    "aiohttp_service": [str(EXAMPLES / "aiohttp_service.py")],
}
TEXT = "Bullfinch among the plum buds"
EXPIRING = Scenario.EXPIRED.number()


@frozen
class Service:
    """A service that runs, and the vendor that it uses."""

    vendor: EmulatedVendor
    program: Program
    http: aiohttp.ClientSession
    address: str
    journal: Path

    async def send(self, to: str) -> tuple[int, dict[str, Any]]:
        """Have a message sent, and return the answer."""
        order = {"to": to, "text": TEXT}
        async with self.http.post(f"{self.address}/messages", json=order) as answer:
            return answer.status, await answer.json()

    async def read(self, id: str) -> dict[str, Any]:
        """What the service says of a message."""
        async with self.http.get(f"{self.address}/messages/{id}") as answer:
            return {"status": answer.status, **await answer.json()}


@pytest.fixture(params=VENDORS)
async def vendor(request: pytest.FixtureRequest) -> AsyncIterator[EmulatedVendor]:
    vendor = EmulatedVendor.called(request.param)
    async with vendor.emulator:
        yield vendor


@pytest.fixture
def settings(vendor: EmulatedVendor, tmp_path: Path) -> Mapping[str, str]:
    """The environment of an example, without the port, which each takes in its own way."""
    return {
        "OMNI_URL": f"{vendor.url}&timeout=5&max_attempts=1",
        "CALLBACK_SECRETS": str(secrets_folder(tmp_path / "secrets")),
        "CALLBACK_JOURNAL": str(tmp_path / "callbacks.jsonl"),
    }


@pytest.fixture(params=COMMANDS)
async def service(
    request: pytest.FixtureRequest, vendor: EmulatedVendor, settings: Mapping[str, str]
) -> AsyncIterator[Service]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    own = {
        "PORT": str(port),
        "UVICORN_PORT": str(port),
        "CALLBACK_BASE_URL": f"{address}/callbacks",
    }
    journal = Path(settings["CALLBACK_JOURNAL"])
    async with running(COMMANDS[request.param], {**settings, **own}) as program:
        await program.prints("unning on http://")
        async with aiohttp.ClientSession() as http:
            yield Service(vendor, program, http, address, journal)
    assert "Traceback" not in program.output
    assert "Unclosed" not in program.output
    assert not any(secret in program.output for secret in SECRETS.values())


async def test_a_service_hears_that_the_second_channel_delivered(service: Service) -> None:
    status, sent = await service.send(EXPIRING)
    assert (status, sent["outcome"]) == (201, "accepted")
    assert (await service.read(sent["id"]))["state"] == "accepted"
    await service.vendor.advance(minutes=5)  # Viber's time is over
    assert not (await service.read(sent["id"]))["final"]
    await service.vendor.advance(seconds=10)
    assert await service.read(sent["id"]) == {
        "status": 200,
        "state": "delivered",
        "channel": "sms",
        "final": True,
    }
    assert service.vendor.was_asked("status") == 0  # it was told, and did not have to ask
    # Every event was written down.
    lines = [json.loads(line) for line in service.journal.read_text().splitlines() if line]
    [area] = {line["area"] for line in lines}
    assert area in {"messente.delivery", "devino.omni"}
    assert service.journal.stat().st_mode & 0o777 == 0o600
    posted = [json.loads(each.callback.body) for each in service.vendor.emulator.callbacks]
    assert [line["raw"] for line in lines] == [
        each for body in posted for each in (body if isinstance(body, list) else [body])
    ]


async def test_a_service_says_whether_a_message_was_sent(service: Service) -> None:
    expected = {
        Scenario.ANSWER_DROPPED.number(): (202, "unknown"),
        Scenario.REFUSED.number(): (422, None),
        "not a number": (422, None),
        Scenario.RATE_LIMITED.number(): (503, None),
    }
    for to, (status, outcome) in expected.items():
        answered, body = await service.send(to)
        assert (answered, body.get("outcome")) == (status, outcome)
        assert service.vendor.emulator.ledger.count(to=to) == (outcome == "unknown")
    assert (await service.read("messente:another"))["status"] == 404
    for path in ("messente/delivery", "devino/omni/another-token-of-some-length"):
        async with service.http.post(f"{service.address}/callbacks/{path}", data=b"{}") as answer:
            assert answer.status in {403, 404}
    assert not service.journal.exists()


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_service_reads_its_journal_when_it_starts(
    vendor: EmulatedVendor, settings: Mapping[str, str], name: str
) -> None:
    del vendor
    told = {"omnimessage_id": "d7248cda", "message_id": "3", "channel": "sms", "status": "DELIVRD"}
    line = json.dumps({"at": "2030-01-01", "area": "messente.delivery", "raw": told})
    elsewhere = json.dumps({"area": "nobody.knows", "raw": {}})
    cut_off = line[: len(line) // 2]  # by a crash, say
    Path(settings["CALLBACK_JOURNAL"]).write_text(f"{cut_off}\n{elsewhere}\n\n{line}\n{cut_off}")
    port = str(free_port())
    own = {"PORT": port, "UVICORN_PORT": port, "CALLBACK_BASE_URL": f"http://127.0.0.1:{port}"}
    async with running(COMMANDS[name], {**settings, **own}) as program:
        await program.prints("unning on http://")
        url = f"http://127.0.0.1:{port}/messages/messente:d7248cda"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert (await answer.json())["state"] == "delivered"


async def test_a_service_without_secrets_does_not_start(tmp_path: Path) -> None:
    settings = {
        "OMNI_URL": "messente://user:password@127.0.0.1:9/v1",
        "CALLBACK_BASE_URL": "http://127.0.0.1:9/callbacks",
        "CALLBACK_SECRETS": str(tmp_path),
        "CALLBACK_JOURNAL": str(tmp_path / "callbacks.jsonl"),
    }
    async with running(COMMANDS["aiohttp_service"], settings) as program:
        await program.prints("ConfigurationError: secrets must be")
        assert await program.ends() != 0


def script(port: int, to: str) -> tuple[list[str], dict[str, str]]:
    command = [str(EXAMPLES / "script.py"), to, TEXT]
    return command, {"PORT": str(port), "CALLBACK_BASE_URL": f"http://127.0.0.1:{port}"}


async def test_the_script_waits_until_the_second_channel_delivered(
    vendor: EmulatedVendor, settings: Mapping[str, str]
) -> None:
    command, own = script(free_port(), EXPIRING)
    async with running(command, {**settings, **own}) as program:
        await program.prints("accepted:")
        await vendor.advance(minutes=6)
        assert await program.prints("over") == "delivered: over sms\n"
        assert await program.ends() == 0
    assert len(program.output.splitlines()) == 2, program.output


async def test_a_client_that_says_nothing_holds_up_no_report(
    vendor: EmulatedVendor, settings: Mapping[str, str]
) -> None:
    port = free_port()
    command, own = script(port, EXPIRING)
    async with running(command, {**settings, **own}) as program:
        await program.prints("accepted:")
        _, silent = await asyncio.open_connection("127.0.0.1", port)
        await vendor.advance(minutes=6)
        assert await program.prints("over") == "delivered: over sms\n"
        assert await program.ends() == 0
        silent.close()


@pytest.mark.parametrize(
    ("to", "code", "says"),
    [
        (Scenario.REFUSED.number(), 2, "not sent: "),
        (Scenario.ANSWER_DROPPED.number(), 3, "it may have been sent"),
    ],
)
async def test_the_script_says_whether_it_was_sent(
    vendor: EmulatedVendor, settings: Mapping[str, str], to: str, code: int, says: str
) -> None:
    del vendor
    command, own = script(free_port(), to)
    async with running(command, {**settings, **own}) as program:
        await program.prints(says)
        assert await program.ends() == code


@pytest.mark.parametrize("name", [*COMMANDS, "script"])
def test_an_example_names_no_vendor_but_in_its_first_lines(name: str) -> None:
    _, _, code = (EXAMPLES / f"{name}.py").read_text("utf-8").split('"""', 2)
    assert not re.search("messente|devino", code, re.IGNORECASE)
