"""Messages, receipts and errors as text: numbers, texts and senders are masked only then."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import field, fields, make_class

from benchmarks.case import Work
from benchmarks.contestants.crowd import SENDER, TEXT, phone_number

__all__ = ["WAYS", "shown"]


@contextmanager
def shown(address: str, *, way: str) -> Iterator[Work]:
    """Show the same thing again and again, in one of the :data:`WAYS`."""
    show = WAYS[way]()

    def work(count: int) -> int:
        for _ in range(count):
            show()
        return count

    yield work


def _message() -> Any:
    from omni_common import Message, Sms

    return Message(phone_number(1), Sms(TEXT, sender=SENDER))


def _unmasked(value: Any) -> Any:
    """The same fields in a class that knows nothing of masks."""
    kind = type(value)
    names = [each.name for each in fields(kind)]
    plain = make_class(kind.__name__, {name: field() for name in names}, slots=True)
    return plain(**{name: getattr(value, name) for name in names})


def _unmasked_message() -> Callable[[], object]:
    message = _message()
    plain = _unmasked(message)
    plain.content = tuple(map(_unmasked, message.content))
    return lambda: repr(plain)


def _repr_of_message() -> Callable[[], object]:
    message = _message()
    return lambda: repr(message)


def _repr_of_receipt() -> Callable[[], object]:
    from omni_common import Channel, Part, Receipt

    part = Part(Channel.SMS, "3e28ec48-d620-4191-a96e-d91ba8ecc949", SENDER)
    id = "messente:d7248cda-6c1a-4436-acf5-aaf249bb67d3"
    receipt = Receipt(id, "messente", "order-1", phone_number(1), (part,))
    return lambda: repr(receipt)


def _error(show: Callable[[object], str]) -> Callable[[], object]:
    from omni_common import RefusedError

    error = RefusedError("refused: Invalid data", provider="messente", reference="order-1")
    return lambda: show(error)


def _record(level: int) -> Callable[[], object]:
    message, log = _message(), logging.getLogger("benchmarks")
    sink = io.StringIO()
    log.addHandler(logging.StreamHandler(sink))
    log.setLevel(logging.INFO)
    log.propagate = False

    def write() -> None:
        log.log(level, "about to send %r", message)
        sink.seek(0)

    return write


WAYS: dict[str, Callable[[], Callable[[], object]]] = {
    "repr of a message without masks": _unmasked_message,
    "repr of a message": _repr_of_message,
    "repr of a receipt": _repr_of_receipt,
    "repr of an error": lambda: _error(repr),
    "str of an error": lambda: _error(str),
    "log record of a message": lambda: _record(logging.INFO),
    "log record that nobody wants": lambda: _record(logging.DEBUG),
}
