"""``omni outbox``: look into an outbox's journal, put it right, and send what it holds."""
