"""What is asked of the journal's database about tracks, each a step inside a transaction.

Times are microseconds since 1970, in UTC.
"""

from __future__ import annotations

from sqlite3 import Connection

__all__ = [
    "accept_unknown",
    "count_deliveries",
    "holds_any",
    "load",
    "of_unknown",
    "purge",
    "save",
    "unknown_document",
]


def load(connection: Connection, *, key: str) -> str | None:
    """The document of the track that is kept under *key*."""
    found = connection.execute("SELECT document FROM track WHERE key = ?", (key,)).fetchone()
    return None if found is None else str(found[0])


def save(
    connection: Connection,
    *,
    key: str,
    state: str,
    final: bool,
    heard: bool,
    now: int,
    document: str,
) -> None:
    """Keep a track under *key*, in the place of what is there."""
    connection.execute(
        "INSERT INTO track (key, state, final, heard, changed, document) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET state = excluded.state, final = excluded.final,"
        " heard = excluded.heard, changed = excluded.changed, document = excluded.document",
        (key, state, final, heard, now, document),
    )


def of_unknown(connection: Connection, *, beginning: str) -> list[tuple[str, str]]:
    """Key and document of each track whose key is *beginning* and an unknown message's reference.

    Only of tracks that hold more than a receipt.
    """
    return connection.execute(
        "SELECT t.key, t.document FROM message AS m CROSS JOIN track AS t"
        # The same words as in the index, so that SQLite sees that it can use it.
        " WHERE m.state IN ('queued', 'claimed', 'unknown') AND m.state = 'unknown'"
        " AND t.key = ? || m.reference AND t.heard = 1",
        (beginning,),
    ).fetchall()


def holds_any(connection: Connection) -> bool:
    """Whether any track holds more than a receipt."""
    (found,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM track INDEXED BY track_heard WHERE heard = 1)"
    ).fetchone()
    return bool(found)


def purge(connection: Connection, *, changed_before: int, most: int) -> int:
    """Delete tracks that have been as they are since before a time; how many, *most* at once."""
    return connection.execute(
        "DELETE FROM track WHERE rowid IN (SELECT rowid FROM track WHERE changed < ? LIMIT ?)",
        (changed_before, most),
    ).rowcount


def unknown_document(connection: Connection, *, reference: str) -> str | None:
    """The document of a message, if it is unknown whether that was sent."""
    found = connection.execute(
        "SELECT document FROM message WHERE reference = ? AND state = 'unknown'", (reference,)
    ).fetchone()
    return None if found is None else str(found[0])


def accept_unknown(connection: Connection, *, reference: str, receipt: str, now: int) -> None:
    """Make a message accepted of which it is unknown whether it was sent."""
    connection.execute(
        "UPDATE message SET state = 'accepted', receipt = ?, error = NULL, changed = ?"
        " WHERE reference = ? AND state = 'unknown'",
        (receipt, now, reference),
    )


def count_deliveries(
    connection: Connection, *, first: str, end: str | None, most: int, provider: str | None
) -> list[tuple[str, str | None, int, str]]:
    """Count *most* messages by their state and by what is known of their delivery.

    Args:
        connection: The journal.
        first: The first reference to be counted.
        end: The first that is not to be counted any more; None to count to the last.
        most: How many to count.
        provider: Whose the messages are that have no receipt.

    Returns:
        For each state and delivery state, how many there are and the last of their references.
    """
    # To SQLite every text is less than the empty blob. Without being told, it would look keys up in
    # the index of all tracks, and go on from there to their rows.
    return connection.execute(
        "WITH part AS MATERIALIZED (SELECT reference, state,"
        " CASE WHEN json_valid(receipt) THEN receipt END AS receipt"
        " FROM message WHERE reference >= :first AND reference < coalesce(:end, x'')"
        " ORDER BY reference LIMIT :most),"
        " known AS MATERIALIZED (SELECT reference, state, coalesce("
        "(SELECT t.state FROM track AS t INDEXED BY track_heard"
        " WHERE t.heard = 1 AND t.key = json_extract(receipt, '$.id')),"
        "(SELECT t.state FROM track AS t INDEXED BY track_heard"
        " WHERE t.heard = 1 AND t.key = coalesce(json_extract(receipt, '$.provider'), :provider)"
        " || ' reference ' || reference)"
        ") AS delivery FROM part)"
        " SELECT state, delivery, count(*), max(reference) FROM known GROUP BY state, delivery",
        {"first": first, "end": end, "most": most, "provider": provider},
    ).fetchall()
