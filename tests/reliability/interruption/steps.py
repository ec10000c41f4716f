"""An exception at any step of a program where Python lets a signal handler raise one.

CPython runs signal handlers where a function begins, where a loop steps back, and after a call of
something that is not written in Python; nowhere else, and so not between a ``return`` and what is
done with the value. These steps are counted, and at one of them an exception is raised.
"""

from __future__ import annotations

import dis
import sys
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Self

import devino_async
import messente_async
import omni_common

__all__ = ["EVERYWHERE", "LIBRARY", "Steps"]

_CALLS = {code for name, code in dis.opmap.items() if name.startswith("CALL")}
_JUMPS = {code for name, code in dis.opmap.items() if "JUMP_BACKWARD" in name}
_UNINTERRUPTED = {code for name, code in dis.opmap.items() if name.endswith("NO_INTERRUPT")}
_RESUME = dis.opmap["RESUME"]
_AFTER_A_SUSPENSION = 2
"""From this argument on, resuming continues an ``await`` or a ``yield from``: nothing is raised."""
LIBRARY = tuple(
    str(Path(package.__path__[0])) for package in (omni_common, messente_async, devino_async)
)
EVERYWHERE = ("",)


class Steps:
    """Counts steps of this thread, and raises ``KeyboardInterrupt`` at one."""

    def __init__(self, strike_at: int = 0, within: tuple[str, ...] = LIBRARY) -> None:
        """Count the steps of what is written in Python and comes from paths that begin so."""
        self.counted = 0
        self.struck = ""
        """The function and the line where it was raised."""
        self._strike_at = strike_at
        self._within = within
        self._last: dict[FrameType, tuple[int, int]] = {}
        self._returned: dict[FrameType, str] = {}
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._entered)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sys.settrace(self._before)
        self._last.clear()
        self._returned.clear()

    def _entered(self, frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(self._within):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self._last[frame] = _resumed_at(frame.f_code, frame.f_lasti)
        return self._traced

    def _traced(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "return":
            self._last.pop(frame, None)
            if frame.f_back is not None:
                self._returned[frame.f_back] = frame.f_code.co_name
        elif event == "exception":
            self._last.pop(frame, None)  # what a call raises leaves no moment for a signal handler
        elif event == "opcode":
            code, place = frame.f_code.co_code, frame.f_lasti
            last = self._last.get(frame)
            returned = self._returned.pop(frame, None)
            self._last[frame] = (code[place], code[place + 1])
            if last is not None and _may_raise(*last, returned):
                self._count(frame)
        return self._traced

    def _count(self, frame: FrameType) -> None:
        self.counted += 1
        if self.counted == self._strike_at:
            self.struck = f"{frame.f_code.co_qualname}, line {frame.f_lineno}"
            sys.settrace(None)
            raise KeyboardInterrupt


def _resumed_at(code: CodeType, place: int) -> tuple[int, int]:
    """The instruction by which a function begins, or goes on where it was suspended."""
    while place >= 0 and code.co_code[place] != _RESUME:
        place -= 2
    return (_RESUME, code.co_code[place + 1] if place >= 0 else 0)


def _may_raise(instruction: int, argument: int, returned: str | None) -> bool:
    """Whether a signal handler may run after an instruction.

    *returned* is the function that it has called, if that is written in Python; what a class calls
    in turn is not called by the interpreter's own loop.
    """
    if instruction == _RESUME:
        return argument < _AFTER_A_SUSPENSION
    if instruction in _CALLS:
        return returned in {None, "__init__"}
    return instruction in _JUMPS - _UNINTERRUPTED
