"""The least call of every method of the vendors' own clients, against emulators.

Each entry prepares what the method needs (a task, a list, a sent message) and returns the call.
Whom they are for and what they say are canaries.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from devino_async import DevinoClient
from devino_async.address_book import NewContact
from devino_async.channel_sending import ChannelPriority
from devino_async.email import EmailLetter, EmailRecipient, EmailSender
from devino_async.omni import (
    NewTask,
    OmniChannel,
    OmniRecipient,
    SmsTemplate,
    TaskType,
    Trigger,
    TriggerType,
)
from devino_async.push import PushMessage
from devino_async.push_wallet import PushWalletMessage, PushWalletPayload
from devino_async.selection import GroupBy
from devino_async.sms import SmsMessage
from devino_async.viber import ViberMessage
from devino_async.vk import VkMessage
from devino_async.whatsapp import WhatsAppDirectMessage, WhatsAppMessage, WhatsAppType
from messente_async import SMS, MessenteClient, Omnimessage
from tests.support.canaries import ADDRESS, BODY, NUMBER, TOKEN, planted

__all__ = [
    "DEVINO_CALLS",
    "MESSENTE_CALLS",
    "MONTHS",
    "letter",
    "omnimessage",
    "text",
    "transactional_task",
]

C = TypeVar("C")
Called: TypeAlias = Callable[[], Awaitable[Any] | AsyncIterator[Any]]
Prepare: TypeAlias = Callable[[C], Awaitable[Called]]

PHONE = NUMBER.removeprefix("+")
FROM = datetime(2026, 1, 1)  # noqa: DTZ001 - a wall clock's
TO = datetime(2036, 1, 1)  # noqa: DTZ001
MONTHS: dict[str, Any] = {
    "group_by": GroupBy.MONTH,
    "date_time_from": FROM,
    "date_time_to": TO,
}


def text(to: str = PHONE) -> SmsMessage:
    return SmsMessage(sender="Shop", to=to, text=BODY)


def letter(*addresses: str) -> EmailLetter:
    return EmailLetter(
        recipients=[EmailRecipient(address=each) for each in addresses or (ADDRESS,)],
        sender=EmailSender(address="post@shop.example"),
        subject=planted("subject"),
        plain_text=f"{BODY} [Unsubscribe]",
    )


def transactional_task() -> NewTask:
    """A task that transactional messages can be sent through."""
    trigger = Trigger(
        index=0,
        type=TriggerType.TRAN_API_SOURCE,
        channel=OmniChannel.SMS,
        start_time=FROM,
        end_time=TO,
        template=SmsTemplate(
            sender="Shop", text=f"{BODY} ${{name}}", validity=timedelta(minutes=10)
        ),
    )
    return NewTask(
        task_name="Orders", type=TaskType.API, channel=OmniChannel.OMNI, triggers=[trigger]
    )


def _devino(call: Callable[[DevinoClient], Any]) -> Prepare[DevinoClient]:
    async def prepare(client: DevinoClient) -> Called:
        return lambda: call(client)

    return prepare


def _with_sms(call: Callable[[DevinoClient, str], Any]) -> Prepare[DevinoClient]:
    async def prepare(client: DevinoClient) -> Called:
        [result] = await client.sms.send([text()])
        return lambda: call(client, str(result.message_id))

    return prepare


def _with_task(call: Callable[[DevinoClient, str], Any]) -> Prepare[DevinoClient]:
    async def prepare(client: DevinoClient) -> Called:
        task_id = await client.omni.create_task(transactional_task())
        return lambda: call(client, task_id)

    return prepare


def _with_list(call: Callable[[DevinoClient, str], Any]) -> Prepare[DevinoClient]:
    async def prepare(client: DevinoClient) -> Called:
        list_id = await client.address_book.create_list("Customers")
        return lambda: call(client, list_id)

    return prepare


_PUSH = PushMessage(
    sender=22, to=TOKEN, title=planted("title"), text=BODY, priority=ChannelPriority.HIGH
)
_WALLET = PushWalletMessage(
    sender="Shop", to=PHONE, payload=PushWalletPayload(title=planted("title"))
)
_WHATSAPP = WhatsAppMessage(sender="Shop", to=PHONE, text=BODY)
_DIRECT = WhatsAppDirectMessage(
    sender="Shop", to=PHONE, type=WhatsAppType.TEXT, content={"text": {"body": BODY}}
)
_VK = VkMessage(phone=PHONE, service="Shop", template_id=16)
_VIBER = ViberMessage(sender="Shop", to=PHONE, text=BODY)

DEVINO_CALLS: dict[str, Prepare[DevinoClient]] = {
    "sms.send": _devino(lambda devino: devino.sms.send([text()])),
    "sms.statuses": _with_sms(lambda devino, id: devino.sms.statuses([id])),
    "sms.detail": _with_sms(lambda devino, id: devino.sms.detail(message_ids=[id])),
    "sms.detail_page": _devino(
        lambda devino: devino.sms.detail_page(limit=10, sent_from=FROM, sent_to=TO)
    ),
    "sms.statistics": _devino(
        lambda devino: devino.sms.statistics(group_by=GroupBy.DAY, start_date=FROM, end_date=TO)
    ),
    "email.send": _devino(lambda devino: devino.email.send(letter())),
    "email.upload": _devino(lambda devino: devino.email.upload(BODY.encode(), filename="hi.txt")),
    "email.detail": _devino(lambda devino: devino.email.detail(sent_from=FROM, sent_to=TO)),
    "email.detail_page": _devino(
        lambda devino: devino.email.detail_page(limit=10, sent_from=FROM, sent_to=TO)
    ),
    "email.statistics": _devino(lambda devino: devino.email.statistics(**MONTHS)),
    "email.statistics_csv": _devino(lambda devino: devino.email.statistics_csv(**MONTHS)),
    "omni.create_task": _devino(lambda devino: devino.omni.create_task(transactional_task())),
    "omni.task": _with_task(lambda devino, id: devino.omni.task(id)),
    "omni.tasks": _with_task(lambda devino, _: devino.omni.tasks()),
    "omni.tasks_page": _with_task(lambda devino, _: devino.omni.tasks_page(count=10, offset=0)),
    "omni.macros": _with_task(lambda devino, _: devino.omni.macros()),
    "omni.send": _with_task(
        lambda devino, id: devino.omni.send(id, contacts=[OmniRecipient(phone=PHONE)])
    ),
    "address_book.create_list": _devino(lambda devino: devino.address_book.create_list("People")),
    "address_book.upload_contacts": _with_list(
        lambda devino, id: devino.address_book.upload_contacts(id, [NewContact(phone=PHONE)])
    ),
    "address_book.lists": _with_list(lambda devino, _: devino.address_book.lists()),
    "address_book.lists_page": _with_list(lambda devino, _: devino.address_book.lists_page()),
    "address_book.contacts": _with_list(lambda devino, id: devino.address_book.contacts(id)),
    "address_book.contacts_page": _with_list(
        lambda devino, id: devino.address_book.contacts_page(id)
    ),
    "address_book.delete_lists": _with_list(
        lambda devino, id: devino.address_book.delete_lists([id])
    ),
    "viber.send": _devino(lambda devino: devino.viber.send([_VIBER])),
    "push.send": _devino(lambda devino: devino.push.send([_PUSH])),
    "push_wallet.send": _devino(lambda devino: devino.push_wallet.send([_WALLET])),
    "whatsapp.send": _devino(lambda devino: devino.whatsapp.send(_WHATSAPP)),
    "whatsapp.send_direct": _devino(lambda devino: devino.whatsapp.send_direct(_DIRECT)),
    "vk.send": _devino(lambda devino: devino.vk.send([_VK])),
    "account.current": _devino(lambda devino: devino.account.current()),
    "account.plan_record": _devino(lambda devino: devino.account.plan_record("SMS")),
}


def omnimessage(*, time_to_send: datetime | None = None) -> Omnimessage:
    return Omnimessage(to=NUMBER, messages=[SMS(text=BODY)], time_to_send=time_to_send)


def _messente(call: Callable[[MessenteClient, str], Any]) -> Prepare[MessenteClient]:
    async def prepare(client: MessenteClient) -> Called:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        sent = await client.send(omnimessage(time_to_send=tomorrow))
        return lambda: call(client, sent.omnimessage_id)

    return prepare


MESSENTE_CALLS: dict[str, Prepare[MessenteClient]] = {
    "send": _messente(lambda messente, _: messente.send(omnimessage())),
    "send_bulk": _messente(lambda messente, _: messente.send_bulk([omnimessage()])),
    "status": _messente(lambda messente, id: messente.status(id)),
    "cancel": _messente(lambda messente, id: messente.cancel(id)),
}
