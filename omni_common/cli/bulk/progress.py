"""How far a campaign has come, on standard error: a bar on a terminal, now and then a line else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich import progress as bars
from rich.console import Console
from rich.text import Text

from omni_common.cli.output import Output, write
from omni_common.clock import Clock

__all__ = ["Progress", "shown_progress"]

_EVERY = 5.0
"""Seconds between two lines, at least."""


class Progress:
    """Shows nothing: what a program reads is the document at the end."""

    def show(self, done: int) -> None:
        """Take how many rows need nothing more."""

    def say(self, text: str) -> None:
        """Take something that whoever waits should know."""


class _Spoken(Progress):
    """Says on standard error what there is to say."""

    def say(self, text: str) -> None:
        write(sys.stderr, f"omni: {text}")


@contextmanager
def shown_progress(total: int, output: Output, clock: Clock) -> Iterator[Progress]:
    """Show how many of *total* rows are done, as long as the block takes."""
    if output.json:
        yield Progress()
    elif sys.stderr is not None and sys.stderr.isatty():
        with _bar(total, clock) as bar:
            yield bar
    else:
        yield _Lines(total, clock)


class _Bar(_Spoken):
    """A bar that is drawn anew each time."""

    def __init__(self, bar: bars.Progress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("rows", total=total)

    def show(self, done: int) -> None:
        self._bar.update(self._task, completed=done, refresh=True)


@contextmanager
def _bar(total: int, clock: Clock) -> Iterator[_Bar]:
    columns = (
        bars.TextColumn("rows"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        _Rate(),
        bars.TimeRemainingColumn(),
    )
    console = Console(stderr=True, highlight=False)
    with bars.Progress(
        *columns, console=console, auto_refresh=False, get_time=clock.monotonic
    ) as bar:
        yield _Bar(bar, total)


class _Rate(bars.ProgressColumn):
    """Rows a second, of late."""

    def render(self, task: bars.Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} a second")


class _Lines(_Spoken):
    """A line now and then."""

    def __init__(self, total: int, clock: Clock) -> None:
        self._total = total
        self._clock = clock
        self._told = clock.monotonic()
        self._done = 0

    def show(self, done: int) -> None:
        now = self._clock.monotonic()
        since = now - self._told
        if since < _EVERY:
            return
        rate = max(0.0, (done - self._done) / since)
        self._told, self._done = now, done
        left = f", {timedelta(seconds=round((self._total - done) / rate))} left" if rate else ""
        self.say(f"{done:,} of {self._total:,} rows, {rate:,.0f} a second{left}")
