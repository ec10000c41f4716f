"""What is asked of the journal's database to settle unknown messages; see ``statements``."""

from __future__ import annotations

import json
from sqlite3 import Connection

from omni_common.outbox.statements import OPEN, ROW, Row, rows_of

__all__ = ["accept_unknown", "accepted_to", "in_state"]


def in_state(connection: Connection, *, state: str, due: int, id: int, most: int) -> list[Row]:
    """Messages in an open *state*, by when they were due; those up to *due* and *id* left out."""
    return rows_of(
        connection,
        f"SELECT {ROW} AS row FROM message AS m"
        f" WHERE {OPEN} AND m.state = ?"
        " AND (m.due, m.id) > (?, ?) ORDER BY m.due, m.id LIMIT ?",
        *(state, due, id, most),
    )


def accepted_to(
    connection: Connection, *, recipients: str, after: int, most: int
) -> tuple[list[Row], int] | None:
    """The accepted messages to *recipients*, a list as JSON, of the *most* messages behind *after*.

    Returns:
        The messages, and the id of the last that was looked at; None if there is none.
    """
    (last,) = connection.execute(
        "SELECT max(id) FROM (SELECT id FROM message WHERE id > ? ORDER BY id LIMIT ?)",
        (after, most),
    ).fetchone()
    if last is None:
        return None
    rows = rows_of(
        connection,
        "WITH wanted AS (SELECT value FROM json_each(?))"
        f" SELECT {ROW} AS row FROM message AS m"
        " WHERE m.id > ? AND m.id <= ? AND m.state = 'accepted'"
        " AND (json_extract(m.document, '$.to') IN wanted"
        " OR json_extract(m.document, '$.to.phone') IN wanted"
        " OR json_extract(m.document, '$.to.email') IN wanted)",
        *(recipients, after, last),
    )
    return rows, int(last)


def accept_unknown(connection: Connection, *, rows: str, now: int) -> list[str]:
    """Accept messages, ``[id, state, receipt, error]``, that are unknown still.

    Not one whose receipt another message has by now. For that all receipts are looked at, which
    takes about a second in a journal of a million messages.

    Returns:
        The references of those that were accepted.
    """
    (taken,) = connection.execute(
        "SELECT json_group_array(name) FROM"
        " (SELECT json_extract(receipt, '$.id') AS name FROM message WHERE receipt IS NOT NULL)"
        " WHERE name IN (SELECT json_extract(value, '$[2].id') FROM json_each(?))",
        (rows,),
    ).fetchone()
    left = set(json.loads(taken))
    free = [row for row in json.loads(rows) if row[2]["id"] not in left]
    accepted = connection.execute(
        "UPDATE message SET state = json_extract(given.value, '$[1]'),"
        " receipt = json_extract(given.value, '$[2]'), error = NULL, changed = ?"
        " FROM json_each(?) AS given"
        " WHERE message.id = json_extract(given.value, '$[0]') AND message.state = 'unknown'"
        " RETURNING message.reference",
        (now, json.dumps(free)),
    )
    return [reference for (reference,) in accepted]
