"""``omni bulk``: one message for each row of a CSV file, over an outbox, in bounded memory."""

__all__: list[str] = []
