"""One message's way through the library in its parts, each done again and again by itself.

Beside ``unguarded`` the only place that reaches inside the library. In the company of all the
others, which compete for the processor's caches, each part takes about twice as long.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeAlias

from benchmarks.case import AsyncWork, Work
from benchmarks.contestants.crowd import PASSWORD, SENDER, TEXT, USER, phone_number

__all__ = ["PARTS", "deciding", "part"]

Part: TypeAlias = Callable[[], Callable[[], object]]

_TO = phone_number(1)
_ANSWER = (
    b'{"to":"%s","omnimessage_id":"d7248cda-6c1a-4436-acf5-aaf249bb67d3","messages":[{"channel":'
    b'"sms","message_id":"3e28ec48-d620-4191-a96e-d91ba8ecc949","sender":"%s"}]}'
) % (_TO.encode(), SENDER.encode())


@contextmanager
def part(address: str, *, name: str) -> Iterator[Work]:
    """Do one of the :data:`PARTS` again and again."""
    do = PARTS[name]()

    def work(count: int) -> int:
        for _ in range(count):
            do()
        return count

    yield work


@asynccontextmanager
async def deciding(address: str) -> AsyncIterator[AsyncWork]:
    """Gate, deadline, attempts and the record of them, around an answer that is there at once."""
    from messente_async.message import outgoing
    from messente_async.omnimessage import send_wire_request

    transport, answer = _provider().client.transport, _answer()
    request = send_wire_request(outgoing(_message(), SENDER).wire)

    class Ready:
        slots, closed = 100, False

        async def attempt(self, request: Any, timeout: float, begun: Callable[[], None]) -> Any:
            begun()
            return answer

    transport._wire = Ready()  # noqa: SLF001 - see above

    async def work(count: int) -> int:
        return sum([await transport.exchange(request, lambda answer: 1) for _ in range(count)])

    yield work


def _message() -> Any:
    from omni_common import Message, Sms

    return Message(_TO, Sms(TEXT))


def _provider() -> Any:
    from messente_async import MessenteProvider

    return MessenteProvider(USER, PASSWORD, sender=SENDER, base_url="http://127.0.0.1:9/v1")


def _answer() -> Any:
    from omni_common.exchange import Answer

    return Answer(201, _ANSWER, {"content-type": "application/json"})


def _make() -> Callable[[], object]:
    from omni_common import Message, Sms

    return lambda: Message(_TO, Sms(TEXT))


def _check() -> Callable[[], object]:
    provider, message = _provider(), _message()
    return lambda: provider.check(message)


def _write() -> Callable[[], object]:
    from messente_async.message import outgoing
    from messente_async.omnimessage import send_wire_request

    message = _message()
    return lambda: send_wire_request(outgoing(message, SENDER).wire)


def _read() -> Callable[[], object]:
    from messente_async.message import outgoing
    from messente_async.verdicts import sent_reader

    answer, read = _answer(), sent_reader(outgoing(_message(), SENDER))
    return lambda: read(answer)


def _receive() -> Callable[[], object]:
    from messente_async.answers import OmnimessageCreated
    from messente_async.message import outgoing
    from messente_async.verdicts import sent_reader
    from omni_common.history import History

    provider, message, history = _provider(), _message(), History()
    created = sent_reader(outgoing(message, SENDER))(_answer())
    if not isinstance(created, OmnimessageCreated):
        raise TypeError("the answer is none")
    return lambda: provider._accepted(message, created, history)  # noqa: SLF001 - see above


PARTS: dict[str, Part] = {
    "make the message": _make,
    "check it": _check,
    "write the request": _write,
    "read the answer": _read,
    "make the receipt": _receive,
}
"""The parts that wait for nothing, in the order in which a message meets them."""
