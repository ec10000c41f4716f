"""SMS over Devino: send, ask what became of messages, and read the reports about them."""

from devino_async.sms.message import SmsMessage, SmsPriority
from devino_async.sms.resource import (
    LARGEST_BATCH,
    LARGEST_STATUS_QUESTION,
    SmsResource,
    SmsResult,
    SmsStatus,
    is_message_id,
    match_statuses,
    read_results,
    read_statuses,
    send_request,
    statuses_request,
)

__all__ = [
    "LARGEST_BATCH",
    "LARGEST_STATUS_QUESTION",
    "SmsMessage",
    "SmsPriority",
    "SmsResource",
    "SmsResult",
    "SmsStatus",
    "is_message_id",
    "match_statuses",
    "read_results",
    "read_statuses",
    "send_request",
    "statuses_request",
]
