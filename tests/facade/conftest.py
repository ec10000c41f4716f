"""Both vendors' emulators on a thread of their own, as a script would meet a vendor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.sandbox import Emulator, SandboxClock, running


@pytest.fixture(params=[MessenteEmulator, DevinoEmulator], ids=["messente", "devino"])
def vendor(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with running(request.param(clock=SandboxClock(frozen=True))) as emulator:
        yield emulator


@pytest.fixture
def url(vendor: Emulator) -> str:
    return f"{vendor.url}?sender=Shop"
