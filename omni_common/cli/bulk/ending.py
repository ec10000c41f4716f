"""How a campaign ended: the exit code, the table and the document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from omni_common.cli import documents
from omni_common.cli.bulk.table import outcome_lines, row_lines
from omni_common.cli.bulk.tally import Tally
from omni_common.cli.exits import ExitCode
from omni_common.cli.outbox.status import Counts, counts_document
from omni_common.cli.output import Result
from omni_common.cli.usage import UsageError
from omni_common.errors import OmniError
from omni_common.outbox.entry import EntryState
from omni_common.redaction import shown_name

__all__ = ["Ending", "code_of", "ended", "rows_document"]

_WAITING = (EntryState.QUEUED, EntryState.CLAIMED)
_NOT_SENT = (EntryState.REFUSED, EntryState.EXPIRED)
"""What was to be sent and was not; what somebody took back was not to be sent any more."""


@frozen(kw_only=True)
class Ending:
    """What there is to say of a campaign at the end of a run."""

    campaign: str
    tally: Tally
    counts: Counts | None
    """None if the outbox could not be asked any more."""
    kept: bool = False
    """Whether what is queued waits for its time, as it was asked to."""
    paused: str | None = None
    """Why the outbox sends nothing for now."""
    interrupted: bool = False
    error: OmniError | UsageError | None = None
    """What kept the run from its end."""
    report: Path | None = None
    """The report, if it was written."""


def code_of(counts: Counts, refused_rows: int, *, kept: bool) -> ExitCode:
    """What a script may conclude from how the messages of a campaign and its rows ended."""
    states = _by_state(counts)
    if states[EntryState.UNKNOWN]:
        return ExitCode.UNKNOWN
    if not kept and any(states[state] for state in _WAITING):
        return ExitCode.AGAIN
    if refused_rows or any(states[state] for state in _NOT_SENT):
        return ExitCode.REFUSED
    return ExitCode.DONE


def ended(ending: Ending) -> Result:
    """Everything that is said at the end."""
    tally = ending.tally
    rows = f"{tally.rows:,} row{'s' * (tally.rows != 1)}"
    lines = [f"campaign {shown_name(ending.campaign)}: {rows}"]
    lines += outcome_lines(ending.counts or {})
    if tally.before:
        lines.append(f"  of these, {tally.before:,} had been handed over before")
    lines += row_lines(tally)
    if ending.report is not None:
        lines.append(f"report: {shown_name(ending.report)}")
    complaint, error = _complaint(ending)
    return Result(
        code=_code(ending),
        document=_document(ending, error),
        lines=tuple(lines),
        complaint=complaint,
    )


def _code(ending: Ending) -> ExitCode:
    if ending.interrupted:
        return ExitCode.INTERRUPTED
    code = code_of(ending.counts or {}, ending.tally.refused_rows, kept=ending.kept)
    if ending.error is not None or ending.paused is not None:
        return ExitCode.UNKNOWN if code is ExitCode.UNKNOWN else ExitCode.AGAIN
    return code


def _complaint(ending: Ending) -> tuple[str, dict[str, Any] | None]:
    """What is to be said beside the table: as a text, and for the document."""
    continues = "the same command continues"
    if ending.interrupted:
        text = f"interrupted; {continues}"
        return text, documents.error(UsageError(text)) | {"class": "Interrupted"}
    if ending.error is not None:
        return f"{ending.error.text}. When that is put right, {continues}", documents.error(
            ending.error
        )
    if ending.paused is not None:
        text = (
            f"the outbox is paused: {ending.paused}. All that was not sent stays queued; when that"
            f" is put right, {continues}"
        )
        return text, documents.error(UsageError(text)) | {"class": "Paused"}
    if ending.kept and (number := _by_state(ending.counts or {})[EntryState.QUEUED]):
        them = "message is kept until its" if number == 1 else "messages are kept until their"
        return f"{number:,} {them} time; omni outbox run sends what is kept", None
    return "", None


def _document(ending: Ending, error: Mapping[str, Any] | None) -> dict[str, Any]:
    counts = None if ending.counts is None else counts_document(ending.counts)
    return {
        "campaign": ending.campaign,
        "dry_run": False,
        **rows_document(ending.tally),
        "before": ending.tally.before,
        "outcomes": counts and counts["states"],
        "deliveries": counts and counts["deliveries"],
        "kept": ending.kept,
        "report": None if ending.report is None else str(ending.report),
        "error": error,
    }


def rows_document(tally: Tally) -> dict[str, Any]:
    """What a pass over the table has met."""
    return {
        "rows": tally.rows,
        "messages": tally.messages,
        "skipped": {why.value: number for why, number in tally.skipped.items()},
        "refused": [
            {"reason": reason, "rows": found.count, "first_lines": list(found.lines)}
            for reason, found in tally.refused.items()
        ],
    }


def _by_state(counts: Counts) -> Counter[EntryState]:
    states: Counter[EntryState] = Counter()
    for (state, _), number in counts.items():
        states[state] += number
    return states
