"""E-mail over Devino: send letters, upload files for them, and read the reports about them.

:func:`read_callbacks` reads what Devino posts by itself about letters.
"""

from devino_async.email.callbacks import EmailEvent, read_callbacks
from devino_async.email.detail import (
    EmailDetail,
    EmailDetailFilters,
    EmailField,
    detail_request,
    read_detail,
)
from devino_async.email.files import (
    FILE_TYPES,
    LocalFile,
    UploadedFile,
    find_file,
    read_upload,
    upload_request,
)
from devino_async.email.letter import (
    LONGEST_SENDER_NAME,
    UNSUBSCRIBE,
    EmailLetter,
    EmailRecipient,
    EmailSender,
    body_problem,
)
from devino_async.email.resource import EmailResource
from devino_async.email.sending import EmailResult, read_results, send_request
from devino_async.email.statistics import (
    DOCUMENTED_ENDPOINT,
    SAMPLED_ENDPOINT,
    Charset,
    EmailStatistics,
    EmailStatisticsRow,
    StatisticsEndpoint,
    read_csv,
    read_statistics,
    statistics_request,
)
from devino_async.email.status import EmailDetailStatus, email_state

__all__ = [
    "DOCUMENTED_ENDPOINT",
    "FILE_TYPES",
    "LONGEST_SENDER_NAME",
    "SAMPLED_ENDPOINT",
    "UNSUBSCRIBE",
    "Charset",
    "EmailDetail",
    "EmailDetailFilters",
    "EmailDetailStatus",
    "EmailEvent",
    "EmailField",
    "EmailLetter",
    "EmailRecipient",
    "EmailResource",
    "EmailResult",
    "EmailSender",
    "EmailStatistics",
    "EmailStatisticsRow",
    "LocalFile",
    "StatisticsEndpoint",
    "UploadedFile",
    "body_problem",
    "detail_request",
    "email_state",
    "find_file",
    "read_callbacks",
    "read_csv",
    "read_detail",
    "read_results",
    "read_statistics",
    "read_upload",
    "send_request",
    "statistics_request",
    "upload_request",
]
