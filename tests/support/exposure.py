"""What a log, a debugger, a crash reporter or a store shows of things: where it is, and what."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from omni_common.testing.listening import listening
from tests.support.canaries import Search
from tests.support.figures import RecordProperty

__all__ = [
    "Shown",
    "chain_of",
    "locals_of",
    "searching",
    "shown_of",
    "shown_of_error",
    "shown_of_records",
]

Shown: TypeAlias = Iterator[tuple[str, str]]

_TESTS = str(Path(__file__).parents[1])


def chain_of(error: BaseException, *, as_shown: bool = False) -> list[BaseException]:
    """*error*, all that it was raised from or during, and the members of groups.

    *as_shown*, without what a ``raise ... from`` hides.
    """
    found: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending:
        link = pending.pop()
        if link is None or any(link is each for each in found):
            continue
        found.append(link)
        pending.append(link.__cause__)
        if not (as_shown and link.__suppress_context__):
            pending.append(link.__context__)
        if isinstance(link, BaseExceptionGroup):
            pending += link.exceptions
    return found


def _without_source(lines: Iterable[str]) -> str:
    """The lines of a traceback but for those of source code, which is the tests' own, not data."""
    found = [line for text in lines for line in text.splitlines()]
    return "\n".join(line for line in found if not line.startswith("    "))


def shown_of_error(error: BaseException) -> Shown:
    """All that can be made of an error, its causes included, save for the attribute ``raw``."""
    for link in chain_of(error):
        name = type(link).__name__
        yield f"repr of {name}", repr(link)
        yield f"text of {name}", str(link)
        yield f"args of {name}", repr(link.args)
        yield f"notes of {name}", repr(getattr(link, "__notes__", ()))
        facts = {key: fact for key, fact in vars(link).items() if key not in _THE_VENDORS_WORDS}
        yield f"attributes of {name}", repr(facts)
    for with_chain in (True, False):
        lines = traceback.format_exception(error, chain=with_chain)
        yield "traceback", _without_source(lines)
    record = logging.LogRecord("x", 40, "", 0, "failed", (), (type(error), error, None))
    yield "log record", f"{_without_source([logging.Formatter().format(record)])} {vars(record)}"
    yield from locals_of(error)
    yield from shown_of_copies(error)


_THE_VENDORS_WORDS = {"raw", "vendor_code", "field"}
"""What the vendor said as it said it, for the program that asks."""


_GIVEN_BARE = {("source", "upload")}
"""Arguments whose content is passed as plain bytes, by their name and the function's."""


def locals_of(error: BaseException) -> Shown:
    """The local variables that a crash reporter would show, but for those of the tests' frames."""
    for link in chain_of(error, as_shown=True):
        whole = traceback.TracebackException.from_exception(link, capture_locals=True)
        for frame in whole.stack:
            if not frame.filename.startswith(_TESTS):
                place = f"{frame.filename}, {frame.name}"
                for name, value in (frame.locals or {}).items():
                    if (name, frame.name) in _GIVEN_BARE:
                        continue
                    yield f"local {name} of {place} under {type(link).__name__}", value


def shown_of_copies(error: BaseException) -> Shown:
    """The pickle and the copies of an error."""
    for made in (pickle.dumps(error), pickle.dumps(error, protocol=0)):
        yield "pickle", made.decode("latin-1")
    for again in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own bytes
        yield "copy", f"{again!r} {again} {again.args}"


def shown_of(thing: object) -> Shown:
    """What printing *thing* shows, alone or within others."""
    name = type(thing).__name__
    yield f"repr of {name}", repr(thing)
    yield f"text of {name}", f"{thing} {thing!s} {thing:}" if _is_plain(thing) else str(thing)
    yield f"repr of a list of {name}", repr([thing])


def _is_plain(thing: object) -> bool:
    return type(thing).__format__ is object.__format__


def shown_of_records(records: Collection[logging.LogRecord]) -> Shown:
    """Everything that *records* say, and hold."""
    formatter = logging.Formatter()
    for record in records:
        text = _without_source([formatter.format(record)])
        yield f"log of {record.name}", f"{text} {vars(record)}"


@contextmanager
def searching(record_property: RecordProperty) -> Iterator[Search]:
    """Search what the test looks at and all that is logged meanwhile; nothing may be found."""
    search = Search()
    with listening() as records:
        yield search
    search.look_at_all(shown_of_records(records))
    record_property("canaries", search.figures)
    assert search.leaks == {}, search.leaks
    assert search.outputs > 0, "nothing came out"
