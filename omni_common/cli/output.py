"""What a command has to say, and how it is written: for people, or as one JSON document."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, TextIO

from attrs import frozen
from cyclopts import Group, Parameter

from omni_common.cli.exits import ExitCode
from omni_common.redaction import mask_number, mask_words

__all__ = ["PLAIN", "Output", "Result", "write", "write_json"]


@frozen(kw_only=True)
class Result:
    """What came of a command."""

    code: ExitCode
    document: Mapping[str, Any]
    """What ``--json`` prints."""
    lines: tuple[str, ...] = ()
    """What is printed otherwise."""
    complaint: str = ""
    """What went wrong, for standard error; in the document it stands under ``error``."""


@Parameter(name="*", group=Group("Output", sort_key=3))
@frozen(kw_only=True)
class Output:
    """The form in which a command answers."""

    json: Annotated[bool, Parameter(help="Print one JSON document.", show_default=False)] = False
    show_numbers: Annotated[
        bool, Parameter(help="Print recipients in full.", show_default=False)
    ] = False

    def recipient(self, address: str) -> str:
        """A phone number or an e-mail address as it may be shown."""
        return address if self.show_numbers else mask_number(address)

    def words(self, text: str) -> str:
        """A vendor's words as they may be shown: they may quote a number or an address."""
        return text if self.show_numbers else mask_words(text)

    def show(self, result: Result) -> int:
        """Write *result*; return the exit code."""
        if self.json:
            write_json(result.document)
        else:
            write(sys.stdout, *result.lines)
            if result.complaint:
                write(sys.stderr, f"omni: {result.complaint}")
        return int(result.code)


PLAIN = Output()


def write_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document to standard output, in ASCII."""
    write(sys.stdout, json.dumps(document, indent=2))


def write(stream: TextIO | None, *lines: str) -> None:
    """Write *lines* at once; where they cannot be written, on standard error instead.

    What was done stays done, and the exit code says so: a full disk or a reader that went away
    must not make a message that was sent look like one that was not.
    """
    text = "".join(f"{line}\n" for line in lines)
    lost = stream is None or not _is_written(stream, text)
    if lost and stream is not sys.stderr:
        write(sys.stderr, *lines)


def _is_written(stream: TextIO, text: str) -> bool:
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        # Else the interpreter writes again at its end, complains and changes the exit code.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return isinstance(error, BrokenPipeError)  # whoever read has seen enough
    return True
