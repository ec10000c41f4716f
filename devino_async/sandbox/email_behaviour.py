"""What the documents leave open about e-mail, its files and its reports."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from attrs import frozen

from devino_async.sandbox.page_numbers import PageNumbers
from devino_async.sandbox.switches import checked, http_status, switch

__all__ = [
    "AfterDelivery",
    "Charset",
    "EmailBehaviour",
    "ExtraDataEcho",
    "FailureKeys",
    "Header",
    "HourRows",
    "InvalidAddress",
    "MissingMacro",
    "MissingTask",
    "NoneRows",
    "ResultOrder",
    "RowStatus",
    "StatisticsForm",
    "UndeliveredEvent",
    "UnsubscribedAddress",
    "WeekRows",
]


class MissingMacro(Enum):
    """What becomes of a letter without ``[Unsubscribe]``, which the vendor does not send (T55)."""

    REFUSED = "refused"
    """The call is refused."""
    NEVER_SENT = "never_sent"
    """The letter is accepted with an id, and rejected later."""


class InvalidAddress(Enum):
    """What the address of one recipient does to a call when nobody can be written to there."""

    CALL_REFUSED = "call_refused"
    """Nobody gets the letter."""
    INDEX_MISSING = "index_missing"
    """The others get it; ``result`` has no item for this one. Where nobody is left, the call is
    refused like one without recipients."""


class UnsubscribedAddress(Enum):
    """How a call with ``CheckUnsubscription`` tells that an address gets no letter."""

    REJECTED_LATER = "rejected_later"
    """The recipient has an id, whose message is rejected."""
    INDEX_MISSING = "index_missing"
    """``result`` has no item for the recipient."""


class ResultOrder(Enum):
    """Order of the items of ``result``."""

    AS_SENT = "as_sent"
    REVERSED = "reversed"


class FailureKeys(Enum):
    """How the keys of a refusal are written (T1)."""

    TITLE = "title"
    """``Description``, ``Reasons``, ``Key``, ``Reference``: the vendor's example."""
    LOWER = "lower"
    """``description``, ``reasons``, ``key``, ``reference``: as an accepted call answers."""


class ExtraDataEcho(Enum):
    """What ``userData`` of a callback holds; the vendor's example has null."""

    OBJECT = "object"
    """The recipient's ``ExtraData`` as it was sent, null where there was none."""
    TEXT = "text"
    """The same as a string that holds JSON, as ``ExtraData`` is declared (T22)."""
    NULL = "null"
    """Nothing, ever."""


class UndeliveredEvent(Enum):
    """The event of a letter that cannot be delivered."""

    BOUNCED = "BOUNCED"
    REJECTED = "REJECTED"


class AfterDelivery(Enum):
    """What the recipient does with a letter once it is delivered, every one of them."""

    NOTHING = "nothing"
    OPENED = "opened"
    CLICKED = "clicked"
    """Opens it and follows a link."""
    UNSUBSCRIBED = "unsubscribed"
    """Opens it and wants no more; the address counts as unsubscribed from then on."""
    SUBSCRIBED = "subscribed"
    """Opens it and wants more."""
    COMPLAINED = "complained"
    """Opens it and calls it spam."""


class RowStatus(Enum):
    """Which words the rows of the detail report use (T58)."""

    FILTER_WORDS = "filter_words"
    """Those that its ``status`` parameter takes, such as ``IN_PROGRESS`` and ``READ``."""
    CALLBACK_WORDS = "callback_words"
    """Those of callbacks, such as ``SENT`` and ``OPENED``."""


class MissingTask(Enum):
    """What a row says about task and trigger of a letter that belongs to none."""

    ZERO = "zero"
    """0, as callbacks have it."""
    NULL = "null"
    ABSENT = "absent"


class StatisticsForm(Enum):
    """Which of the two documented forms of the statistics call exists (T9)."""

    TEXT = "text"
    """``/omni-statistics-exporter/export/...`` with ``dateTimeFrom`` and ``dateTimeTo``."""
    EXAMPLE = "example"
    """``/email-stat/...`` with ``startDate`` and ``endDate``."""
    BOTH = "both"


class Charset(Enum):
    """Encodings of the statistics, as the parameter ``charset`` names them."""

    UTF8 = "UTF8"
    CP1251 = "CP1251"


class Header(Enum):
    """Language of the first line of the statistics (T66)."""

    ENGLISH = "english"
    RUSSIAN = "russian"


class NoneRows(Enum):
    """What the statistics hold besides the total when they are not grouped (T66)."""

    NO_ROW = "no_row"
    RANGE = "range"
    """One row, named like the total: ``12.04.2022 - 12.04.2023``."""
    FIRST_DAY = "first_day"
    """One row, named after the day on which the range begins."""


class WeekRows(Enum):
    """How a week is named."""

    MONDAY = "monday"
    RANGE = "range"
    """Monday to Sunday, in the form of the total: ``04.04.2022 - 10.04.2022``."""


class HourRows(Enum):
    """How an hour is named."""

    MINUTES = "minutes"
    """``12.04.2022 13:00``"""
    SECONDS = "seconds"
    """``12.04.2022 13:00:00``"""
    DAY = "day"
    """``12.04.2022``, alike for all hours of a day."""


@frozen(kw_only=True, field_transformer=checked)
class EmailBehaviour:
    """How the emulator answers where the documents do not say.

    A refused letter has ``refused_status`` of :class:`DevinoBehaviour` and the documented body. For
    refused uploads and reports no body is documented, so that theirs is ``refused_body``.
    """

    missing_macro: MissingMacro = MissingMacro.REFUSED
    """What becomes of a letter that leaves nobody a way to unsubscribe."""
    invalid_address: InvalidAddress = InvalidAddress.CALL_REFUSED
    """What the invalid address of one recipient does to the others."""
    unsubscribed_address: UnsubscribedAddress = UnsubscribedAddress.REJECTED_LATER
    """How a call tells that somebody has unsubscribed."""
    accepts_json_text: bool = False
    """Whether ``MergeFields`` and ``ExtraData`` may be strings that hold an object (T22)."""

    result_order: ResultOrder = ResultOrder.AS_SENT
    """Order of the items of ``result``; each tells its ``index``."""
    lowercases_addresses: bool = False
    """Whether ``address`` of an item is written in small letters, however it was sent."""
    accepted_description: str = switch("ok", others=("OK",))
    """``description`` of a call that was accepted."""
    refused_description: str = switch("Validation failed", others=("validation failed", "error"))
    """``Description`` of a call that was refused."""
    failure_keys: FailureKeys = FailureKeys.TITLE
    """How the keys of a refusal are written."""

    undelivered_event: UndeliveredEvent = UndeliveredEvent.BOUNCED
    """The event of a letter that cannot be delivered; which one comes when is not told."""
    after_delivery: AfterDelivery = AfterDelivery.NOTHING
    """What recipients do with their letters."""
    extra_data: ExtraDataEcho = ExtraDataEcho.OBJECT
    """What callbacks echo."""

    uploaded_status: int = http_status(200, 201)
    """HTTP status of an upload that was accepted."""
    file_id_has_extension: bool = False
    """Whether a ``fileId`` ends like the file's name, as in the example of a letter (T24)."""

    page_numbers: PageNumbers = PageNumbers.AS_TOLD
    """Whether the numbers of a page of the detail report agree with its rows (T63)."""
    with_total: bool = True
    """Whether a page tells ``pages`` and ``total``; there is no parameter that asks for them."""
    newest_first: bool = False
    """Order of rows that no ``order`` was asked for."""
    row_status: RowStatus = RowStatus.FILTER_WORDS
    """Which words the rows use for where a letter is."""
    missing_task: MissingTask = MissingTask.ZERO
    """What a row says about task and trigger of a letter that belongs to none."""
    all_fields: bool = False
    """Whether rows hold every field that they can be sorted by, not only those of the example."""
    trigger_id_as_text: bool = True
    """Whether ``triggerId`` is a string, unlike ``taskId`` beside it (T21)."""
    price_as_text: bool = True
    """Whether ``price`` is a string such as ``"1.0000"`` (T21)."""
    deleted_as_word: bool = False
    """Whether ``isListDeleted`` is ``"No"``, as for SMS, instead of a JSON truth (T26)."""
    event_offset: timedelta = switch(timedelta(), others=(timedelta(seconds=-40),))
    """What is added to ``eventDateTime``; in the vendor's example it lies 40 seconds before
    ``sentDateTime`` (T62)."""

    statistics_form: StatisticsForm = StatisticsForm.TEXT
    """Which form of the statistics call exists; the other one's path is unknown."""
    default_charset: Charset = Charset.UTF8
    """Encoding of statistics that no ``charset`` was asked for."""
    byte_order_mark: bool = False
    """Whether statistics in UTF-8 begin with a byte order mark."""
    header: Header = Header.ENGLISH
    """Language of the first line."""
    line_end: str = switch("\n", others=("\r\n",))
    """What ends a line."""
    last_line_ends: bool = True
    """Whether the last line ends like the others."""
    shows_empty_periods: bool = True
    """Whether periods in which nothing happened have a row; the example has some and lacks one."""
    none_rows: NoneRows = NoneRows.NO_ROW
    """What there is besides the total when nothing is grouped."""
    week_rows: WeekRows = WeekRows.MONDAY
    """How a week is named."""
    hour_rows: HourRows = HourRows.MINUTES
    """How an hour is named."""
    statistics_type: str = switch("text/csv", others=("application/octet-stream",))
    """Content type of the statistics."""
