"""Ways to fail that a test can order, each as it happens on a real network."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from attrs import define

from omni_common.sandbox.operation import ReceivedRequest, Reply

__all__ = ["Fault", "FaultScript", "Target", "plain_reply"]

Target: TypeAlias = str | Callable[[ReceivedRequest], bool] | None
"""Which requests a fault is for: an operation's name, a test of the request, or any request."""


class Fault(Enum):
    """What an emulator does instead of, or after, answering properly.

    The faults that *take the request* let it do all its work first: a message in it is accepted,
    stands in the ledger and will be delivered. The others leave no trace but the recorded request.
    """

    DROP = "drop"
    """Takes the request, then closes the connection without an answer."""
    RESET = "reset"
    """Takes the request, then resets the connection (TCP RST)."""
    STALL = "stall"
    """Takes the request, then keeps the connection open and silent until the emulator closes."""
    TRUNCATED = "truncated"
    """Takes the request, then closes the connection in the middle of the right answer's body."""
    GARBAGE = "garbage"
    """Takes the request, then answers with the right status and a body that is not JSON."""
    SERVER_ERROR = "server_error"
    """Takes the request, then answers HTTP 500."""
    HTML = "html"
    """Takes the request, then answers HTTP 502 with a page meant for people, as gateways do."""
    UNAVAILABLE = "unavailable"
    """Answers HTTP 503 and takes nothing."""
    RATE_LIMITED = "rate_limited"
    """Answers HTTP 429, with ``Retry-After`` where the emulator is set so, and takes nothing."""
    REDIRECT = "redirect"
    """Answers HTTP 307 to the same path and takes nothing."""

    @property
    def takes_request(self) -> bool:
        """Whether the request does its work before the fault shows."""
        return self not in _TAKES_NOTHING


_TAKES_NOTHING = frozenset({Fault.UNAVAILABLE, Fault.RATE_LIMITED, Fault.REDIRECT})
_PAGE = b"<!DOCTYPE html><html><head><title>502</title></head><body>Bad Gateway</body></html>"


def plain_reply(fault: Fault, reply: Reply, retry_after: int | None) -> Reply:
    """Return what *fault* makes of *reply*, in no vendor's shape.

    Faults of the connection leave the reply as it is: the connection breaks around it.
    """
    match fault:
        case Fault.GARBAGE:
            return Reply(reply.status, b'{"messages": [{"\xff', reply.content_type)
        case Fault.SERVER_ERROR:
            return Reply(500, b"Internal Server Error", "text/plain")
        case Fault.HTML:
            return Reply(502, _PAGE, "text/html")
        case Fault.UNAVAILABLE:
            return Reply(503, b"Service Unavailable", "text/plain")
        case Fault.RATE_LIMITED:
            headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
            return Reply(429, b"", "text/plain", headers)
        case _:
            return reply


@define
class _Order:
    fault: Fault
    left: int
    target: Target

    def is_for(self, request: ReceivedRequest) -> bool:
        match self.target:
            case None:
                return True
            case str():
                return request.operation == self.target
            case _:
                return self.target(request)


class FaultScript:
    """The faults that were ordered and have not happened yet, first ordered first."""

    def __init__(self) -> None:
        self._orders: list[_Order] = []

    def order(self, fault: Fault, times: int, target: Target) -> None:
        """Let *fault* happen to the next *times* requests that *target* names."""
        self._orders.append(_Order(fault, times, target))

    def take(self, request: ReceivedRequest) -> Fault | None:
        """Return the fault that is due for *request*, and count it as happened."""
        self._orders = [order for order in self._orders if order.left > 0]
        for order in self._orders:
            if order.is_for(request):
                order.left -= 1
                return order.fault
        return None

    def clear(self) -> None:
        """Forget every fault that has not happened yet."""
        self._orders.clear()

    @property
    def pending(self) -> tuple[Fault, ...]:
        """The faults still to come, each as often as it is to happen."""
        return tuple(order.fault for order in self._orders for _ in range(order.left))
