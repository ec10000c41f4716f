"""Where the rules of the Messente emulator see problems."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from messente_async.sandbox import Account, MessenteBehaviour
from messente_async.sandbox.rules import find_problems
from tests.support.messente_caller import omnimessage

__all__ = ["NOW", "part_sources", "sources"]

NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)


def sources(payload: Any, **behaviour: Any) -> list[str]:
    """Where the problems of *payload* are, under a behaviour with these switches."""
    found = find_problems(payload, MessenteBehaviour(**behaviour), Account(), NOW)
    return [problem.source for problem in found]


def part_sources(
    channel: str, /, behaviour: dict[str, Any] | None = None, **part: Any
) -> list[str]:
    """Where the problems of a lone channel's message are, relative to it."""
    found = sources(omnimessage({"channel": channel, **part}), **behaviour or {})
    return [source.removeprefix(f"payload[{channel}]") for source in found]
