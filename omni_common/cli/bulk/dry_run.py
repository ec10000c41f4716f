"""``omni bulk --dry-run``: everything but sending."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from omni_common.cli.bulk.ending import rows_document
from omni_common.cli.bulk.hand_over import reason_of
from omni_common.cli.bulk.plan import Plan, Planned, SkippedRow
from omni_common.cli.bulk.preview import PREVIEWED, preview_documents, preview_lines
from omni_common.cli.bulk.table import row_lines
from omni_common.cli.bulk.tally import Tally
from omni_common.cli.exits import ExitCode
from omni_common.cli.output import Output, Result
from omni_common.message import Message, Sms
from omni_common.provider import OmniProvider
from omni_common.segments import segments

__all__ = ["dry_run"]


def dry_run(plan: Plan, provider: OmniProvider, output: Output) -> Result:
    """Look at every row as if it were sent; count messages, segments and what would be refused.

    Raises:
        UsageError: The table cannot be read to its end.
    """
    tally, first = Tally(), list[Planned]()
    with closing(plan.rows()) as rows:
        for row in rows:
            if isinstance(row, SkippedRow):
                tally.skip(row.why)
            elif not isinstance(row, Planned):
                tally.refuse(row.line, row.reason)
            elif errors := provider.check(row.message):
                tally.refuse(row.line, reason_of(errors[0]))
            else:
                tally.take()
                tally.segments += _segments(row.message)
                if len(first) < PREVIEWED:
                    first.append(row)
    counted = plan.wording.has_sms
    sms = f", {tally.segments:,} SMS segments" if counted else ""
    lines = (
        *preview_lines(first, output),
        f"dry run: {tally.rows:,} rows, {tally.messages:,} messages{sms}; nothing was sent",
        *row_lines(tally),
    )
    return Result(
        code=ExitCode.REFUSED if tally.refused else ExitCode.DONE,
        lines=lines,
        document=_document(tally, counted=counted)
        | {"preview": preview_documents(first, output), "error": None},
    )


def _document(tally: Tally, *, counted: bool) -> dict[str, Any]:
    count = tally.segments if counted else None
    return {"dry_run": True, **rows_document(tally), "segments": count}


def _segments(message: Message) -> int:
    """What *message* takes if its SMS is sent, be it as the last of several channels."""
    return sum(segments(each.text).count for each in message.content if isinstance(each, Sms))
