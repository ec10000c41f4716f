"""``DevinoClient.sms``: carries the requests and answers of its neighbours in this package."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Unpack, overload

from devino_async.ids import separate_questions, unmatched
from devino_async.paging import PAGE_SIZE, Page, every_row
from devino_async.problems import invalid_query
from devino_async.query import whole
from devino_async.selection import GroupBy, select
from devino_async.sms.detail import (
    SmsDetail,
    SmsDetailFilters,
    detail_request,
    read_detail,
    row_key,
    row_step,
)
from devino_async.sms.message import SmsMessage
from devino_async.sms.sending import SmsResult, read_results, send_request
from devino_async.sms.statistics import SmsStatistics, read_statistics, statistics_request
from devino_async.sms.statuses import (
    LARGEST_STATUS_QUESTION,
    SmsStatus,
    check_ids,
    match_statuses,
    read_status_items,
    statuses_request,
)
from omni_common.errors import ReadError
from omni_common.exchange import Request
from omni_common.transport import Transport

__all__ = ["SmsResource"]


class SmsResource:
    """``DevinoClient.sms``: send text messages, ask what became of them, and read reports."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def send(
        self,
        messages: Sequence[SmsMessage],
        *,
        include_segment_id: bool = False,
        shorten_url: bool = False,
    ) -> list[SmsResult]:
        """Send up to 32,000 messages in one call; returns one result per message, in order.

        A message that Devino rejects does not raise: look at each result's ``outcome``.

        Args:
            messages: What to send.
            include_segment_id: Ask for the ids of the segments, too.
            shorten_url: Have links shortened; Devino then reports CLICKED.

        Raises:
            InvalidMessageError: *messages* is no list of 1 to 32,000 messages, or a flag no bool.
            NotSentError: The whole call was refused or never left.
            OutcomeUnknownError: Nothing certain is known of any of the messages.
        """
        request = send_request(
            messages, include_segment_id=include_segment_id, shorten_url=shorten_url
        )
        count = len(messages)
        results = await self._transport.exchange(
            request,
            lambda answer: read_results(answer, count),
            timeout=self._transport.settings.bulk_timeout if count > 1 else None,
        )
        return list(results)

    async def statuses(self, message_ids: Iterable[str]) -> list[SmsStatus | None]:
        """Ask for the statuses of any number of messages, 500 a call.

        Ids that an answer does not tell apart, because it rounds them (T18), are asked for again
        in further calls.

        Returns:
            One entry per id, in order; None for an id that Devino does not know.

        Raises:
            ReadError: An answer did not come or could not be read; or it leaves an id out and holds
                something else that belongs to no id for sure, which may be the status of that one.
            ForeignIdError: One of *message_ids* cannot be an id.
            InvalidQueryError: *message_ids* are no ids at all.
            TypeError: *message_ids* is one id instead of several.
        """
        if isinstance(message_ids, str):
            raise TypeError("statuses takes ids: put a single one into a list")
        if not isinstance(message_ids, Iterable):
            raise invalid_query("message_ids", "must be a list of ids")
        asked = list(message_ids)
        check_ids(asked)
        distinct = list(dict.fromkeys(asked))
        found: dict[str, SmsStatus] = {}
        for start in range(0, len(distinct), LARGEST_STATUS_QUESTION):
            found |= await self._found(distinct[start : start + LARGEST_STATUS_QUESTION])
        return [found.get(message_id) for message_id in asked]

    @overload
    def detail(
        self,
        *,
        task_id: str | int,
        trigger_id: str | int | None = ...,
        page_size: int = ...,
        offset: int = ...,
        **filters: Unpack[SmsDetailFilters],
    ) -> AsyncIterator[SmsDetail]: ...

    @overload
    def detail(
        self,
        *,
        sent_from: datetime,
        sent_to: datetime,
        page_size: int = ...,
        offset: int = ...,
        **filters: Unpack[SmsDetailFilters],
    ) -> AsyncIterator[SmsDetail]: ...

    @overload
    def detail(
        self,
        *,
        task_id: str | int,
        trigger_id: str | int,
        sent_from: datetime,
        sent_to: datetime,
        page_size: int = ...,
        offset: int = ...,
        **filters: Unpack[SmsDetailFilters],
    ) -> AsyncIterator[SmsDetail]: ...

    @overload
    def detail(
        self,
        *,
        message_ids: Iterable[str],
        page_size: int = ...,
        offset: int = ...,
        **filters: Unpack[SmsDetailFilters],
    ) -> AsyncIterator[SmsDetail]: ...

    def detail(
        self,
        *,
        task_id: str | int | None = None,
        trigger_id: str | int | None = None,
        sent_from: datetime | None = None,
        sent_to: datetime | None = None,
        message_ids: Iterable[str] | None = None,
        page_size: int = PAGE_SIZE,
        offset: int = 0,
        **filters: Unpack[SmsDetailFilters],
    ) -> AsyncIterator[SmsDetail]:
        """Every row of the details of sent messages, read page by page as it is needed.

        ::

            async for row in devino.sms.detail(sent_from=monday, sent_to=tuesday):
                print(row.message_id, row.state)

        Messages are chosen in one of five ways: a task, a task and its trigger, a range of time,
        these four together, or ids. Messages that are sent meanwhile may move rows from page to
        page, so that one comes twice or not at all: choose a range that is over, or an order.

        Args:
            task_id: ``taskId``, digits.
            trigger_id: ``triggerId``, digits.
            sent_from: ``dateTimeFrom``: a wall-clock time of the account, whole seconds.
            sent_to: ``dateTimeTo``, likewise.
            message_ids: ``messageIds``; all of them go into the address of one call, which servers
                commonly refuse from some 250 ids on. Devino names no limit.
            page_size: ``limit``: rows to ask for at a time.
            offset: Rows to leave out, counted from 0 (T64).
            **filters: See :class:`~devino_async.sms.SmsDetailFilters`.

        Raises:
            InvalidQueryError: Messages are chosen in another way, or a value is wrong; ``field``
                names the parameter. Raised at once, before anything is asked.
            ReadError: Raised by the iteration: an answer did not come or could not be read.
        """
        selected = select(
            task_id=task_id,
            trigger_id=trigger_id,
            sent_from=sent_from,
            sent_to=sent_to,
            message_ids=message_ids,
            zone=self._zone,
        )
        whole(page_size, name="page_size", least=1, required=True)

        def request(start: int) -> Request:
            return detail_request(selected, limit=page_size, offset=start, **filters)

        by_segments = filters.get("by_segments", False)
        return every_row(
            self._transport,
            request,
            read_detail,
            offset=offset,
            key=partial(row_key, by_segments=by_segments),
            step=partial(row_step, limit=page_size, by_segments=by_segments),
        )

    @overload
    async def detail_page(
        self,
        *,
        task_id: str | int,
        trigger_id: str | int | None = ...,
        limit: int,
        offset: int = ...,
        **filters: Unpack[SmsDetailFilters],
    ) -> Page[SmsDetail]: ...

    @overload
    async def detail_page(
        self,
        *,
        sent_from: datetime,
        sent_to: datetime,
        limit: int,
        offset: int = ...,
        **filters: Unpack[SmsDetailFilters],
    ) -> Page[SmsDetail]: ...

    @overload
    async def detail_page(
        self,
        *,
        task_id: str | int,
        trigger_id: str | int,
        sent_from: datetime,
        sent_to: datetime,
        limit: int,
        offset: int = ...,
        **filters: Unpack[SmsDetailFilters],
    ) -> Page[SmsDetail]: ...

    @overload
    async def detail_page(
        self,
        *,
        message_ids: Iterable[str],
        limit: int,
        offset: int = ...,
        **filters: Unpack[SmsDetailFilters],
    ) -> Page[SmsDetail]: ...

    async def detail_page(
        self,
        *,
        limit: int,
        task_id: str | int | None = None,
        trigger_id: str | int | None = None,
        sent_from: datetime | None = None,
        sent_to: datetime | None = None,
        message_ids: Iterable[str] | None = None,
        offset: int = 0,
        **filters: Unpack[SmsDetailFilters],
    ) -> Page[SmsDetail]:
        """One page of the details of sent messages; an empty one lies behind the end.

        *limit* is how many rows it has at most, *offset* how many lie before it, counted from 0
        (T64). What else may be asked is that of :meth:`detail`.

        Raises:
            InvalidQueryError: Messages are chosen in a way that Devino does not allow, or a value
                is wrong; ``field`` names the parameter.
            ReadError: An answer did not come or could not be read.
        """
        selected = select(
            task_id=task_id,
            trigger_id=trigger_id,
            sent_from=sent_from,
            sent_to=sent_to,
            message_ids=message_ids,
            zone=self._zone,
        )
        request = detail_request(selected, limit=limit, offset=offset, **filters)
        return await self._transport.exchange(request, partial(read_detail, limit=limit))

    async def statistics(
        self,
        *,
        group_by: GroupBy,
        start_date: datetime,
        end_date: datetime,
        task_id: str | int | None = None,
        trigger_id: str | int | None = None,
        time_offset: timedelta | None = None,
    ) -> SmsStatistics:
        """Count messages and segments by status and period.

        Args:
            group_by: ``groupBy``: the periods.
            start_date: ``startDate``: a wall-clock time of the account, whole seconds.
            end_date: ``endDate``, likewise.
            task_id: ``taskId``: only messages of this task, digits.
            trigger_id: ``triggerId``: only messages of this trigger, digits.
            time_offset: ``timeOffset``: the recipient's zone, as Devino calls it; whole minutes.

        Raises:
            InvalidQueryError: A value is wrong; ``field`` names the parameter.
            ReadError: An answer did not come or could not be read.
        """
        request = statistics_request(
            group_by=group_by,
            start_date=start_date,
            end_date=end_date,
            task_id=task_id,
            trigger_id=trigger_id,
            time_offset=time_offset,
            zone=self._zone,
        )
        return await self._transport.exchange(request, read_statistics)

    async def _found(self, asked: Sequence[str]) -> dict[str, SmsStatus]:
        """The statuses of the messages that Devino knows, by their ids."""
        answered = await self._transport.exchange(statuses_request(asked), read_status_items)
        found = match_statuses(asked, answered.statuses)
        given = [status.message_id for status in answered.statuses]
        for again in separate_questions(asked, given):
            found |= await self._found(again)
        if len(found) < len(asked) and (answered.unread or unmatched(asked, given)):
            msg = "an id is left out of the answer, which holds something that belongs to no id"
            raise ReadError(msg, provider="devino")
        return found
