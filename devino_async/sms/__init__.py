"""SMS over Devino: send, ask what became of messages, and read the reports about them.

Two functions read what Devino posts by itself: :func:`read_callbacks` the statuses of messages,
:func:`read_incoming` the messages that people send to the account.
"""

from devino_async.ids import is_id as is_message_id
from devino_async.selection import GroupBy, SortOrder
from devino_async.sms.callbacks import (
    IncomingSms,
    SmsStatusEvent,
    read_callbacks,
    read_incoming,
)
from devino_async.sms.detail import (
    SmsDetail,
    SmsDetailFilters,
    SmsDetailStatus,
    SmsField,
    SmsTraffic,
    detail_request,
    read_detail,
)
from devino_async.sms.message import SmsMessage, SmsPriority
from devino_async.sms.resource import SmsResource
from devino_async.sms.sending import LARGEST_BATCH, SmsResult, read_results, send_request
from devino_async.sms.statistics import (
    SmsCount,
    SmsStatistics,
    SmsStatisticsStatus,
    read_statistics,
    statistics_request,
)
from devino_async.sms.statuses import (
    LARGEST_STATUS_QUESTION,
    SmsStatus,
    match_statuses,
    read_statuses,
    statuses_request,
)

__all__ = [
    "LARGEST_BATCH",
    "LARGEST_STATUS_QUESTION",
    "GroupBy",
    "IncomingSms",
    "SmsCount",
    "SmsDetail",
    "SmsDetailFilters",
    "SmsDetailStatus",
    "SmsField",
    "SmsMessage",
    "SmsPriority",
    "SmsResource",
    "SmsResult",
    "SmsStatistics",
    "SmsStatisticsStatus",
    "SmsStatus",
    "SmsStatusEvent",
    "SmsTraffic",
    "SortOrder",
    "detail_request",
    "is_message_id",
    "match_statuses",
    "read_callbacks",
    "read_detail",
    "read_incoming",
    "read_results",
    "read_statistics",
    "read_statuses",
    "send_request",
    "statistics_request",
    "statuses_request",
]
