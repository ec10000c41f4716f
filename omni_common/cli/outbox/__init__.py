"""``omni outbox``: look into an outbox's journal, put it right, and send what it holds."""

from omni_common.cli.outbox.commands import outbox

__all__ = ["outbox"]
