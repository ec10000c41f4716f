"""The ways in which programs are ended, and what each owes to its messages."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from signal import SIGHUP, SIGINT, SIGTERM

from attrs import frozen

from tests.reliability.interruption.words import Law
from tests.reliability.shutdown.orders import STOPPED

__all__ = ["KINDS", "STRUCK", "Kind"]

_KILLED = {SIGTERM: -SIGTERM, SIGHUP: -SIGHUP}
_INTERRUPTED = 130
_NOT_STARTED = 3
"""How uvicorn exits that was struck before its application had started."""


@frozen
class Kind:
    """A program, and the signals that end it."""

    program: str
    signals: tuple[signal.Signals, ...] = ()
    codes: frozenset[int] = frozenset({0})
    """How its process may end; one that comes too late for the signal ends with 0."""
    law: Law = Law.ONE_WORD
    raises: bool = False
    """Whether a signal handler raises in the main thread, wherever that is."""
    steps: int = 0
    """About how many it takes, at one of which an exception is to strike it; 0 for none."""
    is_untidy: bool = False
    """Whether the program leaves open what it should close, which Python complains of."""

    @property
    def name(self) -> str:
        return " ".join([self.program, *(each.name for each in self.signals)])

    def law_of(self, code: int | None) -> Law:
        """What is owed by a program that ended with *code*.

        asyncio gives a signal back its default action with the end of the loop, so that a second
        one may kill a program that has not said all it heard.
        """
        return Law.KILLED if code in {*_KILLED.values()} else self.law

    def strange(self, complaints: str) -> list[str]:
        """Lines of standard error that no end of this kind may leave.

        Where a signal handler raised, Python itself has complaints: it drops what is raised in a
        finalizer, and tells what an event loop was kept from ending.
        """
        unwanted = ["omni-io", "Exception in thread"]
        if not (self.raises or self.is_untidy):
            unwanted += ["nclosed", "never awaited", "never retrieved", "Exception ignored in"]
        return [line for line in complaints.splitlines() if any(each in line for each in unwanted)]


_ON_ASYNCIO = ("sends", "stream", "bare_stream", "runner")
_BLOCKING = ("blocking_sends", "blocking_stream", "bare_blocking_stream", "workers")


def _kinds() -> Iterator[Kind]:
    interrupted = frozenset({0, -SIGINT})
    for program in _ON_ASYNCIO:
        # asyncio turns the first Ctrl-C into a cancellation; only the second one raises.
        yield Kind(program, (SIGINT,), interrupted)
        yield Kind(program, (SIGINT, SIGINT), interrupted, Law.STRUCK_TWICE, raises=True)
    # A task group that is struck in the middle may wait for ever for tasks that have ended.
    yield Kind("sends_together", (SIGINT,), interrupted)
    for program in _BLOCKING:
        yield Kind(program, (SIGINT,), interrupted, Law.ONE_WORD_ONCE_BEGUN, raises=True)
        yield Kind(program, (SIGINT, SIGINT), interrupted, Law.STRUCK_TWICE, raises=True)
    for program in ("sends", "stream", "bare_stream", *_BLOCKING):
        leaving = frozenset({0, STOPPED, -SIGTERM})  # killed, if it had not begun to listen
        yield Kind(f"{program}, leaving", (SIGTERM,), leaving, Law.ONE_WORD_ONCE_BEGUN, raises=True)
    for program in ("sends", "stream", "blocking_sends", "blocking_stream"):
        for number, code in _KILLED.items():
            yield Kind(program, (number,), frozenset({0, code}), Law.KILLED)
    cancelled = frozenset({0, STOPPED, -SIGTERM})
    yield Kind("cancelled_on_sigterm", (SIGTERM,), cancelled)
    yield Kind("cancelled_on_sigterm", (SIGTERM, SIGTERM), cancelled)
    yield Kind("leaves_its_loop", is_untidy=True)
    yield from _at_the_end()
    yield from _told_to_stop()


def _at_the_end() -> Iterator[Kind]:
    """The interpreter shuts down with work pending."""
    interrupted = frozenset({0, STOPPED, -SIGINT})
    for program in ("daemons", "open_stream", "sends_at_exit", "forgotten_client"):
        yield Kind(program, (), interrupted, is_untidy=program == "forgotten_client")
        yield Kind(program, (SIGINT,), interrupted, Law.ONE_WORD_ONCE_BEGUN, raises=True)
    yield Kind("forks")


def _told_to_stop() -> Iterator[Kind]:
    """Programs with signal handlers of their own."""
    for number in (SIGINT, SIGTERM):
        stopped = frozenset({0, -number, _INTERRUPTED})
        raises = number is SIGINT  # as long as the handler is not there yet
        yield Kind("service", (number,), stopped | {_NOT_STARTED}, raises=raises)
        yield Kind("command_sandbox", (number,), stopped, raises=raises)
    codes = frozenset({0, 2, 3, 75, _INTERRUPTED, -SIGINT})
    yield Kind("command_send", (SIGINT,), codes, Law.ONE_WORD_ONCE_BEGUN, raises=True)
    yield Kind("command_send", (SIGINT, SIGINT), codes, Law.ONE_WORD_ONCE_BEGUN, raises=True)
    yield Kind("command_watch", (SIGINT,), codes, raises=True)


KINDS = tuple(_kinds())
"""Every kind, each of which is tried as often as any other."""

_STEPS = {
    **dict.fromkeys(_ON_ASYNCIO, 12_000),
    **dict.fromkeys(("blocking_sends", "blocking_stream", "bare_blocking_stream"), 1_200),
}
"""About how many steps the main thread takes from the first message on."""
STRUCK = tuple(
    Kind(
        program,
        codes=frozenset({0, -SIGINT}),
        law=Law.ONE_WORD_ONCE_BEGUN,
        raises=True,
        steps=steps,
    )
    for program, steps in _STEPS.items()
)
"""Programs that are struck as if by Ctrl-C, where that could strike."""
