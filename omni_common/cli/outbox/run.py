"""``omni outbox run``: send what falls due, until somebody ends it or nothing is left."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType

from attrs import frozen

from omni_common.cli import documents
from omni_common.cli.account import Account
from omni_common.cli.exits import ExitCode
from omni_common.cli.outbox.attendance import Attendance
from omni_common.cli.outbox.journal import existing, opened, shown_counts, shown_messages
from omni_common.cli.output import Result, write
from omni_common.cli.usage import UsageError
from omni_common.outbox import EntryState, Outbox

__all__ = ["Wanted", "run_outbox"]

_LEFT = (EntryState.QUEUED, EntryState.CLAIMED)


@frozen(kw_only=True)
class Wanted:
    """What is to be sent, and how."""

    journal: Path | None
    """None: the account is an outbox, whose journal it is."""
    until_empty: bool
    rate: float | None
    """Messages a second."""


class _Ending(StrEnum):
    EMPTY = "empty"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"


def run_outbox(wanted: Wanted, account: Account, *, json: bool) -> Result:
    """Send what a journal holds until it ends, and say how that was.

    Raises:
        UsageError: It is not said which journal, or said twice.
        ConfigurationError: There is no journal, or the account is not described well.
        JournalError: It cannot be read or written.
    """
    omni = _outbox(wanted, account)

    def tell(line: str) -> None:
        if not json:
            write(sys.stdout, line)

    attendance = Attendance(omni, tell, until_empty=wanted.until_empty)
    is_cut_off = False
    try:
        asyncio.run(_run(omni, attendance))
    except asyncio.CancelledError:  # by the second signal
        is_cut_off = True
    counts = asyncio.run(_counts(omni.journal_file))
    return _result(attendance, counts, wanted, is_cut_off=is_cut_off)


def _outbox(wanted: Wanted, account: Account) -> Outbox:
    if wanted.rate is not None and not (wanted.rate > 0 and math.isfinite(wanted.rate)):
        raise UsageError("--rate must be a number above 0", field="--rate")
    provider = account.connect()
    if not isinstance(provider, Outbox):
        if wanted.journal is None:
            raise UsageError(
                "JOURNAL is missing; only an account that is an outbox has one of its own",
                field="JOURNAL",
            )
        return Outbox(provider, existing(wanted.journal), rate=wanted.rate)
    existing(provider.journal_file)
    if wanted.journal is not None and wanted.journal.resolve() != provider.journal_file.resolve():
        raise UsageError(
            "the account is an outbox with another journal; leave out JOURNAL, or use the profile"
            " that it sends over",
            field="JOURNAL",
        )
    if wanted.rate is not None:
        raise UsageError(
            "the account is an outbox; put the rate into its profile, and leave out --rate",
            field="--rate",
        )
    return provider


async def _run(omni: Outbox, attendance: Attendance) -> None:
    task = asyncio.current_task()
    logger = logging.getLogger("omni_common.outbox")
    level = logger.level

    def end(number: int) -> None:
        if attendance.ended_by is None:
            write(sys.stderr, "omni: ending; waits for what is being sent, once more cuts it off")
            attendance.end(number)
        elif task is not None:
            task.cancel()

    async with opened(omni.journal_file) as file:
        await file.count_open()  # so that what is wrong with it is said before anything begins
    with _on_signals(end):
        try:
            async with omni:
                await _attended(attendance, task)
                logger.setLevel(logging.ERROR)  # what is kept is in the last line
        finally:
            await omni.close()  # also where it could not be opened
            logger.setLevel(level)


async def _attended(attendance: Attendance, task: asyncio.Task[None] | None) -> None:
    try:
        await attendance.attend()
    except asyncio.CancelledError:
        if task is not None:
            task.cancel()  # closing the outbox, which would wait for what is being sent
        raise


async def _counts(journal: Path) -> Mapping[EntryState, int]:
    async with opened(journal) as file:
        return await file.count()


def _result(
    attendance: Attendance, counts: Mapping[EntryState, int], wanted: Wanted, *, is_cut_off: bool
) -> Result:
    left = sum(counts[state] for state in _LEFT)
    ending = _ending(attendance, left)
    kept = f"{shown_messages(left)} stay{'s' * (left == 1)} queued" if left else "nothing is queued"
    if is_cut_off:
        kept += "; what was being sent may have been sent, and is unknown"
    code, lines, complaint = ExitCode.DONE, [shown_counts(counts, EntryState)], ""
    match ending:
        case _Ending.INTERRUPTED:
            code, complaint = ExitCode.INTERRUPTED, f"interrupted; {kept}"
        case _Ending.PAUSED:
            code, complaint = ExitCode.AGAIN, f"paused: {attendance.paused}; {kept}"
        case _Ending.TERMINATED:
            code = ExitCode.AGAIN if wanted.until_empty and left else ExitCode.DONE
            lines.append(f"ended by SIGTERM; {kept}")
    is_interrupted = ending is _Ending.INTERRUPTED
    error = documents.error(UsageError(complaint)) | {"class": "Interrupted"}
    document = {
        "ended": ending.value,
        "states": {state.value: counts[state] for state in EntryState},
        "paused": attendance.paused,
        "error": error if is_interrupted else None,
    }
    return Result(code=code, document=document, lines=tuple(lines), complaint=complaint)


def _ending(attendance: Attendance, left: int) -> _Ending:
    match attendance.ended_by:
        case signal.SIGINT:
            return _Ending.INTERRUPTED
        case None:
            return _Ending.PAUSED if left and attendance.paused is not None else _Ending.EMPTY
    return _Ending.TERMINATED


@contextmanager
def _on_signals(take: Callable[[int], object]) -> Iterator[None]:
    """Give Ctrl-C and SIGTERM to *take*, in the running loop, and to nobody else."""
    loop = asyncio.get_running_loop()

    def handle(number: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(take, number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
