"""Plays a case: starts its contestants, gives them turns, and counts after each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.request import ProxyHandler, build_opener

from benchmarks.case import Case, Contestant, Plan
from benchmarks.contest import Standing, Standings, Turn, in_turn
from benchmarks.machine import shares
from benchmarks.process import Process

__all__ = ["Player", "Responder", "WorkFailedError", "play", "responder"]

_opener = build_opener(ProxyHandler({}))


class WorkFailedError(Exception):
    """A contestant did not do its work, so that its time means nothing."""


class Responder:
    """The vendor's side, in a process of its own."""

    def __init__(self, address: str) -> None:
        self.address = address

    def taken(self) -> int:
        """How many messages, ids and rows it was asked for so far."""
        with _opener.open(f"{self.address}/taken") as answer:
            return int(json.load(answer)["taken"])


class Player:
    """A contestant in its process."""

    def __init__(self, contestant: Contestant, process: Process) -> None:
        self.contestant = contestant
        self._process = process

    def missing(self) -> str | None:
        """Wait until it is ready; what it lacks, if it cannot take part."""
        reason = self._hear().get("missing")
        return None if reason is None else str(reason)

    def do(self, count: int) -> Turn:
        """Have it do *count* operations.

        Raises:
            WorkFailedError: It did not.
        """
        self._process.tell(str(count))
        turn = Turn(**self._hear())
        if turn.done != count:
            raise WorkFailedError(f"{self.contestant.name} did {turn.done} of {count}")
        return turn

    def _hear(self) -> dict[str, Any]:
        heard = self._process.hear()
        if heard is None:
            raise WorkFailedError(f"{self.contestant.name} ended; what it said is above")
        return heard


def play(case: Case, plan: Plan, tell: Callable[[str], object]) -> Standings:
    """Have the contestants of *case* take turns, and return what they did.

    *tell* hears how far it is.

    Raises:
        WorkFailedError: One did not do its work, or the responder counted otherwise.
    """
    with ExitStack() as stack:
        vendor = stack.enter_context(responder()) if case.counted else None
        address = vendor.address if vendor else ""
        _, cpus = ([], []) if case.threaded else shares()
        players = [stack.enter_context(_player(each, address, cpus)) for each in case.contestants]
        missing = {player.contestant.name: player.missing() for player in players}
        ready = [player for player in players if missing[player.contestant.name] is None]
        turns: dict[str, list[Turn]] = {name: [] for name in missing}
        rounds = plan.rounds_of(case.rounds)
        for number in range(rounds):
            for player in in_turn(ready, number):
                name = player.contestant.name
                tell(f"{case.name}: round {number + 1} of {rounds}: {name}")
                turns[name].append(_turn(player, case, vendor))
    return {
        name: Standing(turns=turns[name], missing=missing[name], by_cpu=case.by_cpu)
        for name in turns
    }


@contextmanager
def responder() -> Iterator[Responder]:
    """A responder of one's own."""
    cpus, _ = shares()
    with Process("benchmarks.responder", cpus=cpus) as process:
        heard = process.hear()
        if heard is None:
            raise WorkFailedError("the responder ended; what it said is above")
        yield Responder(heard["address"])


@contextmanager
def _player(contestant: Contestant, address: str, cpus: list[int]) -> Iterator[Player]:
    work = contestant.work
    order = {
        "work": f"{work.__module__}:{work.__qualname__}",
        "address": address,
        "needs": contestant.needs,
        "without": contestant.without,
        "options": contestant.options,
    }
    with Process("benchmarks.worker", json.dumps(order), cpus=cpus) as process:
        yield Player(contestant, process)


def _turn(player: Player, case: Case, vendor: Responder | None) -> Turn:
    player.do(min(case.warm, player.contestant.count))
    before = vendor.taken() if vendor else 0
    turn = player.do(player.contestant.count)
    if vendor is not None and (taken := vendor.taken() - before) != turn.done:
        name = player.contestant.name
        raise WorkFailedError(f"{name} says {turn.done}, but the responder counted {taken}")
    return turn
