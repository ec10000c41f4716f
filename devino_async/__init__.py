"""Devino for omni-async: the native client, and the provider behind the shared interface."""

from devino_async.answers import Reason
from devino_async.client import DevinoClient
from devino_async.provider import DevinoProvider
from devino_async.sms import SmsMessage, SmsPriority, SmsResource, SmsResult, SmsStatus

__all__ = [
    "DevinoClient",
    "DevinoProvider",
    "Reason",
    "SmsMessage",
    "SmsPriority",
    "SmsResource",
    "SmsResult",
    "SmsStatus",
]
