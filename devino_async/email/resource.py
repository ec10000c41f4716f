"""``DevinoClient.email``: carries the requests and answers of its neighbours in this package."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Unpack, overload

from devino_async.email.detail import (
    EmailDetail,
    EmailDetailFilters,
    detail_request,
    read_detail,
    row_key,
)
from devino_async.email.files import UploadedFile, find_file, read_upload, upload_request
from devino_async.email.letter import EmailLetter
from devino_async.email.sending import EmailResult, read_results, send_request
from devino_async.email.statistics import (
    DOCUMENTED_ENDPOINT,
    Charset,
    EmailStatistics,
    StatisticsEndpoint,
    days_asked,
    read_csv,
    read_statistics,
    statistics_request,
)
from devino_async.paging import PAGE_SIZE, Page, every_row
from devino_async.query import whole
from devino_async.selection import GroupBy, select
from omni_common.errors import InvalidMessageError
from omni_common.exchange import Request
from omni_common.transport import Transport

__all__ = ["EmailResource"]


class EmailResource:
    """``DevinoClient.email``: send letters, upload files for them, and read reports."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def send(self, letter: EmailLetter) -> list[EmailResult]:
        """Send a letter; returns one result per recipient, in their order.

        A recipient whom Devino leaves out of its answer does not raise: look at each result's
        ``outcome``, which is unknown then.

        Raises:
            NotSentError: The whole letter was refused or never left.
            OutcomeUnknownError: Nothing certain is known of any of the recipients.
        """
        request, recipients = send_request(letter), letter.recipients
        results = await self._transport.exchange(
            request,
            lambda answer: read_results(answer, [each.address for each in recipients]),
            timeout=self._transport.settings.bulk_timeout if len(recipients) > 1 else None,
        )
        return list(results)

    async def upload(
        self,
        source: str | os.PathLike[str] | bytes,
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> UploadedFile:
        """Put a file into Devino's store, so that letters can have it attached.

        A file that is given by its path is read while it is sent, and never held as a whole. One
        that has another length by then is not sent. The call has the setting ``bulk_timeout`` to
        be done. Devino documents no limit to a file's size.

        Args:
            source: The file's path, or its content.
            filename: The name to give it, which must end in one of
                :data:`~devino_async.email.FILE_TYPES`; the path's own unless given.
            content_type: Its media type; what the name's ending stands for unless given.

        Raises:
            NotSentError: Devino refused the file, or nothing left this machine. An
                ``InvalidMessageError`` names the argument in ``field``: ``source`` for a file that
                cannot be read.
            OutcomeUnknownError: The file may be in the store, but its id is lost. Uploading it
                again leaves a second one there at worst.
        """
        request = upload_request(
            source if isinstance(source, bytes) else await asyncio.to_thread(find_file, source),
            filename=filename,
            content_type=content_type,
        )
        try:
            return await self._transport.exchange(
                request, read_upload, timeout=self._transport.settings.bulk_timeout
            )
        except InvalidMessageError as error:  # the file changed since it was looked at
            error.field = "source"
            raise

    @overload
    def detail(
        self,
        *,
        task_id: str | int,
        trigger_id: str | int | None = ...,
        page_size: int = ...,
        offset: int = ...,
        **filters: Unpack[EmailDetailFilters],
    ) -> AsyncIterator[EmailDetail]: ...

    @overload
    def detail(
        self,
        *,
        sent_from: datetime,
        sent_to: datetime,
        page_size: int = ...,
        offset: int = ...,
        **filters: Unpack[EmailDetailFilters],
    ) -> AsyncIterator[EmailDetail]: ...

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
        **filters: Unpack[EmailDetailFilters],
    ) -> AsyncIterator[EmailDetail]: ...

    @overload
    def detail(
        self,
        *,
        message_ids: Iterable[str],
        page_size: int = ...,
        offset: int = ...,
        **filters: Unpack[EmailDetailFilters],
    ) -> AsyncIterator[EmailDetail]: ...

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
        **filters: Unpack[EmailDetailFilters],
    ) -> AsyncIterator[EmailDetail]:
        """Every row of the details of sent letters, read page by page as it is needed.

        ::

            async for row in devino.email.detail(sent_from=monday, sent_to=tuesday):
                print(row.message_id, row.state)

        Letters are chosen in one of five ways: a task, a task and its trigger, a range of time,
        these four together, or ids. Letters that are sent meanwhile may move rows from page to
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
            **filters: See :class:`~devino_async.email.EmailDetailFilters`.

        Raises:
            InvalidQueryError: Letters are chosen in another way, or a value is wrong; ``field``
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

        return every_row(self._transport, request, read_detail, offset=offset, key=row_key)

    @overload
    async def detail_page(
        self,
        *,
        task_id: str | int,
        trigger_id: str | int | None = ...,
        limit: int,
        offset: int = ...,
        **filters: Unpack[EmailDetailFilters],
    ) -> Page[EmailDetail]: ...

    @overload
    async def detail_page(
        self,
        *,
        sent_from: datetime,
        sent_to: datetime,
        limit: int,
        offset: int = ...,
        **filters: Unpack[EmailDetailFilters],
    ) -> Page[EmailDetail]: ...

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
        **filters: Unpack[EmailDetailFilters],
    ) -> Page[EmailDetail]: ...

    @overload
    async def detail_page(
        self,
        *,
        message_ids: Iterable[str],
        limit: int,
        offset: int = ...,
        **filters: Unpack[EmailDetailFilters],
    ) -> Page[EmailDetail]: ...

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
        **filters: Unpack[EmailDetailFilters],
    ) -> Page[EmailDetail]:
        """One page of the details of sent letters; an empty one lies behind the end.

        *limit* is how many rows it has at most, *offset* how many lie before it, counted from 0
        (T64). What else may be asked is that of :meth:`detail`.

        Raises:
            InvalidQueryError: Letters are chosen in a way that Devino does not allow, or a value
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
        date_time_from: datetime,
        date_time_to: datetime,
        charset: Charset = Charset.UTF8,
        task_id: str | int | None = None,
        trigger_id: str | int | None = None,
        user_id: str | int | None = None,
        zone_offset: timedelta | None = None,
        endpoint: StatisticsEndpoint = DOCUMENTED_ENDPOINT,
    ) -> EmailStatistics:
        """Count letters by what became of them, for each period and in all.

        Args:
            group_by: ``groupBy``: the periods.
            date_time_from: ``dateTimeFrom``: a wall-clock time of the account, whole seconds.
            date_time_to: ``dateTimeTo``, likewise.
            charset: ``charset``: how Devino shall encode the table.
            task_id: ``taskId``: only letters of this campaign, digits.
            trigger_id: ``triggerId``: only letters of this trigger, digits.
            user_id: ``userId``: only letters that this user sent, digits.
            zone_offset: ``zoneOffset``: the recipient's zone, as Devino calls it; whole minutes.
            endpoint: Where to ask; :data:`~devino_async.email.SAMPLED_ENDPOINT` is the other form
                that the vendor's page has (T9).

        Raises:
            InvalidQueryError: A value is wrong; ``field`` names the parameter.
            ReadError: An answer did not come, or is not the whole table: Devino ends it with a row
                for the whole range. :meth:`statistics_csv` gives what came all the same.
        """
        request = statistics_request(
            group_by=group_by,
            date_time_from=date_time_from,
            date_time_to=date_time_to,
            charset=charset,
            task_id=task_id,
            trigger_id=trigger_id,
            user_id=user_id,
            zone_offset=zone_offset,
            endpoint=endpoint,
            zone=self._zone,
        )
        read = read_statistics(charset, days=days_asked(request, endpoint))
        return await self._transport.exchange(request, read)

    async def statistics_csv(
        self,
        *,
        group_by: GroupBy,
        date_time_from: datetime,
        date_time_to: datetime,
        charset: Charset = Charset.UTF8,
        task_id: str | int | None = None,
        trigger_id: str | int | None = None,
        user_id: str | int | None = None,
        zone_offset: timedelta | None = None,
        endpoint: StatisticsEndpoint = DOCUMENTED_ENDPOINT,
    ) -> bytes:
        """The table of :meth:`statistics` as it came, parted by semicolons and in *charset*.

        What may be asked is the same. Whether it is the table, and the whole of it, is not looked
        at here.

        Raises:
            InvalidQueryError: A value is wrong; ``field`` names the parameter.
            ReadError: An answer did not come, or is a refusal or a page of HTML.
        """
        request = statistics_request(
            group_by=group_by,
            date_time_from=date_time_from,
            date_time_to=date_time_to,
            charset=charset,
            task_id=task_id,
            trigger_id=trigger_id,
            user_id=user_id,
            zone_offset=zone_offset,
            endpoint=endpoint,
            zone=self._zone,
        )
        return await self._transport.exchange(request, read_csv)
