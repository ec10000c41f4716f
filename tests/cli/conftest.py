"""The command in this process, and emulators of both vendors for it to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.cli import main
from omni_common.sandbox import running
from tests.cli.command import Ended, NumberMaker, Omni, fresh_numbers
from tests.support.third_party import install


@pytest.fixture
def omni(capsys: pytest.CaptureFixture[str]) -> Omni:
    def run(*tokens: str) -> Ended:
        capsys.readouterr()
        code = main(tokens)
        output, complaints = capsys.readouterr()
        return Ended(code, output, complaints)

    return run


@pytest.fixture(scope="session")
def number() -> NumberMaker:
    return fresh_numbers()


@pytest.fixture(scope="session")
def messente() -> Iterator[MessenteEmulator]:
    with running(MessenteEmulator()) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def devino() -> Iterator[DevinoEmulator]:
    with running(DevinoEmulator()) as emulator:
        yield emulator


@pytest.fixture
def over_messente(messente: MessenteEmulator, monkeypatch: pytest.MonkeyPatch) -> MessenteEmulator:
    monkeypatch.setenv("OMNI_URL", f"{messente.url}?sender=Shop")
    return messente


@pytest.fixture
def over_devino(devino: DevinoEmulator, monkeypatch: pytest.MonkeyPatch) -> DevinoEmulator:
    monkeypatch.setenv("OMNI_URL", f"{devino.url}?sender=Shop")
    return devino


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = "tests.cli.third_party"
    install(tmp_path, {"broken": f"{here}:Broken", "patient": f"{here}:Patient"})
    monkeypatch.syspath_prepend(tmp_path)
