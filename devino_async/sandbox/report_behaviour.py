"""What the documents leave open about SMS details, statistics and incoming messages."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from attrs import frozen

from devino_async.sandbox.page_numbers import PageNumbers
from devino_async.sandbox.switches import checked, switch

__all__ = ["ReportBehaviour", "SmsRowStatus", "UngroupedDate"]


class SmsRowStatus(Enum):
    """Which words the rows of the detail report use (T58)."""

    FILTER_WORDS = "filter_words"
    """Those that its ``status`` parameter takes, such as ``IN_PROGRESS`` and ``REDIRECT``."""
    CALLBACK_WORDS = "callback_words"
    """Those of callbacks, such as ``ENROUTE`` and ``CLICKED``."""


class UngroupedDate(Enum):
    """The ``date`` of statistics that are not grouped."""

    START = "start"
    """The beginning of the range."""
    NULL = "null"
    ABSENT = "absent"


@frozen(kw_only=True, field_transformer=checked)
class ReportBehaviour:
    """How the emulator answers where the documents do not say.

    Fields that hold nothing, such as the task of a message that belongs to none, follow
    ``empty_fields`` of :class:`DevinoBehaviour`, and times its ``status_offset``.
    """

    page_numbers: PageNumbers = PageNumbers.AS_TOLD
    """Whether the numbers of a page of the detail report agree with its rows (T63)."""
    has_more: bool = True
    """Whether a page has the key ``more``."""
    newest_first: bool = False
    """Order of rows that no ``order`` was asked for."""
    offset_counts_segments: bool = True
    """Whether ``limit``, ``offset`` and ``total`` count segments where rows are segments, or
    messages still."""
    row_status: SmsRowStatus = SmsRowStatus.FILTER_WORDS
    """Which words the rows use for where a message is."""
    all_fields: bool = False
    """Whether rows hold every field that can be asked for, not only those of the example."""
    numbers_as_text: bool = False
    """Whether whole numbers of reports are written as strings, as elsewhere they are (T21)."""
    price_as_text: bool = True
    """Whether ``price`` is a string such as ``"1.0000"``, as for e-mail (T21)."""
    deleted_as_word: bool = True
    """Whether ``isContactGroupDeleted`` is ``"No"``, as in the example, or a JSON truth (T26)."""
    event_offset: timedelta = switch(timedelta(), others=(timedelta(seconds=-40),))
    """What is added to ``eventDateTime``; in the vendor's example it lies 40 seconds before
    ``sentDateTime`` (T62)."""

    sorted_by_date: bool = False
    """Whether the dates of a status in the statistics are sorted; in the example they are not
    (T67)."""
    ungrouped_date: UngroupedDate = UngroupedDate.START
    """The date of statistics that are not grouped."""

    incoming_as_array: bool = False
    """Whether an incoming message is posted in an array, as statuses are (T7)."""
    incoming_numbers_as_text: bool = True
    """Whether ``incomingMessageId`` and ``ts`` of an incoming message are strings, as in the
    example, although declared as numbers (T21)."""
