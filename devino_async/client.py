"""Devino's own API, typed: for what the shared interface does not say."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Unpack

from devino_async.account import AccountResource
from devino_async.address_book import AddressBookResource
from devino_async.email import EmailResource
from devino_async.omni import OmniResource
from devino_async.push import PushResource
from devino_async.push_wallet import PushWalletResource
from devino_async.sms import SmsResource
from devino_async.viber import ViberResource
from devino_async.vk import VkResource
from devino_async.whatsapp import WhatsAppResource
from devino_async.zone import account_zone as zone_of
from omni_common.client import VendorClient
from omni_common.clock import Clock
from omni_common.errors import ConfigurationError, hides_arguments
from omni_common.secret import Secret
from omni_common.settings import TransportOptions, TransportSettings
from omni_common.transport import Transport

if TYPE_CHECKING:
    import aiohttp

__all__ = ["BASE_URL", "DevinoClient"]

BASE_URL = "https://api.devino.online"


class DevinoClient(VendorClient):
    """Devino's HTTP API, one attribute per area.

    Use it as an async context manager, or call :meth:`close`.
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
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        """Prepare a client; nothing is opened before the first call.

        Args:
            key: An API key. Either this, or *login* and *password*.
            login: The account's login, for Basic authorization.
            password: The account's password.
            account_zone: The zone of the times in Devino's reports and filters, such as
                ``Europe/Moscow``. Devino does not name it, so without this setting filters take
                naive wall-clock times only.
            session: An ``aiohttp.ClientSession`` to use; it is never closed here.
            clock: Where the time comes from; the system's unless given.
            **options: See ``TransportOptions``.

        Raises:
            ConfigurationError: Credentials are missing or given twice, or an option is wrong.
        """
        transport = Transport(
            TransportSettings.from_options(options, base_url=BASE_URL),
            provider="devino",
            authorization=_authorization(key, login, password),
            session=session,
            clock=clock,
        )
        super().__init__(transport)
        self.zone = zone_of(account_zone)
        """The zone of the account's times, where it is known."""
        self.sms = SmsResource(self.transport, self.zone)
        self.email = EmailResource(self.transport, self.zone)
        self.omni = OmniResource(self.transport, self.zone)
        self.address_book = AddressBookResource(self.transport, self.zone)
        self.viber = ViberResource(self.transport, self.zone)
        self.push = PushResource(self.transport, self.zone)
        self.push_wallet = PushWalletResource(self.transport, self.zone)
        self.whatsapp = WhatsAppResource(self.transport, self.zone)
        self.vk = VkResource(self.transport, self.zone)
        self.account = AccountResource(self.transport, self.zone)


def _authorization(
    key: str | Secret | None, login: str | None, password: str | Secret | None
) -> Secret:
    if key is not None and login is None and password is None:
        return Secret(f"Key {_header_text(Secret(key))}")
    if key is None and login is not None and password is not None:
        return Secret(f"Basic {_basic(login, Secret(password))}")
    msg = "devino needs either a key, or a login and a password"
    raise ConfigurationError(msg, provider="devino", field="key")


def _header_text(key: Secret) -> str:
    text = key.reveal().strip()
    if not text or not text.isascii() or not text.isprintable():
        raise _wrong("key", "must be printable ASCII text; check how it was copied")
    return text


def _basic(login: str, password: Secret) -> str:
    # What follows the first colon of the pair is the password, so a login cannot hold one.
    if not login or ":" in login:
        raise _wrong("login", "must be text without a colon")
    if not password.reveal():
        raise _wrong("password", "must not be empty")
    try:
        # The charset of Basic is not documented (T72); UTF-8 is what HTTP recommends.
        pair = f"{login}:{password.reveal()}".encode()
    except UnicodeEncodeError:
        pair = b""
    if not pair:  # said out here, so that the encoder's error, which holds the pair, is no context
        raise _wrong("password", "and login must be whole characters, as UTF-8 has them")
    return base64.b64encode(pair).decode("ascii")


def _wrong(name: str, demand: str) -> ConfigurationError:
    return ConfigurationError(f"{name} {demand}", provider="devino", field=name)
