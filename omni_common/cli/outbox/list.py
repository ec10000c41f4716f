"""``omni outbox list``: the messages of a journal one by one, in bounded memory."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

from omni_common.cli import documents
from omni_common.cli.exits import ExitCode, exit_code_of
from omni_common.cli.outbox.journal import opened
from omni_common.cli.output import Output, write
from omni_common.cli.usage import UsageError
from omni_common.errors import OmniError
from omni_common.message import Message
from omni_common.outbox import Entry, EntryState
from omni_common.outbox.documents import DocumentError
from omni_common.redaction import shown_key

__all__ = ["entry_document", "entry_line", "list_messages"]

T = TypeVar("T")
_UNREADABLE = "cannot be read"


def list_messages(
    journal: Path, states: Sequence[str], prefix: str, limit: int | None, output: Output
) -> int:
    """Write a line for each message, or one document that holds them all; return the exit code.

    Without *states* those in every state.

    Raises:
        UsageError: *limit* is no number of messages.
        ConfigurationError: There is no journal.
        JournalError: It cannot be read.
    """
    if limit is not None and limit < 1:
        raise UsageError("--limit must be 1 or more", field="--limit")
    wanted = [EntryState(state) for state in states or EntryState]
    listing = _Document(output) if output.json else _Lines(output)
    try:
        asyncio.run(_read(journal, wanted, prefix, limit, listing))
    except KeyboardInterrupt:
        listing.break_off(UsageError("interrupted"), "Interrupted")
        raise
    except OmniError as error:
        if not listing.break_off(error, type(error).__name__):
            raise
        return int(exit_code_of(error))
    listing.end()
    return int(ExitCode.DONE)


async def _read(
    journal: Path,
    states: Sequence[EntryState],
    prefix: str,
    limit: int | None,
    listing: _Lines | _Document,
) -> None:
    async with opened(journal) as file, aclosing(file.entries(states, prefix=prefix)) as entries:
        async for entry in entries:
            if listing.number == limit:
                listing.more = True
                return
            listing.number += 1
            listing.add(entry)


class _Lines:
    """A line for each message, written as it comes."""

    def __init__(self, output: Output) -> None:
        self.number = 0
        self.more = False
        self._output = output

    def add(self, entry: Entry) -> None:
        write(sys.stdout, entry_line(entry, self._output))

    def break_off(self, error: OmniError | UsageError, kind: str) -> bool:
        """Whether nothing is left to say of what went wrong, which is for the caller to say."""
        return False

    def end(self) -> None:
        if self.more:
            write(sys.stderr, f"omni: there are more than these {self.number}; see --limit")


class _Document:
    """One JSON document, of which each message is written as it comes."""

    def __init__(self, output: Output) -> None:
        self.number = 0
        self.more = False
        self._output = output
        self._last: str | None = None

    def add(self, entry: Entry) -> None:
        self._write_last(",")
        text = json.dumps(entry_document(entry, self._output), indent=2)
        self._last = "\n".join(f"    {line}" for line in text.splitlines())

    def break_off(self, error: OmniError | UsageError, kind: str) -> bool:
        """End the document with what went wrong, if it has begun; whether it had."""
        if self._last is None:
            return False
        self._close({"more": True, "error": documents.error(error) | {"class": kind}})
        return True

    def end(self) -> None:
        self._close({"more": self.more, "error": None})

    def _write_last(self, ending: str) -> None:
        """Write the message before, now that it is known whether another follows."""
        if self._last is None:
            write(sys.stdout, "{", '  "messages": [')
        else:
            write(sys.stdout, f"{self._last}{ending}")

    def _close(self, rest: dict[str, Any]) -> None:
        self._write_last("")
        write(sys.stdout, "  ],", json.dumps(rest, indent=2).removeprefix("{\n"))


def entry_line(entry: Entry, output: Output) -> str:
    """A message in one line, without its text: its name, how far it came, to whom, and why."""
    message, _ = _read_or_none(lambda: entry.message)
    error, is_error = _read_or_none(lambda: entry.error)
    words = [entry.reference, entry.state.value, entry.changed.isoformat(timespec="seconds")]
    if entry.state is EntryState.QUEUED:
        words.append(f"due {entry.due.isoformat(timespec='seconds')}")
    if message is None:
        words.append(f"message {_UNREADABLE}")
    else:
        words.append(f"to {_recipient(message, output)} by {', then '.join(_channels(message))}")
    if error is not None:
        words.append(f"({output.words(error.text)})")
    elif not is_error:
        words.append(f"(error {_UNREADABLE})")
    return "  ".join(words)


def entry_document(entry: Entry, output: Output) -> dict[str, Any]:
    """The same as a JSON document; ``unreadable`` names what the journal does not hold any more."""
    message, is_message = _read_or_none(lambda: entry.message)
    receipt, is_receipt = _read_or_none(lambda: entry.receipt)
    error, is_error = _read_or_none(lambda: entry.error)
    readable = {"message": is_message, "receipt": is_receipt, "error": is_error}
    return {
        "reference": entry.reference,
        "state": entry.state.value,
        "changed": entry.changed.isoformat(),
        "due": entry.due.isoformat(),
        "held": entry.held,
        "to": message and _recipient(message, output),
        "channels": [] if message is None else _channels(message),
        "id": receipt and receipt.id,
        "error": error and documents.error(error) | {"text": output.words(error.text)},
        "unreadable": [name for name, is_readable in readable.items() if not is_readable],
    }


def _read_or_none(read: Callable[[], T]) -> tuple[T | None, bool]:
    """What *read* gives, and whether it could be read."""
    try:
        return read(), True
    except DocumentError:
        return None, False


def _recipient(message: Message, output: Output) -> str:
    known = [each for each in (message.phone, message.email) if each is not None]
    return " or ".join(output.recipient(each) for each in known)


def _channels(message: Message) -> list[str]:
    return [shown_key(channel) for channel in message.channels]
