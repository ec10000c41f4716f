"""``omni segments``: what a text takes as an SMS, before it is sent."""

from __future__ import annotations

from omni_common.cli.exits import ExitCode
from omni_common.cli.output import Result
from omni_common.segments import Encoding, segments

__all__ = ["counted"]


def counted(text: str) -> Result:
    """Count the segments of *text*; it is not shown, save for the characters that make it dear."""
    found = segments(text)
    unit = "septets" if found.encoding is Encoding.GSM_7 else "units of 16 bits"
    lines = [
        f"{found.count} segment{'s' * (found.count != 1)} of {found.encoding.value}",
        f"{found.units} {unit}, {found.per_segment} to a segment, {found.left} left in the last",
    ]
    if found.forced_by:
        lines.append(f"not in the GSM alphabet: {' '.join(found.forced_by)}")
    return Result(
        code=ExitCode.DONE,
        lines=tuple(lines),
        document={
            "segments": found.count,
            "encoding": found.encoding.value,
            "units": found.units,
            "per_segment": found.per_segment,
            "left": found.left,
            "forced_by": list(found.forced_by),
            "error": None,
        },
    )
