"""The outbox: messages are written down before they are sent, and survive the process."""
