"""Each command in Python's development mode, with warnings as errors: nothing comes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from messente_async.sandbox import MessenteEmulator
from tests.cli.command import NumberMaker, completed

_SLOW_STEP = re.compile(r"^omni: Executing <.+> took [0-9.]+ seconds\n", re.MULTILINE)
"""What development mode says on a machine that is busy."""


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["providers"], 0),
        (["segments", "Hello"], 0),
        (["demo"], 0),
        (["send", "NUMBER", "--text", "Hello"], 0),
        (["status", "messente:00000000-0000-0000-0000-000000000000"], 2),
        (["cancel", "messente:00000000-0000-0000-0000-000000000000"], 2),
        (["sandbox", "--messente-port", "none"], 64),
    ],
)
def test_a_command_leaves_nothing_open_and_warns_of_nothing(
    over_messente: MessenteEmulator, number: NumberMaker, tokens: Sequence[str], code: int
) -> None:
    del over_messente
    tokens = [number("9999") if token == "NUMBER" else token for token in tokens]
    ended = completed(*tokens, environment={"PYTHONDEVMODE": "1"})
    complaints = _SLOW_STEP.sub("", ended.complaints)
    assert (ended.code, "Warning" in complaints, "Traceback" in complaints) == (code, False, False)
    assert code or not complaints
