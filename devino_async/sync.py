"""Devino's own client for code without asyncio: the same names, blocking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from operator import attrgetter
from typing import TypeAlias, Unpack

from devino_async import client as _client
from devino_async.account import AccountResource as _AccountResource
from devino_async.address_book import (
    UPLOAD_SIZE,
    AddressBookResource as _AddressBookResource,
    ContactResult,
    ContactUpload,
    NewContact,
)
from devino_async.email import EmailResource as _EmailResource
from devino_async.omni import OmniResource as _OmniResource
from devino_async.problems import invalid
from devino_async.push import PushResource as _PushResource
from devino_async.push_wallet import PushWalletResource as _PushWalletResource
from devino_async.query import whole
from devino_async.sms import SmsResource as _SmsResource
from devino_async.viber import ViberResource as _ViberResource
from devino_async.vk import VkResource as _VkResource
from devino_async.whatsapp import WhatsAppResource as _WhatsAppResource
from omni_common.clock import Clock
from omni_common.errors import hides_arguments
from omni_common.secret import Secret
from omni_common.settings import TransportOptions
from omni_common.source import chunks
from omni_common.sync.client import BlockingClient, Twin, blocking, iterating, reading

__all__ = ["DevinoClient"]

_AsyncResults: TypeAlias = AsyncIterator[ContactResult]


class SmsResource(Twin[_SmsResource]):
    """``DevinoClient.sms``, blocking."""

    send = blocking(_SmsResource.send)
    statuses = reading(_SmsResource.statuses)
    detail = iterating(_SmsResource.detail)
    detail_page = reading(_SmsResource.detail_page)
    statistics = reading(_SmsResource.statistics)


class EmailResource(Twin[_EmailResource]):
    """``DevinoClient.email``, blocking."""

    send = blocking(_EmailResource.send)
    upload = blocking(_EmailResource.upload)
    detail = iterating(_EmailResource.detail)
    detail_page = reading(_EmailResource.detail_page)
    statistics = reading(_EmailResource.statistics)
    statistics_csv = reading(_EmailResource.statistics_csv)


class OmniResource(Twin[_OmniResource]):
    """``DevinoClient.omni``, blocking."""

    create_task = blocking(_OmniResource.create_task)
    task = reading(_OmniResource.task)
    tasks = iterating(_OmniResource.tasks)
    tasks_page = reading(_OmniResource.tasks_page)
    macros = reading(_OmniResource.macros)
    send = blocking(_OmniResource.send)


class AddressBookResource(Twin[_AddressBookResource]):
    """``DevinoClient.address_book``, blocking."""

    create_list = blocking(_AddressBookResource.create_list)
    lists = iterating(_AddressBookResource.lists)
    lists_page = reading(_AddressBookResource.lists_page)
    contacts = iterating(_AddressBookResource.contacts)
    contacts_page = reading(_AddressBookResource.contacts_page)
    delete_lists = blocking(_AddressBookResource.delete_lists)

    def upload_contacts(
        self,
        list_id: str,
        contacts: Iterable[NewContact],
        *,
        duplicate_check_field: str | None = None,
        zone_offset: timedelta | None = None,
        batch_size: int = UPLOAD_SIZE,
    ) -> Iterator[ContactResult]:
        """Add contacts to a list, any number of them; yields what became of each, in their order.

        *contacts* are read in the calling thread, a batch at a time. For everything else see
        ``devino_async.address_book.AddressBookResource.upload_contacts``.
        """
        ContactUpload(  # refused at once, not at the first result
            list_id=list_id, duplicate_check_field=duplicate_check_field, zone_offset=zone_offset
        )
        whole(batch_size, name="batch_size", least=1, required=True, refusal=invalid)

        def upload(client: _client.DevinoClient, batch: list[NewContact]) -> _AsyncResults:
            return self._original(client).upload_contacts(
                list_id,
                batch,
                duplicate_check_field=duplicate_check_field,
                zone_offset=zone_offset,
                batch_size=batch_size,
            )

        return self._every(upload, chunks(contacts, batch_size))

    def _every(
        self,
        upload: Callable[[_client.DevinoClient, list[NewContact]], _AsyncResults],
        batches: Iterator[list[NewContact]],
    ) -> Iterator[ContactResult]:
        for batch in batches:
            yield from self._portal.iterate(upload, batch)


class ViberResource(Twin[_ViberResource]):
    """``DevinoClient.viber``, blocking."""

    send = blocking(_ViberResource.send)


class PushResource(Twin[_PushResource]):
    """``DevinoClient.push``, blocking."""

    send = blocking(_PushResource.send)


class PushWalletResource(Twin[_PushWalletResource]):
    """``DevinoClient.push_wallet``, blocking."""

    send = blocking(_PushWalletResource.send)


class WhatsAppResource(Twin[_WhatsAppResource]):
    """``DevinoClient.whatsapp``, blocking."""

    send = blocking(_WhatsAppResource.send)
    send_direct = blocking(_WhatsAppResource.send_direct)


class VkResource(Twin[_VkResource]):
    """``DevinoClient.vk``, blocking."""

    send = blocking(_VkResource.send)


class AccountResource(Twin[_AccountResource]):
    """``DevinoClient.account``, blocking."""

    current = reading(_AccountResource.current)
    plan_record = reading(_AccountResource.plan_record)


class DevinoClient(BlockingClient[_client.DevinoClient]):
    """Devino's HTTP API; see ``devino_async.DevinoClient`` for each area and its methods.

    Safe to use from many threads, inside a running event loop (it warns there, since it blocks the
    loop), and after a fork. Use it as a context manager, or call :meth:`close`.
    """

    sms: SmsResource
    """Send text messages, ask what became of them, and read details and statistics."""
    email: EmailResource
    """Send e-mail, upload files for it, and read details and statistics."""
    omni: OmniResource
    """Tasks that try several channels, and transactional messages sent through them."""
    address_book: AddressBookResource
    """Contact lists and their contacts."""
    viber: ViberResource
    """Send Viber messages."""
    push: PushResource
    """Send push notifications to apps."""
    push_wallet: PushWalletResource
    """Send notifications to wallet cards."""
    whatsapp: WhatsAppResource
    """Send WhatsApp messages."""
    vk: VkResource
    """Send messages over VK and OK."""
    account: AccountResource
    """The account's balance and limits."""

    @hides_arguments
    def __init__(
        self,
        key: str | Secret | None = None,
        *,
        login: str | None = None,
        password: str | Secret | None = None,
        account_zone: str | None = None,
        clock: Clock | None = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        """Prepare a client; see ``devino_async.DevinoClient`` for the arguments and errors."""
        make = partial(
            _client.DevinoClient,
            key,
            login=login,
            password=password,
            account_zone=account_zone,
            clock=clock,
            **options,
        )
        super().__init__(make, package="devino_async")
        self.sms = SmsResource(self._portal, attrgetter("sms"))
        self.email = EmailResource(self._portal, attrgetter("email"))
        self.omni = OmniResource(self._portal, attrgetter("omni"))
        self.address_book = AddressBookResource(self._portal, attrgetter("address_book"))
        self.viber = ViberResource(self._portal, attrgetter("viber"))
        self.push = PushResource(self._portal, attrgetter("push"))
        self.push_wallet = PushWalletResource(self._portal, attrgetter("push_wallet"))
        self.whatsapp = WhatsAppResource(self._portal, attrgetter("whatsapp"))
        self.vk = VkResource(self._portal, attrgetter("vk"))
        self.account = AccountResource(self._portal, attrgetter("account"))
