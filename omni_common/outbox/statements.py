"""What is asked of the journal's database, each a step of its own inside a transaction.

SQLite does a whole batch in one statement, rows going in and coming out as one text of JSON: a row
at a time, the thread would wait for Python's lock as often as there are rows. Times are
microseconds since 1970, in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from sqlite3 import Connection, Cursor
from typing import Any, TypeAlias

from omni_common.converter import loads
from omni_common.outbox.counting import end_of_prefix

__all__ = [
    "OPEN",
    "ROW",
    "Row",
    "accept",
    "cancel",
    "claim_due",
    "count",
    "count_open",
    "expire",
    "find",
    "find_all",
    "give_up",
    "next_due",
    "purge",
    "put",
    "put_alike",
    "read_note",
    "release",
    "renew",
    "resend_unknown",
    "rows_of",
    "select",
    "settle",
    "withdraw",
    "write_note",
]

Row: TypeAlias = list[Any]
"""A message: id, reference, state, due, held, changed, document, receipt, error."""

ROW = (
    "json_array(m.id, m.reference, m.state, m.due, m.held, m.changed, m.document, m.receipt,"
    " m.error)"
)
"""The columns of the message ``m`` as a :data:`Row`."""
_NEW = "message (reference, state, due, held, changed, document)"
_IF_NEW = "WHERE true ON CONFLICT (reference) DO NOTHING"
OPEN = "state IN ('queued', 'claimed', 'unknown')"
"""Without these words SQLite does not see that an index holds all rows that are asked for."""
_BEGINNING = "{0} >= ? AND {0} < coalesce(?, x'')"
"""Begins with a text: from that on, and before the first behind it; all texts are before a blob."""


def put_alike(
    connection: Connection, *, documents: str, state: str, due: int, held: bool, now: int
) -> range:
    """Insert messages whose reference is new, and which have all but that in common.

    Args:
        connection: The journal.
        documents: Each message by its reference, as JSON.
        state: Of all of them.
        due: When they are to be sent.
        held: Whether they are kept until then.
        now: The time.

    Returns:
        The ids of those that were inserted, in order.
    """
    return _inserted(
        connection.execute(
            f"INSERT INTO {_NEW} SELECT key, ?, ?, ?, ?, value FROM json_each(?) {_IF_NEW}",
            (state, due, held, now, documents),
        )
    )


def put(connection: Connection, *, rows: str, now: int) -> range:
    """Insert any messages, ``[reference, state, due, held, document]``, whose reference is new.

    Returns:
        The ids of those that were inserted, in order.
    """
    return _inserted(
        connection.execute(
            f"INSERT INTO {_NEW}"
            " SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),"
            " json_extract(value, '$[2]'), json_extract(value, '$[3]'), ?,"
            f" json_extract(value, '$[4]') FROM json_each(?) {_IF_NEW}",
            (now, rows),
        )
    )


def _inserted(cursor: Cursor) -> range:
    if not cursor.rowcount:
        return range(0)
    last = cursor.lastrowid or 0
    return range(last - cursor.rowcount + 1, last + 1)


def withdraw(connection: Connection, *, rows: str, first: int, last: int, now: int) -> None:
    """Take back messages, ``[reference, state]``, that are still in the state they were put in.

    Only those with an id from *first* to *last*.
    """
    connection.execute(
        "UPDATE message SET state = 'cancelled', changed = ? FROM json_each(?) AS given"
        " WHERE message.reference = json_extract(given.value, '$[0]')"
        " AND message.state = json_extract(given.value, '$[1]') AND message.id BETWEEN ? AND ?",
        (now, rows, first, last),
    )


def claim_due(connection: Connection, *, now: int, most: int) -> list[Row]:
    """Claim queued messages whose turn has come, the one that has been due for longest first.

    Those that are not kept until their time are due at any time.
    """
    queued = (
        f"SELECT * FROM (SELECT id, due FROM message WHERE {OPEN} AND state = 'queued' AND {{}}"
        " ORDER BY due, id LIMIT :most)"
    )
    (ids,) = connection.execute(
        "SELECT json_group_array(id) FROM (SELECT id FROM"
        f" ({queued.format('held = 0')} UNION ALL {queued.format('held = 1 AND due <= :now')})"
        " ORDER BY due, id LIMIT :most)",
        {"now": now, "most": most},
    ).fetchone()
    connection.execute(
        "UPDATE message SET state = 'claimed', changed = ?"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (now, ids),
    )
    return rows_of(
        connection,
        f"SELECT {ROW} AS row FROM json_each(?) AS given JOIN message AS m ON m.id = given.value"
        " ORDER BY given.key",
        ids,
    )


def release(connection: Connection, *, ids: Sequence[int], now: int) -> None:
    """Queue messages again that were claimed, and that nobody began to send."""
    connection.execute(
        "UPDATE message SET state = 'queued', changed = ?"
        " WHERE state = 'claimed' AND id IN (SELECT value FROM json_each(?))",
        (now, json.dumps(list(ids))),
    )


def renew(
    connection: Connection, *, reference: str, before: str, state: str, now: int
) -> int | None:
    """Make a message that is in state *before* a *state*; its id, None if it is in another."""
    found = connection.execute(
        "UPDATE message SET state = ?, changed = ? WHERE reference = ? AND state = ? RETURNING id",
        (state, now, reference, before),
    ).fetchone()
    return None if found is None else int(found[0])


def accept(connection: Connection, *, receipts: str, attempts: str, now: int) -> None:
    """Write down that claimed messages were accepted, all of them after *attempts*.

    Args:
        connection: The journal.
        receipts: Each receipt, without attempts, by the id of its message, as JSON.
        attempts: What the receipts have in common, as JSON.
        now: The time.
    """
    connection.execute(
        "UPDATE message SET state = 'accepted', error = NULL, changed = ?,"
        " receipt = json_set(given.value, '$.attempts', json(?))"
        " FROM json_each(?) AS given"
        " WHERE message.id = CAST(given.key AS INTEGER) AND message.state = 'claimed'",
        (now, attempts, receipts),
    )


def settle(connection: Connection, *, rows: str, now: int) -> None:
    """Write down what became of claimed messages: ``[id, state, receipt, error]``."""
    connection.execute(
        "UPDATE message SET state = json_extract(given.value, '$[1]'),"
        " receipt = json_extract(given.value, '$[2]'),"
        " error = json_extract(given.value, '$[3]'), changed = ?"
        " FROM json_each(?) AS given"
        " WHERE message.id = json_extract(given.value, '$[0]') AND message.state = 'claimed'",
        (now, rows),
    )


def cancel(connection: Connection, *, reference: str, now: int) -> Row | None:
    """Take a message back if it is queued; its row as it is then, None if there is none."""
    connection.execute(
        "UPDATE message SET state = 'cancelled', changed = ?"
        " WHERE reference = ? AND state = 'queued'",
        (now, reference),
    )
    return find(connection, reference=reference)


def expire(connection: Connection, *, due_before: int, now: int) -> int:
    """Let held messages expire that were due before a time; how many did."""
    cursor = connection.execute(
        "UPDATE message SET state = 'expired', changed = ?"
        f" WHERE {OPEN} AND state = 'queued' AND held = 1 AND due < ?",
        (now, due_before),
    )
    return cursor.rowcount


def give_up(connection: Connection, *, now: int, error: str) -> int:
    """Make unknown what was claimed by a sender that is gone; how many there were.

    What it says of each is *error*, as JSON.
    """
    cursor = connection.execute(
        "UPDATE message SET state = 'unknown', error = ?, changed = ?"
        f" WHERE {OPEN} AND state = 'claimed'",
        (error, now),
    )
    return cursor.rowcount


def find(connection: Connection, *, reference: str) -> Row | None:
    """The message of *reference*."""
    found = rows_of(
        connection, f"SELECT {ROW} AS row FROM message AS m WHERE m.reference = ?", reference
    )
    return found[0] if found else None


def select(
    connection: Connection, *, states: Sequence[str], prefix: str, after: int, most: int
) -> list[Row]:
    """Messages in one of *states* whose reference begins with *prefix*, in the order they came.

    Those that came before the one with the id *after*, and that one, are left out.
    """
    return rows_of(
        connection,
        f"SELECT {ROW} AS row FROM message AS m"
        " WHERE m.state IN (SELECT value FROM json_each(?)) AND m.id > ?"
        # The + keeps SQLite to the order of ids, of which a page is a short piece.
        f" AND {_BEGINNING.format('+m.reference')} ORDER BY m.id LIMIT ?",
        json.dumps(list(states)),
        after,
        prefix,
        end_of_prefix(prefix),
        most,
    )


def count(connection: Connection, *, prefix: str) -> dict[str, int]:
    """How many messages there are in each state whose reference begins with *prefix*."""
    counted = "SELECT state, count(*) FROM message"
    if not prefix:
        return dict(connection.execute(f"{counted} GROUP BY state"))
    return dict(
        connection.execute(
            f"{counted} WHERE {_BEGINNING.format('reference')} GROUP BY state",
            (prefix, end_of_prefix(prefix)),
        )
    )


def count_open(connection: Connection) -> dict[str, int]:
    """How many messages are in each of the states that an index knows: quick, however many."""
    return dict(
        connection.execute(f"SELECT state, count(*) FROM message WHERE {OPEN} GROUP BY state")
    )


def resend_unknown(connection: Connection, *, references: str, now: int) -> int:
    """Queue those of *references*, a list as JSON, again that are unknown; how many were."""
    cursor = connection.execute(
        "UPDATE message SET state = 'queued', due = ?, changed = ?, error = NULL"
        " WHERE state = 'unknown' AND reference IN (SELECT value FROM json_each(?))",
        (now, now, references),
    )
    return cursor.rowcount


def purge(connection: Connection, *, states: Sequence[str], changed_before: int, most: int) -> int:
    """Delete messages that came into one of *states* before a time; how many, *most* at once.

    What was reported by the reference of an accepted one goes with it, however new that is: it says
    nothing of another message that is given this reference.
    """
    (ids,) = connection.execute(
        "SELECT json_group_array(id) FROM (SELECT id FROM message"
        " WHERE state IN (SELECT value FROM json_each(?)) AND changed < ? LIMIT ?)",
        (json.dumps(list(states)), changed_before, most),
    ).fetchone()
    connection.execute(
        "DELETE FROM track WHERE key IN"
        " (SELECT json_extract(receipt, '$.provider') || ' reference ' || reference FROM"
        " (SELECT reference, CASE WHEN json_valid(receipt) THEN receipt END AS receipt"
        " FROM message WHERE id IN (SELECT value FROM json_each(?))))",
        (ids,),
    )
    return connection.execute(
        "DELETE FROM message WHERE id IN (SELECT value FROM json_each(?))", (ids,)
    ).rowcount


def next_due(connection: Connection, *, now: int) -> int | None:
    """When the first of the queued messages is due; None if none is queued.

    One that is not kept until its time is due *now*, or has been for longer.
    """
    (due,) = connection.execute(
        "SELECT min(due) FROM"
        " (SELECT min(due, ?) AS due FROM"
        f" (SELECT min(due) AS due FROM message WHERE {OPEN} AND state = 'queued' AND held = 0)"
        f" UNION ALL SELECT min(due) FROM message WHERE {OPEN} AND state = 'queued' AND held = 1)",
        (now,),
    ).fetchone()
    return None if due is None else int(due)


def write_note(connection: Connection, *, name: str, text: str | None) -> None:
    """Keep *text* under *name*, or nothing."""
    if text is None:
        connection.execute("DELETE FROM note WHERE name = ?", (name,))
    else:
        connection.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, text))


def read_note(connection: Connection, *, name: str) -> str | None:
    """What is kept under *name*."""
    found = connection.execute("SELECT text FROM note WHERE name = ?", (name,)).fetchone()
    return None if found is None else str(found[0])


def find_all(connection: Connection, *, references: str) -> list[Row]:
    """The messages of *references*, a list as JSON, that there are; in no order."""
    return rows_of(
        connection,
        f"SELECT {ROW} AS row FROM message AS m"
        " WHERE m.reference IN (SELECT value FROM json_each(?))",
        references,
    )


def rows_of(connection: Connection, query: str, *parameters: object) -> list[Row]:
    """What *query*, whose only column is a JSON text called row, gives."""
    (text,) = connection.execute(
        f"SELECT json_group_array(json(row)) FROM ({query})",
        parameters,
    ).fetchone()
    rows: list[Row] = loads(text.encode())
    return rows
