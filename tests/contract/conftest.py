"""What the contract tests of several providers share."""

from __future__ import annotations

import importlib
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

THIRD_PARTY = Path(__file__).parents[1] / "third_party"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that refuses connections: taken, and not listened on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture(scope="session")
def pigeon_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the third party's distribution, built from a copy of its sources."""
    source = tmp_path_factory.mktemp("carrier-pigeon")
    for name in ("pyproject.toml", "carrier_pigeon.py"):
        shutil.copy(THIRD_PARTY / name, source)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    built = subprocess.run(command, cwd=source, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = (source / "dist").glob("*.whl")
    return wheel


@pytest.fixture
def installed_pigeons(
    pigeon_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """The third party's module, installed for the length of a test, as pip does: unpacked."""
    with zipfile.ZipFile(pigeon_wheel) as wheel:
        wheel.extractall(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("carrier_pigeon")
    del sys.modules["carrier_pigeon"]
