"""Which messages of a journal a command is about: those that are named, or all in a state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import TypeVar

from omni_common.cli.output import Output
from omni_common.cli.usage import UsageError
from omni_common.outbox import EntryState, OutboxFile
from omni_common.outbox.ids import reference_in
from omni_common.redaction import mask_text
from omni_common.source import in_chunks

__all__ = ["in_state", "named", "shown_reference", "with_each"]

T = TypeVar("T")

_TOGETHER = 500
"""Messages that wait for the disk together."""


def named(typed: Sequence[str], option: str, *, all_of_them: bool) -> list[str]:
    """The references that were *typed*, as such or as ids of an outbox; none for *option*.

    Raises:
        UsageError: There are none without *option*, or some with it.
    """
    if all_of_them and typed:
        raise UsageError(f"{option} means all of them; leave out REFERENCES", field=option)
    if not all_of_them and not typed:
        raise UsageError(f"REFERENCES is missing; {option} means all of them", field="REFERENCES")
    return list(dict.fromkeys(reference_in(each) or each for each in typed))


def shown_reference(reference: str, output: Output) -> str:
    """A reference that the journal does not have as it may be shown: it may be a stray number."""
    return output.words(reference) if reference.isprintable() else mask_text(reference)


async def in_state(file: OutboxFile, state: EntryState) -> AsyncGenerator[str, None]:
    """The references of all messages that are in *state*."""
    async with aclosing(file.entries([state])) as entries:
        async for entry in entries:
            yield entry.reference


async def with_each(
    references: Iterable[str] | AsyncIterable[str],
    work: Callable[[str], Awaitable[T]],
    tell: Callable[[str, T], object],
) -> None:
    """Do *work* with each of many references, some at once; *tell* what came of each.

    Raises:
        Exception: What *work* raised first; what came of those beside it has been told.
    """
    async with aclosing(in_chunks(references, _TOGETHER)) as chunks:
        async for some in chunks:
            results = await asyncio.gather(*map(work, some), return_exceptions=True)
            failures = []
            for reference, result in zip(some, results, strict=True):
                if isinstance(result, BaseException):
                    failures.append(result)
                else:
                    tell(reference, result)
            if failures:
                raise failures[0]
