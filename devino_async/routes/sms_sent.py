"""What Devino's detail report says of SMS that were sent one by one (contract sheet, A5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, tzinfo
from typing import Final

from devino_async.client import DevinoClient
from devino_async.problems import invalid_query
from devino_async.routes.route import PROVIDER
from devino_async.routes.sms_message import sender_of
from devino_async.selection import SortOrder
from devino_async.sms import SmsDetail, SmsField
from devino_async.zone import is_certain, moment, wall_clock
from omni_common.errors import NotSupportedError, ReadError
from omni_common.message import Channel, Message
from omni_common.sent import SentAs, SentMessage

__all__ = ["own_sms", "sms_as_sent", "zone_of"]

_SECOND: Final = timedelta(seconds=1)
_HOUR: Final = timedelta(hours=1)
_FIELDS = (
    SmsField.MESSAGE_ID,
    SmsField.SENT_DATE_TIME,
    SmsField.SOURCE_ADDRESS,
    SmsField.RECIPIENT,
    SmsField.TEXT,
    SmsField.TASK_ID,
    SmsField.TRIGGER_ID,
)


def zone_of(client: DevinoClient) -> tzinfo:
    """The zone of the times in the report.

    Raises:
        NotSupportedError: It is not known (T30), so that nothing can be asked about a moment.
    """
    if client.zone is None:
        msg = (
            "devino names no zone for the times in its list of sent messages: give the setting"
            " account_zone, such as Europe/Moscow"
        )
        raise NotSupportedError(msg, provider=PROVIDER)
    return client.zone


def sms_as_sent(message: Message, default_sender: str | None) -> SentAs | None:
    """How *message*, one SMS, stands in the report; None if it cannot have gone out."""
    sender, text = sender_of(message, default_sender), message.content[0].text
    if message.phone is None or sender is None or text is None:
        return None
    return SentAs(message.phone, Channel.SMS, sender, text)


def own_sms(
    client: DevinoClient, prefix: str, *, after: datetime, before: datetime
) -> AsyncIterator[SentMessage]:
    """The SMS from *after* to *before* that belong to no campaign, oldest first.

    Args:
        client: Whom to ask.
        prefix: What the ids of receipts have before the vendor's own.
        after: Aware.
        before: Aware.

    Raises:
        NotSupportedError: The account's zone is not known.
        InvalidQueryError: A time has no zone.
        ReadError: Raised by the iteration: no usable answer came.
    """
    zone = zone_of(client)
    rows = client.sms.detail(
        # A second more on either side: whether the ends belong to the range is not documented.
        sent_from=_told_once(_whole(after, "after") - _SECOND, zone, -_HOUR),
        sent_to=_told_once(_whole(before, "before") + 2 * _SECOND, zone, _HOUR),
        order=SortOrder.ASC,
        order_field=SmsField.SENT_DATE_TIME,  # what is sent meanwhile moves no row that is to come
        out_fields=_FIELDS,
    )
    return _read(rows, zone, prefix)


async def _read(
    rows: AsyncIterator[SmsDetail], zone: tzinfo, prefix: str
) -> AsyncIterator[SentMessage]:
    async for row in rows:
        if _is_of_campaign(row):
            continue
        if row.message_id is None:
            msg = "devino lists a message without its id"
            raise ReadError(msg, provider=PROVIDER, raw=row.raw)
        yield SentMessage(
            id=f"{prefix}{row.message_id}",
            to=f"+{row.recipient.removeprefix('+')}" if row.recipient else "",
            channel=Channel.SMS,
            sender=row.source_address,
            text=row.text,
            at=moment(row.sent_date_time, zone),
        )


def _is_of_campaign(row: SmsDetail) -> bool:
    """Whether it went out by a task, be it a cascade's: then it was no SMS by itself.

    What stands in the place of a task where there is none is not documented for SMS: of e-mail it
    is 0 (A8b).
    """
    return any(id is not None and id.strip("0") for id in (row.task_id, row.trigger_id))


def _whole(time: datetime, name: str) -> datetime:
    """The second that *time* is in."""
    if time.utcoffset() is None:
        raise invalid_query(name, "must have a time zone")
    return time.replace(microsecond=0)


def _told_once(time: datetime, zone: tzinfo, step: timedelta) -> datetime:
    """*time*, or as many *step* from it as it takes to a time that the clocks show only once."""
    while (wall := wall_clock(time, zone)) is not None and not is_certain(wall, zone):
        time += step
    return time
