"""``omni sandbox`` and the other commands, each in a process of its own, as at two terminals."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.cli.command import Omni, completed, started

CLOSED = "The sandbox is closed."


@pytest.fixture
def sandbox() -> Iterator[subprocess.Popen[str]]:
    with started("sandbox") as process:
        yield process
        process.kill()


def lines_of(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().rstrip("\n") for _ in range(count)]


def test_other_processes_talk_to_the_sandbox_until_ctrl_c(sandbox: subprocess.Popen[str]) -> None:
    messente, devino = lines_of(sandbox, 2)
    assert messente.startswith("messente://sandbox:sandbox-password@127.0.0.1:")
    assert devino.startswith("devino://")

    account = {"OMNI_URL": messente}
    sent = completed(
        *("send", "+37251000000", "--text", "Hi", "--send-at", "2100-01-01T00:00Z", "--json"),
        environment=account,
    )
    assert sent.code == 0, sent.complaints
    id = sent.document["id"]
    cancelled = completed("cancel", id, environment=account)
    assert (cancelled.code, cancelled.output) == (0, f"cancelled {id}\n")
    status = completed("status", id, environment=account)
    assert (status.code, status.output.split()[:2]) == (0, [id, "cancelled"])

    account = {"OMNI_URL": f"{devino}?sender=Shop"}
    lost = completed("send", "+37251000004", "--text", "Hi", environment=account)
    assert (lost.code, lost.output) == (3, "unknown\n")

    sandbox.send_signal(signal.SIGINT)
    rest, complaints = sandbox.communicate()
    assert (sandbox.returncode, rest) == (0, "")
    assert complaints.splitlines()[-1] == CLOSED
    assert "Traceback" not in complaints


def test_the_sandbox_ends_well_when_it_is_told_to(sandbox: subprocess.Popen[str]) -> None:
    lines_of(sandbox, 2)
    sandbox.terminate()
    _, complaints = sandbox.communicate()
    assert sandbox.returncode == 0
    assert complaints.splitlines()[-1] == CLOSED


def test_the_sandbox_takes_the_ports_it_is_given_and_gives_them_back(
    omni: Omni, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as first, socket.socket() as second:
        for unused in (first, second):
            unused.bind(("127.0.0.1", 0))
        ports = [unused.getsockname()[1] for unused in (first, second)]

    def ended_at_once(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("omni_common.cli.sandbox.write_json", ended_at_once)
    monkeypatch.setattr("omni_common.cli.sandbox.write", lambda *_: None)
    ports_asked = ("--messente-port", str(ports[0]), "--devino-port", str(ports[1]))
    before = signal.getsignal(signal.SIGINT)
    for _ in range(2):
        assert omni("sandbox", *ports_asked, "--json").code == 0
    assert signal.getsignal(signal.SIGINT) is before


def test_a_port_that_cannot_be_had_is_wrong_usage(omni: Omni) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = omni("sandbox", "--devino-port", str(port))
    assert (ended.code, ended.output) == (64, "")
    assert f"--devino-port: cannot listen on {port}" in ended.complaints
    ended = omni("sandbox", "--messente-port", "70000", "--json")
    assert ended.code == 64
    assert ended.document["error"]["field"] == "--messente-port"


def test_the_urls_come_as_one_document_too() -> None:
    with started("sandbox", "--json") as process:
        lines = lines_of(process, 7)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate()
    assert process.returncode == 0, complaints
    assert lines[0] == "{"
    assert lines[-1] == "}"
    assert '"messente": "messente://' in lines[2]
    assert '"devino": "devino://' in lines[3]
