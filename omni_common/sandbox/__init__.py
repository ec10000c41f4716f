"""What every vendor's emulator is built on: a real HTTP server on loopback, free of any vendor.

An emulator takes requests as its vendor would, keeps a :class:`Ledger` of every message it
accepted, moves those messages through their states on a :class:`SandboxClock`, posts callbacks,
and misbehaves when asked: by :meth:`Emulator.fail_next`, or by the number a message is sent to
(:class:`Scenario`). Callbacks may come late, in reverse or before the answer (:class:`Posting`).
The emulators themselves are ``messente_async.sandbox.MessenteEmulator`` and
``devino_async.sandbox.DevinoEmulator``; other packages add theirs under the entry point group
``omni.sandboxes``.

An emulator is never a fallback for a vendor: it answers only whoever was given its URL.
"""

from omni_common.sandbox.callbacks import Callback, PostedCallback, Posting, PostOrder
from omni_common.sandbox.clock import SandboxClock
from omni_common.sandbox.emulator import Emulator
from omni_common.sandbox.faults import Fault
from omni_common.sandbox.ledger import Ledger, LedgerEntry, StateChange
from omni_common.sandbox.operation import Operation, ReceivedRequest, Reply
from omni_common.sandbox.running import running
from omni_common.sandbox.scenario import Pace, Scenario, scenario_of

__all__ = [
    "Callback",
    "Emulator",
    "Fault",
    "Ledger",
    "LedgerEntry",
    "Operation",
    "Pace",
    "PostOrder",
    "PostedCallback",
    "Posting",
    "ReceivedRequest",
    "Reply",
    "SandboxClock",
    "Scenario",
    "StateChange",
    "running",
    "scenario_of",
]
