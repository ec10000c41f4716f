"""The faults that are planted: each is one small change to the source of a module.

What is changed, and into what, is mutmut's choice: numbers, words, operators, branches, arguments
and assignments; conditions that are turned round and the bounds of patterns are added. Mutmut's own
runner is of no use here. It puts all changes of a function into one module and picks one when the
function is called, so it reaches nothing that is decided when a module is imported, and that is
where this project keeps what matters most: the table of retry rules, the order of states, patterns,
validators, and which field is shown under which mask.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import libcst as cst
from mutmut.mutation.mutators import mutation_operators

__all__ = ["faulty_sources"]

_NEVER_CALLED_WITH_LESS = {"isinstance", "len"}
"""Calls that a change only makes raise."""
_FOR_TOOLS = {"__all__", "__slots__"}
"""Names whose values say nothing about what the code does."""


def faulty_sources(source: str) -> Iterator[str]:
    """*source* with one fault, for each fault that can be planted in it."""
    module = cst.parse_module(source)
    seen = {ast.dump(ast.parse(source))}
    for node, changed in _changes(module):
        faulty = module.deep_replace(node, changed).code
        try:
            meaning = ast.dump(ast.parse(faulty))
        except SyntaxError:
            continue
        if meaning not in seen:
            seen.add(meaning)
            yield faulty


def _changes(node: Any) -> Iterator[tuple[Any, Any]]:
    if _says_nothing(node):
        return
    for kind, changes_of in (*mutation_operators, *_MORE_OPERATORS):
        if isinstance(node, kind):
            for changed in changes_of(node):
                yield node, changed
    for child in node.children:
        yield from _changes(child)


def _says_nothing(node: Any) -> bool:
    """Whether a change inside of *node* is none of behaviour."""
    match node:
        case (
            cst.Annotation()
            | cst.Decorator()
            | cst.Import()
            | cst.ImportFrom()
            | cst.AnnAssign(annotation=cst.Annotation(annotation=cst.Name("TypeAlias")))
            | cst.Assign(value=cst.Call(func=cst.Name("TypeVar" | "ParamSpec")))
        ):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(name))]):
            return name in _FOR_TOOLS
        case cst.Call(func=cst.Name(name)):
            return name in _NEVER_CALLED_WITH_LESS
        case cst.SimpleString():  # words for people, whose wording no test pins down
            return " " in str(node.evaluated_value)
        case _:
            return False


def _turned_round(node: Any) -> Iterator[Any]:
    if isinstance(node.test, cst.Comparison | cst.UnaryOperation):
        return  # mutmut turns these round
    condition = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(operator=cst.Not(), expression=condition))


def _other_bounds(node: Any) -> Iterator[Any]:
    if "r" in node.prefix:
        for number in re.finditer(r"\d+", node.value):
            before, after = node.value[: number.start()], node.value[number.end() :]
            yield node.with_changes(value=f"{before}{int(number[0]) + 1}{after}")


_MORE_OPERATORS = ((cst.If, _turned_round), (cst.SimpleString, _other_bounds))
