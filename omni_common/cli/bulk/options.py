"""What a campaign is, as options say it: of which table, over which outbox, under which name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

from attrs import frozen
from cyclopts import Group, Parameter

from omni_common.cli.bulk.delimiter import Delimiter
from omni_common.cli.bulk.encoding import Encoding
from omni_common.cli.usage import UsageError

__all__ = ["BulkOptions"]


@Parameter(name="*", group=Group("Campaign", sort_key=0))
@frozen(kw_only=True)
class BulkOptions:
    """Options of ``omni bulk`` alone."""

    outbox: Annotated[
        Path | None,
        Parameter(
            help="The outbox, a file that keeps what was handed over and what became of it; made if"
            " it is not there. Needed unless the account is an outbox itself."
        ),
    ] = None
    campaign: Annotated[
        str | None,
        Parameter(
            help="The campaign's name: nobody gets two messages of one campaign. By default the"
            " name of the outbox's file."
        ),
    ] = None
    dry_run: Annotated[
        bool,
        Parameter(help="Count and check everything, and send nothing.", show_default=False),
    ] = False
    to: Annotated[
        str | None, Parameter(help="The column that holds the recipients, if it is not clear.")
    ] = None
    add_plus: Annotated[
        bool,
        Parameter(
            help="Numbers without + begin with their country's code; else they are refused.",
            show_default=False,
        ),
    ] = False
    stop_list: Annotated[
        Path | None,
        Parameter(help="Write to nobody in this file: one recipient a line, or a CSV."),
    ] = None
    report: Annotated[
        Path | None,
        Parameter(help="Write what became of each row into this CSV, for its owner alone."),
    ] = None
    rate: Annotated[float | None, Parameter(help="Messages a second at most.")] = None
    delimiter: Annotated[
        Delimiter | None, Parameter(help="What stands between cells, if it is not clear.")
    ] = None
    encoding: Annotated[
        Encoding | None,
        Parameter(help="The file's encoding, if it is neither UTF-8 nor marked as UTF-16."),
    ] = None

    def check(self) -> None:
        """See that the options fit together.

        Raises:
            UsageError: They do not.
        """
        if self.rate is not None and not (math.isfinite(self.rate) and self.rate > 0):
            raise UsageError("--rate must be a number above 0", field="--rate")
        if self.campaign is not None and not self.campaign.strip():
            raise UsageError("--campaign must be a name", field="--campaign")
        if self.dry_run and self.report is not None:
            raise UsageError("--dry-run writes nothing; leave out --report", field="--report")
