"""How SQLite goes about what is asked of the journal: never through all that is settled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from omni_common.outbox import statements
from omni_common.outbox.schema import open_journal

Step: TypeAlias = Callable[[sqlite3.Connection], object]

STEPS: dict[str, Step] = {
    "claim_due": partial(statements.claim_due, now=1, most=10),
    "next_due": partial(statements.next_due, now=1),
    "expire": partial(statements.expire, due_before=1, now=1),
    "give_up": partial(statements.give_up, now=1, error="{}"),
    "count_open": statements.count_open,
    "find": partial(statements.find, reference="a"),
    "cancel": partial(statements.cancel, reference="a", now=1),
    "renew": partial(statements.renew, reference="a", before="queued", state="claimed", now=1),
    "accept": partial(statements.accept, receipts="{}", attempts="[]", now=1),
    "settle": partial(statements.settle, rows="[]", now=1),
    "release": partial(statements.release, ids=[1], now=1),
    "resend_unknown": partial(statements.resend_unknown, references="[]", now=1),
    "count of some": partial(statements.count, prefix="a"),
}


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_journal(path)) as connection:
        yield connection


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_no_step_of_sending_goes_through_all_messages(
    connection: sqlite3.Connection, step: Step
) -> None:
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    step(connection)
    connection.set_trace_callback(None)
    plans = [
        str(row[3])
        for statement in asked
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    assert any(plan.startswith("SEARCH") for plan in plans)
    assert [plan for plan in plans if plan in {"SCAN message", "SCAN m"}] == []
