"""Programs without asyncio: each sends messages until it is through, or is ended."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from omni_common import sync
from omni_common.errors import NotSentError, OutcomeUnknownError
from omni_common.message import Message
from tests.reliability.shutdown.orders import STOPPED, Order
from tests.reliability.shutdown.witness import Witness

__all__ = [
    "bare_blocking_stream",
    "blocking_sends",
    "blocking_stream",
    "daemons",
    "forgotten_client",
    "forks",
    "open_stream",
    "sends_at_exit",
    "workers",
]

_WORKERS = 4
_left_open: list[object] = []
"""What outlives every function."""


def blocking_sends(order: Order, witness: Witness) -> None:
    with sync.connect(order.url) as omni:
        for message in order.all_messages():
            _send(omni, witness, message)


def blocking_stream(order: Order, witness: Witness) -> None:
    with sync.connect(order.url) as omni, omni.send_many(_source(order, witness)) as outcomes:
        for outcome in outcomes:
            witness.kept[outcome.message.reference] = outcome


def bare_blocking_stream(order: Order, witness: Witness) -> None:
    with sync.connect(order.url) as omni:
        for outcome in omni.send_many(_source(order, witness)):
            witness.kept[outcome.message.reference] = outcome


def workers(order: Order, witness: Witness) -> None:
    """Sends in threads that the program waits for."""
    with sync.connect(order.url) as omni, ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(partial(_send, omni, witness), order.all_messages()))


def daemons(order: Order, witness: Witness) -> None:
    """Ends while threads that nobody waits for are sending, over a client that nobody closes."""
    omni = sync.connect(order.url)
    messages, is_due = order.all_messages(), threading.Event()
    when = messages[order.seed % order.messages]

    def work(message: Message) -> None:
        if message is when:
            is_due.set()
        _send(omni, witness, message)

    for number in range(_WORKERS):
        _start_daemon(work, messages[number::_WORKERS])
    is_due.wait(5)
    sys.exit(STOPPED)


def open_stream(order: Order, witness: Witness) -> None:
    """Exits in the middle of a stream that nothing closes."""
    omni = sync.connect(order.url)
    outcomes = iter(omni.send_many(_source(order, witness)))
    _left_open.append(outcomes)
    left = order.seed % order.messages
    for outcome in outcomes:
        witness.kept[outcome.message.reference] = outcome
        left -= 1
        if left <= 0:
            sys.exit(STOPPED)


def sends_at_exit(order: Order, witness: Witness) -> None:
    """Sends most of its messages while the interpreter shuts down."""
    omni = sync.connect(order.url)
    first, *others = order.all_messages()

    def send_the_others() -> None:
        for message in others:
            _send(omni, witness, message)

    atexit.register(send_the_others)
    _send(omni, witness, first)


def forgotten_client(order: Order, witness: Witness) -> None:
    omni = sync.connect(order.url)
    for message in order.all_messages():
        _send(omni, witness, message)


def forks(order: Order, witness: Witness) -> None:
    """Forks while threads are sending; parent and child go on with the same client."""
    omni = sync.connect(order.url)
    mine, others = order.all_messages(), order.all_messages("c")
    is_due = threading.Event()
    when = mine[order.seed % order.messages]

    def work(message: Message) -> None:
        if message is when:
            is_due.set()
        _send(omni, witness, message)

    with ThreadPoolExecutor(_WORKERS) as pool:
        sending = pool.map(work, mine)
        is_due.wait(5)
        child = os.fork()
        if not child:
            _go_on_in_the_child(omni, witness, others)
        list(sending)
    omni.close()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _go_on_in_the_child(omni: sync.OmniProvider, witness: Witness, messages: list[Message]) -> None:
    witness.forked()
    for message in messages:
        _send(omni, witness, message)
    omni.close()
    witness.conclude()
    os._exit(0)


def _send(omni: sync.OmniProvider, witness: Witness, message: Message) -> None:
    witness.ask(message.reference)
    try:
        witness.kept[message.reference] = omni.send(message)
    except (NotSentError, OutcomeUnknownError) as error:
        witness.kept[message.reference] = error


def _source(order: Order, witness: Witness) -> Iterator[Message]:
    for message in order.all_messages():
        witness.ask(message.reference)
        yield message


def _start_daemon(work: Callable[[Message], None], messages: list[Message]) -> None:
    def run() -> None:
        for message in messages:
            work(message)

    threading.Thread(target=run, daemon=True).start()
