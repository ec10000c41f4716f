"""``omni sandbox`` and the other commands, each in a process of its own, as at two terminals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from omni_common.sandbox import Scenario
from tests.cli.command import Omni, completed, started
from tests.sandbox.blocking_receiver import BlockingReceiver

CLOSED = "The sandbox is closed."


@pytest.fixture
def sandbox() -> Iterator[subprocess.Popen[str]]:
    with started("sandbox") as process:
        yield process
        process.kill()


@pytest.fixture
def receiver() -> Iterator[BlockingReceiver]:
    with BlockingReceiver() as server:
        yield server


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
    reports = "http://127.0.0.1:1/reports"
    with started("sandbox", "--json", "--devino-callback-url", reports) as process:
        lines = lines_of(process, 10)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate()
    assert process.returncode == 0, complaints
    document = json.loads("\n".join(lines))
    assert document["urls"]["messente"].startswith("messente://")
    assert document["urls"]["devino"].startswith("devino://")
    assert document["callbacks"] == {"devino_callback_url": reports}
    assert document["error"] is None


# Callbacks


def test_reports_are_posted_as_time_passes_which_may_be_fast(receiver: BlockingReceiver) -> None:
    options = ("--messente-callback-url", receiver.url, "--speed", "600")
    with started("sandbox", *options) as process:
        messente, _ = lines_of(process, 2)
        message = ("--channel", "viber", "--then", "sms", "--ttl", "5m", "--text", "Sale!")
        sent = completed(
            *("send", Scenario.EXPIRED.number(), *message),
            environment={"OMNI_URL": f"{messente}?sender=Shop"},
        )
        assert sent.code == 0, sent.complaints
        reports = [(body["channel"], body["status"]) for body in receiver.wait(4)]
        process.terminate()
        _, complaints = process.communicate()
    assert reports == [("viber", "ACK"), ("viber", "EXPIRED"), ("sms", "ACK"), ("sms", "DELIVRD")]
    assert f"--messente-callback-url: will be posted to {receiver.url}" in complaints.splitlines()


def test_what_is_typed_is_what_people_write(receiver: BlockingReceiver) -> None:
    urls = ("--messente-inbound-url", receiver.url, "--devino-incoming-url", receiver.url)
    with started("sandbox", *urls, stdin=subprocess.PIPE) as process:
        lines_of(process, 2)
        assert process.stdin is not None
        process.stdin.write("+37251000099 Yes please\nno number\n+372510\n+37251000099 Да\n+37")
        process.stdin.flush()
        bodies = receiver.wait(4)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate()
    assert process.returncode == 0, complaints
    assert [body["text"] for body in bodies if "sender" in body] == ["Yes please", "Да"]
    assert [body["text"] for body in bodies if "from" in body] == ["Yes please", "Да"]
    signatures = ["X-Messente-Signature" in headers for headers in receiver.headers]
    assert sum(signatures) == 2
    assert complaints.count("A line is a number and a text") == 2
    assert "37251000099 has" not in complaints
    assert complaints.splitlines()[-1] == CLOSED


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no such terminals here")
def test_it_may_be_typed_at_a_terminal(receiver: BlockingReceiver) -> None:
    keyboard, terminal = os.openpty()
    try:
        options = ("--devino-incoming-url", receiver.url)
        with started("sandbox", *options, stdin=terminal) as process:
            lines_of(process, 2)
            os.write(keyboard, b"+37251000099 Yes please\n")
            [body] = receiver.wait(1)
            process.terminate()
            process.communicate()
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert (body["from"], body["text"]) == ("37251000099", "Yes please")
    assert process.returncode == 0


@pytest.mark.parametrize(
    "url", ["https://shop.example/reports", "ftp://127.0.0.1/", "http://[", ""]
)
@pytest.mark.parametrize("option", ["--messente-inbound-url", "--devino-email-callback-url"])
def test_nothing_is_posted_to_other_machines(omni: Omni, option: str, url: str) -> None:
    ended = omni("sandbox", option, url, "--json")
    assert (ended.code, ended.document["error"]["field"]) == (64, option)
    assert "shop.example" not in ended.text


@pytest.mark.parametrize("speed", ["0", "-1", "fast"])
def test_time_goes_forwards_and_no_slower_than_outside(omni: Omni, speed: str) -> None:
    ended = omni("sandbox", "--speed", speed, "--json")
    assert (ended.code, ended.document["error"]["field"]) == (64, "--speed")
