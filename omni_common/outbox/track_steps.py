"""What is done with tracks in the journal, each a step inside a transaction."""

from __future__ import annotations

from contextlib import suppress
from sqlite3 import Connection

from omni_common.converter import dumps
from omni_common.outbox import track_statements
from omni_common.outbox.documents import read_message, receipt_document
from omni_common.outbox.heard import proven_sent, receipt_heard
from omni_common.outbox.plain import DocumentError, whole
from omni_common.outbox.track_documents import read_track, track_text
from omni_common.track import Track, reference_key

__all__ = ["accept_heard", "load", "merge"]


def load(connection: Connection, *, key: str) -> Track | None:
    """The track that is kept under *key*; None where none is.

    Raises:
        DocumentError: It cannot be read.
    """
    text = track_statements.load(connection, key=whole(key))
    return None if text is None else read_track(text)


def merge(connection: Connection, *, key: str, track: Track, provider: str, now: int) -> Track:
    """Keep *track* merged with what is kept under *key*, and return the result.

    If that proves that *provider*'s vendor has a message that may not have been sent, it was sent.

    Raises:
        DocumentError: What is kept cannot be read.
    """
    key = whole(key)  # as in the journal's receipts, whose ids are keys
    text = track_statements.load(connection, key=key)
    merged = track if text is None else read_track(text).merged(track)
    document = track_text(merged)
    if document != text:
        report = merged.report()
        track_statements.save(
            connection,
            key=key,
            state=report.state.value,
            final=report.is_final,
            heard=merged.heard,
            now=now,
            document=document,
        )
    _accept_if_proven(connection, key, merged, provider, now)
    return merged


def accept_heard(connection: Connection, *, provider: str, now: int) -> int:
    """Accept all unknown messages of which it was heard before that *provider*'s vendor has them.

    A report may come while its message is being sent, and what becomes of that be unknown after it.

    Returns:
        How many there were.
    """
    accepted = 0
    beginning = reference_key(provider, "")
    for key, text in track_statements.of_unknown(connection, beginning=beginning):
        with suppress(DocumentError):  # its message stays unknown
            accepted += _accept_if_proven(connection, key, read_track(text), provider, now)
    return accepted


def _accept_if_proven(
    connection: Connection, key: str, track: Track, provider: str, now: int
) -> bool:
    # Also when nothing new was said: it may have become unknown since that was said first.
    reference = proven_sent(key, track, provider)
    if reference is None:
        return False
    document = track_statements.unknown_document(connection, reference=reference)
    if document is None:
        return False
    try:
        message = read_message(document, reference)
    except DocumentError:
        return False  # it stays unknown, which is what can be said of it
    receipt = dumps(receipt_document(receipt_heard(message, track, provider))).decode()
    track_statements.accept_unknown(connection, reference=reference, receipt=receipt, now=now)
    return True
