"""Wrong arguments, explained without repeating them: they may be a message or a password."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Literal, get_args, get_origin

from cyclopts import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

__all__ = ["UsageError", "explain"]

_NUMBERS: Mapping[object, str] = {int: "a whole number", float: "a number"}
_OPTION = re.compile(r"--[a-z][a-z-]{0,20}")


class UsageError(Exception):
    """The arguments do not fit together; nothing was done."""

    def __init__(self, text: str, *, field: str | None = None) -> None:
        """Say what is wrong.

        Args:
            text: What is wrong and what would be right; quotes no value.
            field: The option or argument concerned.
        """
        super().__init__(text)
        self.text = text
        self.field = field


def explain(error: CycloptsError, commands: Iterable[str]) -> UsageError:
    """Say in our own words what the parser found; *commands* are those that exist.

    The parser's own texts quote what was typed.
    """
    chain = " ".join(["omni", *(error.command_chain or ())])
    found = _explained(error, sorted(commands))
    return UsageError(f"{found.text}; see {chain} --help", field=found.field)


def _explained(error: CycloptsError, commands: list[str]) -> UsageError:
    name: str | None = None
    match error:
        case UnknownCommandError():
            typed = (error.unused_tokens or [""])[0]
            text = f"no such command{_nearest(typed, commands)}; there are {', '.join(commands)}"
        case UnknownOptionError():
            typed = (error.token.keyword or error.token.value).partition("=")[0]
            known = [each for argument in error.argument_collection for each in argument.names]
            # Anything else may be a value that begins with a hyphen.
            name = typed if _OPTION.fullmatch(typed) else None
            text = f"no such option{f' {name}' if name else ''}{_nearest(typed, known)}"
        case UnusedCliTokensError():
            count = len(error.unused_tokens or ())
            text = f"{count} argument{'s' * (count != 1)} too many"
        case RepeatArgumentError():
            name = error.token.keyword
            text = f"{name} is given more than once"
        case MissingArgumentError():
            name = _name_of(error)
            text = f"{name} is missing, or has no value"
        case CoercionError():
            name = _name_of(error)
            text = f"{name} {_accepted(error.target_type)}"
        case _:
            text = "the arguments do not fit together"
    return UsageError(text, field=name)


def _name_of(error: CycloptsError) -> str:
    if error.argument is None:
        return "a value"
    name = error.argument.name
    return name if name.startswith("--") else name.upper()


def _accepted(kind: object) -> str:
    if get_origin(kind) is Literal:
        return f"must be one of {', '.join(map(str, get_args(kind)))}"
    if kind is bool:
        return "is a switch and takes no value"
    return f"must be {_NUMBERS.get(kind, 'a text')}"


def _nearest(typed: str, known: Iterable[str]) -> str:
    nearest = get_close_matches(typed.lower(), known, n=1)
    return f", did you mean {nearest[0]}?" if nearest else ""
