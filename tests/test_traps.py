"""Each trap of the contract sheet that a client can fall into is named by a test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
TRAPS = frozenset(range(1, 78))
NOT_A_CLIENTS = {
    17: "the vendors' own example commands are broken; no fixture here is made from them",
}
"""Traps about documents, in which no code of this project has a part."""


def named_traps() -> set[int]:
    names = (
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return {
        int(number)
        for name in names
        if name.startswith("test_")
        for number in re.findall(r"(?<=_)t(\d{1,2})(?=_|$)", name)
    }


def test_each_trap_is_named_by_a_test() -> None:
    assert sorted(TRAPS - named_traps() - NOT_A_CLIENTS.keys()) == []


def test_no_test_names_a_trap_that_there_is_not() -> None:
    assert sorted(named_traps() - TRAPS) == []
