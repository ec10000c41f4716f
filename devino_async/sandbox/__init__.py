"""A stand-in for Devino on loopback, for tests and for trying things out.

:class:`DevinoEmulator` answers every documented call as the vendor's documents describe it, over
one account that all calls share, and :class:`DevinoBehaviour` decides where they are silent; each
area's own switches, and the answers they choose from, are in a module such as
``devino_async.sandbox.email_behaviour``. Messages to the numbers and addresses of
:class:`omni_common.sandbox.Scenario` are refused, fail or vanish on purpose.
"""

from devino_async.sandbox.address_book_behaviour import AddressBookBehaviour
from devino_async.sandbox.behaviour import (
    DevinoBehaviour,
    EmptyFields,
    ErrorBody,
    SmsIdForm,
    StatusOrder,
    UnknownIds,
    variants,
)
from devino_async.sandbox.channel_behaviour import ChannelBehaviour
from devino_async.sandbox.email_behaviour import EmailBehaviour
from devino_async.sandbox.emulator import DevinoEmulator
from devino_async.sandbox.omni_behaviour import OmniBehaviour
from devino_async.sandbox.report_behaviour import ReportBehaviour
from devino_async.sandbox.states import StatusWord

__all__ = [
    "AddressBookBehaviour",
    "ChannelBehaviour",
    "DevinoBehaviour",
    "DevinoEmulator",
    "EmailBehaviour",
    "EmptyFields",
    "ErrorBody",
    "OmniBehaviour",
    "ReportBehaviour",
    "SmsIdForm",
    "StatusOrder",
    "StatusWord",
    "UnknownIds",
    "variants",
]
