"""The command line, run as its entry point runs it."""

from __future__ import annotations

import os
import sys

from omni_common.cli import main
from tests.reliability.shutdown.orders import Order
from tests.reliability.shutdown.witness import Witness

__all__ = ["command_sandbox", "command_send", "command_watch"]


def command_send(order: Order, witness: Witness) -> None:
    """``omni send``: what it prints is its word."""
    reference = f"{order.name}.0"
    witness.ask(reference)
    witness.leave()
    _run(order, "send", order.number, "--text", reference, "--reference", reference, "--json")


def command_watch(order: Order, witness: Witness) -> None:
    witness.leave()
    _run(order, "status", f"{order.vendor}:sms:1", "--watch", "--json")


def command_sandbox(order: Order, witness: Witness) -> None:
    witness.leave()
    _run(order, "sandbox", "--json")


def _run(order: Order, *tokens: str) -> None:
    os.environ["OMNI_URL"] = order.url
    sys.exit(main(tokens))
