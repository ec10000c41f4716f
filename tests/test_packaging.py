"""What a user gets who installs the distribution: checked on a wheel and an sdist built here."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message as Metadata
from email.parser import Parser
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from omni_common.callbacks import CallbackArea
from omni_common.version import __version__

ROOT = Path(__file__).parent.parent
PACKAGES = ("omni_common", "devino_async", "messente_async")
ENTRY_POINTS = {
    "console_scripts": {"omni"},
    "omni.callbacks": {
        "devino.email",
        "devino.omni",
        "devino.sms",
        "devino.sms_incoming",
        "messente.delivery",
        "messente.inbound",
    },
    "omni.providers": {"devino", "messente"},
    "omni.sandboxes": {"devino", "messente"},
}


def build(target: str, into: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    finished = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    [built] = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Metadata:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"omni_async-{__version__}.dist-info/METADATA").decode()
    return Parser().parsestr(text)


def source_files() -> set[str]:
    """Return every file of the packages as they lie in the repository, as wheel paths."""
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))
    return {
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_packages_whole_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packaged = {name for name in names if not name.startswith(f"omni_async-{__version__}")}
    assert packaged == source_files()
    assert {f"{package}/py.typed" for package in PACKAGES} <= packaged
    assert f"omni_async-{__version__}.dist-info/licenses/LICENSE" in names


def test_the_wheel_imports_away_from_the_repository(wheel: Path) -> None:
    # A wheel of Python alone can be imported from as it is, ahead of what is installed.
    code = (
        f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
        f"import {', '.join(PACKAGES)}\n"
        f"{'; '.join(f'from {package} import *' for package in PACKAGES)}\n"
        f"print(*(m.__file__ for m in ({', '.join(PACKAGES)})), sep='\\n')"
    )
    command = [sys.executable, "-I", "-W", "error", "-c", code]
    # Coverage is measured on the repository's files alone: the wheel's copies would count twice.
    unmeasured = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    finished = subprocess.run(command, env=unmeasured, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert [Path(line).parent.parent for line in finished.stdout.splitlines()] == [wheel] * 3


def test_the_wheel_declares_the_version_the_python_and_the_four_dependencies(
    metadata: Metadata,
) -> None:
    assert metadata["Name"] == "omni-async"
    assert metadata["Version"] == __version__
    assert metadata["Requires-Python"] == ">=3.11"
    required = metadata.get_all("Requires-Dist", [])
    always = {item for item in required if "extra ==" not in item}
    assert always == {"aiohttp<4,>=3.14.2", "attrs>=25.1", "backoff>=2.2.1", "cattrs>=25.1"}
    assert set(metadata.get_all("Provides-Extra", [])) == {"cli", "speed", "testing"}


def test_the_source_archive_can_be_tested_and_built_from(tmp_path: Path) -> None:
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = {
        "pyproject.toml",
        "noxfile.py",
        "README.md",
        "LICENSE",
        "tests/conftest.py",
        "examples/script.py",
        "docs/callbacks.md",
        ".ci/run",
    }
    assert expected | source_files() <= names


@pytest.mark.parametrize("group", ENTRY_POINTS)
def test_the_installed_entry_points_load(group: str) -> None:
    ours = [e for e in entry_points(group=group) if e.dist and e.dist.name == "omni-async"]
    assert {entry.name for entry in ours} == ENTRY_POINTS[group]
    loaded = [entry.load() for entry in ours]
    assert all(callable(each) or isinstance(each, CallbackArea) for each in loaded)
