"""The script behind continuous integration runs what README.md tells its reader to run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / ".ci" / "run"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a bash script")


def run_ci(folder: Path, readme: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the script in *folder*, as a repository whose README.md is *readme*."""
    (folder / ".ci").mkdir()
    copy = shutil.copy(SCRIPT, folder / ".ci" / "run")
    (folder / "README.md").write_text(readme)
    command = ["bash", copy]
    return subprocess.run(command, cwd="/", check=False, capture_output=True, text=True)


def test_it_runs_the_block_after_the_marker_and_no_other(tmp_path: Path) -> None:
    readme = (
        "```sh\necho demo\n```\n<!-- test command -->\n"
        "Some words.\n\n```sh\ntouch first\npwd\n```\n\n```sh\ntouch second\n```\n"
    )
    finished = run_ci(tmp_path, readme)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == str(tmp_path.resolve())
    assert (tmp_path / "first").exists()
    assert not (tmp_path / "second").exists()


def test_it_fails_as_the_command_fails(tmp_path: Path) -> None:
    readme = "<!-- test command -->\n```sh\nsh -c 'exit 7'\ntouch after\n```\n"
    finished = run_ci(tmp_path, readme)
    assert finished.returncode == 7
    assert not (tmp_path / "after").exists()


@pytest.mark.parametrize(
    ("readme", "complaint"),
    [
        ("```sh\ntrue\n```\n", "no closed code block"),
        ("<!-- test command -->\n", "no closed code block"),
        ("<!-- test command -->\n```sh\ntrue\n", "no closed code block"),
        ("<!-- test command -->\n```sh\n\n```\n", "is empty"),
    ],
    ids=["no marker", "no block", "block left open", "empty block"],
)
def test_it_says_what_is_wrong_with_the_readme(tmp_path: Path, readme: str, complaint: str) -> None:
    finished = run_ci(tmp_path, readme)
    assert finished.returncode == 1
    assert complaint in finished.stderr


def test_the_repositorys_own_readme_has_the_command() -> None:
    readme = (SCRIPT.parent.parent / "README.md").read_text()
    assert readme.count("<!-- test command -->") == 1
