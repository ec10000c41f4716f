"""A vendor that exists nowhere else, on the emulators' shared base."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from attrs import evolve

from omni_common.sandbox import (
    Callback,
    Emulator,
    LedgerEntry,
    Operation,
    ReceivedRequest,
    Reply,
    Scenario,
    StateChange,
    scenario_of,
)

__all__ = ["PostOffice"]


class PostOffice(Emulator):
    """Takes a list of letters, ``{"to": ..., "text": ..., "callback": ...}``, and withdraws one."""

    name: ClassVar[str] = "post"
    path: ClassVar[str] = "/office"
    callback_form: ClassVar[dict[str, Any]] = {}

    @property
    def url(self) -> str:
        return f"post://{self.authority}{self.path}"

    def operations(self) -> Sequence[Operation]:
        return (
            Operation("send", "POST", "/letters", self._send, _recipients),
            Operation("read", "GET", "/letters/{id}", self._read_letter),
            Operation("cancel", "DELETE", "/letters/{id}", self._withdraw),
        )

    def refuse(self, request: ReceivedRequest) -> Reply | None:
        return Reply(401) if "X-Stranger" in request.headers else None

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        body = json.dumps({"id": entry.id, "state": change.state}).encode()
        return Callback(entry.callback_url or "", body, **self.callback_form)

    def _send(self, request: ReceivedRequest) -> Reply:
        letters = [
            letter for letter in request.json() if scenario_of(letter["to"]) is not Scenario.REFUSED
        ]
        for letter in letters:
            self._take(letter)
        return Reply.json(201 if letters else 400, {"taken": len(letters)})

    def _take(self, letter: dict[str, str]) -> None:
        now = self.clock.now()
        steps = (("sent", 1), ("delivered", 2))
        self.accept(
            LedgerEntry(
                id=str(len(self.ledger)),
                to=letter["to"],
                channels=("letter",),
                text=letter.get("text", ""),
                accepted_at=now,
                plan=tuple(
                    StateChange(now + timedelta(seconds=seconds), "letter", state)
                    for state, seconds in steps
                ),
                content=letter,
                callback_url=letter.get("callback"),
            )
        )

    def _read_letter(self, request: ReceivedRequest) -> Reply:
        return Reply.json(200, {"id": request.parameters["id"]})

    def _withdraw(self, request: ReceivedRequest) -> Reply:
        entry = self.ledger[request.parameters["id"]]
        now = self.clock.now()
        course = (StateChange(now, "letter", "withdrawn"),)
        self.amend(evolve(entry, plan=course, cancelled_at=now))
        return Reply.json(202, {})


def _recipients(request: ReceivedRequest) -> Iterable[str]:
    return [letter["to"] for letter in request.json()]
