"""What only shows in a process of its own: imports, signals, pipes and the list of processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import completed, started

CREDENTIAL = "canary-credential"
BODY = "canary body 271828"
NUMBER = "+37298765432"


@pytest.fixture
def silent_vendor() -> Iterator[socket.socket]:
    """A server that takes a request and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


def account(server: socket.socket) -> dict[str, str]:
    port = server.getsockname()[1]
    return {"OMNI_URL": f"messente://user:{CREDENTIAL}@127.0.0.1:{port}/v1"}


def test_a_send_shows_its_text_and_credentials_to_no_other_process_and_ends_on_ctrl_c(
    silent_vendor: socket.socket,
) -> None:
    with started(
        *("send", NUMBER, "--text", "-", "--json"),
        environment=account(silent_vendor),
        stdin=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(BODY)
        process.stdin.close()
        process.stdin = None
        connection, _ = silent_vendor.accept()
        with connection:
            request = connection.recv(65536)
            while BODY.encode() not in request:
                request += connection.recv(65536)
            arguments = Path(f"/proc/{process.pid}/cmdline")
            listed = arguments.read_text() if arguments.exists() else ""
            process.send_signal(signal.SIGINT)
            output, complaints = process.communicate()
    assert process.returncode == 130
    assert '"outcome": "unknown"' in output
    for shown in (listed, output, complaints):
        assert CREDENTIAL not in shown
        assert BODY not in shown
        assert "Traceback" not in shown
    assert "98765432" not in output + complaints


def test_help_and_what_needs_no_vendor_do_without_aiohttp() -> None:
    code = """
import sys
from omni_common.cli import main
for tokens in (["--help"], ["--version"], ["segments", "text"]):
    assert main(tokens) == 0
for command in ("send", "bulk"):
    assert main([command, "--help"]) == 0
assert main(["send", "nobody", "--text", "Hi", "--ttl", "x"]) == 64
assert "aiohttp" not in sys.modules
"""
    finished = subprocess.run([sys.executable, "-W", "error", "-c", code], check=False)
    assert finished.returncode == 0


def test_without_the_extra_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    code = """
import sys
sys.modules["cyclopts"] = None
from omni_common.cli import main
sys.exit(main(["--help"]))
"""
    finished = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert (finished.returncode, finished.stdout) == (64, "")
    assert finished.stderr == ('omni: this command needs an extra: pip install "omni-async[cli]"\n')


def test_a_module_missing_for_another_reason_is_not_hidden() -> None:
    code = """
import sys
sys.modules["omni_common.cli.app"] = None
from omni_common.cli import main
main(["--help"])
"""
    finished = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert finished.returncode == 1
    assert "ModuleNotFoundError" in finished.stderr


def test_a_reader_that_goes_away_changes_nothing_about_the_outcome() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with started("segments", "text", stdout=writing) as process:
            _, complaints = process.communicate()
    finally:
        os.close(writing)
    assert (process.returncode, complaints) == (0, "")


def test_a_text_that_the_terminal_cannot_show_is_still_answered_for() -> None:
    ended = completed("segments", "€Ж", environment={"PYTHONIOENCODING": "ascii"})
    assert ended.code == 0
    assert "not in the GSM alphabet: ?" in ended.output
