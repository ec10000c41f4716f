"""Messente for omni-async: the native client, and the provider behind the shared interface."""

from messente_async.answers import (
    BulkItem,
    Contradiction,
    ErrorItem,
    MessageResult,
    MessenteErrors,
    OmnimessageCreated,
)
from messente_async.client import MessenteClient
from messente_async.omnimessage import ChannelMessage, Omnimessage, Priority, TextStore
from messente_async.provider import MessenteProvider
from messente_async.rcs import Rcs
from messente_async.report import (
    DeliveryError,
    DeliveryReportResponse,
    DeliveryResult,
    PriceInfo,
    Status,
)
from messente_async.sms import SMS, Autoconvert
from messente_async.viber import Viber
from messente_async.whatsapp import WhatsApp

__all__ = [
    "SMS",
    "Autoconvert",
    "BulkItem",
    "ChannelMessage",
    "Contradiction",
    "DeliveryError",
    "DeliveryReportResponse",
    "DeliveryResult",
    "ErrorItem",
    "MessageResult",
    "MessenteClient",
    "MessenteErrors",
    "MessenteProvider",
    "Omnimessage",
    "OmnimessageCreated",
    "PriceInfo",
    "Priority",
    "Rcs",
    "Status",
    "TextStore",
    "Viber",
    "WhatsApp",
]
