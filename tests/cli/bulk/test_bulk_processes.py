"""Campaigns that are cut short, in processes of their own; and what memory a large one takes."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import tracemalloc
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from messente_async.sandbox import MessenteEmulator
from omni_common.cli import main
from omni_common.sandbox import Emulator, running
from tests.cli.bulk.tables import report_rows, table
from tests.cli.command import started

_SOON = 0.02
"""Seconds between two looks at what the vendor has."""


@pytest.fixture
def campaign(tmp_path: Path) -> tuple[str, ...]:
    rows = [f"+3725{number:06}9,Name {number}" for number in range(120)]
    people = table(tmp_path / "people.csv", "phone,name", rows)
    outbox = str(tmp_path / "campaign.db")
    return ("bulk", people, "--text", "Hi {name}", "--outbox", outbox, "--rate", "60")


def wait_for(process: subprocess.Popen[str], vendor: Emulator, messages: int) -> None:
    """Return when the vendor has so many, or the process has ended."""
    while process.poll() is None and len(vendor.ledger) < messages:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_SOON)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_being_sent_end_and_is_told_how_to_go_on(
    campaign: tuple[str, ...], number: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as vendor:
        vendor.settimeout(30)
        url = f"messente://user:password@127.0.0.1:{vendor.getsockname()[1]}/v1?sender=Shop"
        with started(*campaign, environment={"OMNI_URL": url}) as process:
            connection, _ = vendor.accept()
            with connection:
                assert connection.recv(65_536)
                process.send_signal(number)
            # The connection is closed without an answer: what was on it is unknown.
            output, complaints = process.communicate()
    assert process.returncode == 130
    assert "unknown" in output
    assert "queued" in output
    assert complaints.splitlines()[-1] == "omni: interrupted; the same command continues"
    assert "Traceback" not in complaints


def test_a_campaign_that_ctrl_c_stopped_is_continued_and_nobody_gets_two_messages(
    campaign: tuple[str, ...],
) -> None:
    with running(MessenteEmulator()) as vendor:
        environment = {"OMNI_URL": f"{vendor.url}?sender=Shop"}
        with started(*campaign, "--json", environment=environment) as process:
            wait_for(process, vendor, 20)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate()
        stopped = json.loads(output)
        assert process.returncode == 130
        assert stopped["error"]["class"] == "Interrupted"
        assert stopped["outcomes"]["accepted"] == len(vendor.ledger) < 120
        with started(*campaign, "--json", environment=environment) as process:
            output, _ = process.communicate()
        assert process.returncode == 0
        assert json.loads(output)["outcomes"]["accepted"] == 120
        assert set(Counter(entry.to for entry in vendor.ledger).values()) == {1}
        assert len(vendor.ledger) == 120


def test_a_campaign_that_was_killed_is_continued_and_nobody_gets_two_messages(
    campaign: tuple[str, ...], tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    with running(MessenteEmulator()) as vendor:
        environment = {"OMNI_URL": f"{vendor.url}?sender=Shop"}
        for messages in (15, 40, 65):
            with started(*campaign, environment=environment) as process:
                wait_for(process, vendor, messages)
                process.kill()
                process.communicate()
            assert process.returncode == -signal.SIGKILL
        last = (*campaign, "--json", "--report", str(report))
        with started(*last, environment=environment) as process:
            output, _ = process.communicate()
        outcomes = json.loads(output)["outcomes"]
        taken = Counter(entry.to for entry in vendor.ledger)
    assert outcomes["accepted"] + outcomes["unknown"] == 120
    assert process.returncode == (3 if outcomes["unknown"] else 0)
    assert set(taken.values()) == {1}
    states = {row["recipient"].removeprefix("'"): row["outcome"] for row in report_rows(report)}
    assert len(states) == 120
    assert {to for to, state in states.items() if state == "accepted"} <= set(taken)
    assert set(taken) <= {to for to, state in states.items() if state in {"accepted", "unknown"}}


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("over_messente")
def test_a_large_table_is_not_held_in_memory(tmp_path: Path) -> None:
    rows = (f"+3725{number:07},Name {number}" for number in range(200_000))
    small = table(tmp_path / "small.csv", "phone,name", ["+37250000000,Ann"])
    large = table(tmp_path / "large.csv", "phone,name", rows)
    options = ("--text", "Hi {name}", "--dry-run")
    main(["bulk", small, *options])  # what is imported and remembered once is not counted
    tracemalloc.start()
    try:
        assert main(["bulk", large, *options]) == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
