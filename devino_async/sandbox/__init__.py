"""A stand-in for Devino on loopback, for tests and for trying things out.

:class:`DevinoEmulator` answers the SMS calls as the vendor's documents describe them, and
:class:`DevinoBehaviour` decides where they do not. Messages to the numbers of
:class:`omni_common.sandbox.Scenario` are refused, fail or vanish on purpose.
"""

from devino_async.sandbox.behaviour import (
    DevinoBehaviour,
    EmptyFields,
    ErrorBody,
    SmsIdForm,
    StatusOrder,
    UnknownIds,
    variants,
)
from devino_async.sandbox.emulator import DevinoEmulator
from devino_async.sandbox.states import StatusWord

__all__ = [
    "DevinoBehaviour",
    "DevinoEmulator",
    "EmptyFields",
    "ErrorBody",
    "SmsIdForm",
    "StatusOrder",
    "StatusWord",
    "UnknownIds",
    "variants",
]
