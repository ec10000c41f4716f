"""An account whose tasks are in whatever state a test says, as no document shows them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import Factory, define

from devino_async import DevinoProvider
from tests.devino.scenario_account import ACCEPTED, result, told_task
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Line, Received, whole_answer

__all__ = ["OddAccount", "sending_over"]

_NO = json.dumps({"result": None, "reasons": [{"key": "unknown"}]}).encode()


@define
class OddAccount:
    """Answers every call about tasks, and takes every message.

    Attributes:
        made: The fields of each task that is made here, beside those of ``told_task``.
        tasks: Those that there are.
        hides_made: Whether those made here are neither listed nor read.
        lists_none: Whether its lists are empty, while tasks can be read.
        answers_nothing: Whether a creation is answered with what nobody can read.
        fails: Whether it fails to list and to read.
        creations: How many tasks were made.
    """

    made: dict[str, Any] = Factory(dict)
    tasks: list[dict[str, Any]] = Factory(list)
    hides_made: bool = False
    lists_none: bool = False
    answers_nothing: bool = False
    fails: bool = False
    creations: int = 0

    def server(self) -> FaultServer:
        return FaultServer(self.step)

    async def step(self, line: Line) -> None:
        status, body = self._answer(await line.read_request())
        await line.send(whole_answer(status, body))

    def _answer(self, request: Received) -> tuple[int, bytes]:
        method, target, _ = request.request_line.split()
        url = urlsplit(target)
        if not url.path.startswith("/omni-task-api/tasks"):
            return 200, ACCEPTED
        if method == "POST":
            return 200, self._create(json.loads(request.body)["taskName"])
        if self.fails:
            return 500, b""
        if url.path == "/omni-task-api/tasks":
            return 200, self._list(parse_qs(url.query))
        found = [each for each in self.tasks if each["id"] == url.path.rpartition("/")[2]]
        return (200, result(found[0])) if found else (404, _NO)

    def _create(self, name: str) -> bytes:
        self.creations += 1
        id = str(100 + self.creations)
        if not self.hides_made:
            self.tasks.append(told_task(id=id, taskName=name, **self.made))
        return b"<html>" if self.answers_nothing else result({"code": "OK", "result": id})

    def _list(self, query: dict[str, list[str]]) -> bytes:
        states = query.get("includedStates")
        listed = [] if self.lists_none else self.tasks
        passing = [each for each in listed if states is None or each["state"] in states]
        return result(passing[int(query["offset"][0]) :])


def sending_over(server: FaultServer, clock: FakeClock, **settings: Any) -> DevinoProvider:
    """A provider with one attempt for each call."""
    given: dict[str, Any] = {"sender": "Shop", "max_attempts": 1, **settings}
    return DevinoProvider("key", base_url=server.url, clock=clock, **given)
