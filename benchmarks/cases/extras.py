"""This library twice: without its extras, and with ``speed``."""

from __future__ import annotations

from typing import Any

from benchmarks.case import Contestant, Setting

__all__ = ["OMNI", "SPEED", "plain_and_speed"]

OMNI = "omni"
SPEED = "omni + speed"


def plain_and_speed(
    work: Setting, count: int, *, named: str = "", **options: Any
) -> tuple[Contestant, Contestant]:
    """The same work without orjson and with it, both in one environment.

    *named* comes before both names, where there are several pairs.
    """
    prefix = f"{named}, " if named else ""
    return (
        Contestant(
            name=f"{prefix}{OMNI}", work=work, count=count, without=("orjson",), options=options
        ),
        Contestant(
            name=f"{prefix}{SPEED}", work=work, count=count, needs=("orjson",), options=options
        ),
    )
