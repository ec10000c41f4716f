"""Messente on loopback, for tests, demonstrations and trying things out.

::

    async with MessenteEmulator() as emulator:
        async with connect(emulator.url) as omni: ...

It checks requests as strictly as the vendor's documents say, and :class:`MessenteBehaviour` has a
switch for each question that they leave open. What the last four digits of a recipient do is said
in :class:`omni_common.sandbox.Scenario`; senders named ``Forbidden`` are refused. Delivery reports
are really posted, and so is what a person sends (:meth:`MessenteEmulator.receive`).
"""

from messente_async.sandbox.behaviour import (
    AutoconvertRule,
    BulkItems,
    CancelledStatus,
    ErrorBody,
    InboundForm,
    ItemIds,
    MessenteBehaviour,
    PhoneRule,
    SentWord,
    TimestampZone,
    UndeliveredWord,
    Unset,
    UntriedChannels,
    ViberRule,
    variants,
)
from messente_async.sandbox.emulator import MessenteEmulator
from messente_async.sandbox.rules import Account

__all__ = [
    "Account",
    "AutoconvertRule",
    "BulkItems",
    "CancelledStatus",
    "ErrorBody",
    "InboundForm",
    "ItemIds",
    "MessenteBehaviour",
    "MessenteEmulator",
    "PhoneRule",
    "SentWord",
    "TimestampZone",
    "UndeliveredWord",
    "Unset",
    "UntriedChannels",
    "ViberRule",
    "variants",
]
