from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from omni_common.sync.portal import Portal
from tests.sync.children import StartChild, children
from tests.sync.held import Held


@pytest.fixture
def portal() -> Iterator[Portal[Held]]:
    with closing(Portal(Held)) as portal:
        yield portal


@pytest.fixture
def start_child() -> Iterator[StartChild]:
    with children() as start:
        yield start
