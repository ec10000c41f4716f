"""How much is tried: a short run among all tests, and the whole of it with ``--full``.

``nox -s reliability`` is the whole; ``docs/reliability.md`` says what came of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

__all__ = ["Size", "pytest_addoption", "pytest_collection_modifyitems", "size"]

_SECONDS = 1800
"""The longest that one test of a full run may take."""


class Size(Protocol):
    """How many of something a test tries."""

    def __call__(self, *, short: int, full: int) -> int: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="try as much as docs/reliability.md tells of"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--full", default=False):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(_SECONDS))


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    """Chooses between the size among all tests and that of a full run."""
    is_full = bool(request.config.getoption("--full", default=False))

    def chosen(*, short: int, full: int) -> int:
        return full if is_full else short

    return chosen
