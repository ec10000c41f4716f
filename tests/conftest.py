"""What every test relies on: nothing of the developer's own account or machine reaches a test."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.figures import pytest_terminal_summary

__all__ = ["no_settings_of_the_developer", "pytest_configure", "pytest_terminal_summary"]

# Loaded machines make any single example slow; pytest-timeout bounds the whole test instead.
hypothesis.settings.register_profile("omni", deadline=None, print_blob=True)
hypothesis.settings.load_profile("omni")

# Development mode reports every slow step of a loop, and a loaded machine is slow.
logging.getLogger("asyncio").addFilter(lambda record: not str(record.msg).startswith("Executing "))


def pytest_configure() -> None:
    """Be far from UTC, and hear Ctrl-C again where a shell started pytest in the background.

    In UTC, which many machines have, a time that is taken for a local one by mistake goes
    unnoticed. What a shell starts in the background ignores Ctrl-C, and so would the programs that
    tests press it on.
    """
    os.environ["TZ"] = "FAR-05:45"
    if hasattr(time, "tzset"):
        time.tzset()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_developer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Hide OMNI_* variables and the user's configuration folder: tests never meet a real account.

    Python's development mode is for the tests alone: in programs that they start, nothing would
    keep what it says of slow steps from stderr.

    Yields the empty folder that stands in for the user's home.
    """
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("OMNI_")]:
            environment.delenv(name)
        environment.delenv("PYTHONDEVMODE", raising=False)
        for name in ("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME"):
            environment.setenv(name, str(home))
        yield home
