"""Providers of a third party, and a way to install them as a distribution of their own would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.errors import CancelFailedError, ConfigurationError, UnknownMessageError
from omni_common.exchange import OnUnknown
from omni_common.message import Channel, Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Receipt
from omni_common.report import DeliveryReport
from omni_common.secret import Secret
from omni_common.settings import TransportOptions, TransportSettings

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Keyed", "Plain", "Project", "Shop", "Unfinished", "install"]

HERE = "tests.support.third_party"


class Plain(OmniProvider):
    """Takes no settings at all."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(provider="plain", channels={Channel.SMS: ChannelCapabilities()})

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        raise NotImplementedError

    async def status(self, id: str) -> DeliveryReport:
        raise UnknownMessageError(f"there is no message {id}")

    async def cancel(self, id: str) -> None:
        raise CancelFailedError(f"too late for {id}")


class Shop(Plain):
    """Takes a user and a password, and everything about the transport."""

    def __init__(
        self,
        user: str,
        password: str | Secret,
        *,
        sender: str | None = None,
        batch_size: int = 1000,
        session: aiohttp.ClientSession | None = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        self.user, self.password, self.sender = user, Secret(password), sender
        self.batch_size, self.session = batch_size, session
        self.settings = TransportSettings.from_options(options, base_url="https://shop.example")


class Keyed(Plain):
    """Takes a key, or a login and a password."""

    def __init__(
        self,
        key: Secret | str | None = None,
        *,
        login: str | None = None,
        password: Secret | str | None = None,
        limit: int = 1,
    ) -> None:
        if (key is None) == (login is None or password is None):
            raise ConfigurationError("keyed needs a key, or a login and a password", field="key")
        if limit < 1:
            raise ConfigurationError("limit must be from 1", field="limit")
        self.key, self.login, self.password = key, login, password

    @classmethod
    def credentials_from_url(cls, user: str | None, password: str | None) -> dict[str, str]:
        if user is None:
            return {}
        return {"key": user} if password is None else {"login": user, "password": password}


class Project(Plain):
    """Requires what is no credential, of other types than text."""

    def __init__(self, project_id: int, region: Literal["eu", "us"] = "eu") -> None:
        self.project_id, self.region = project_id, region


class Unfinished(OmniProvider):
    """Has one of the four members that it must have."""

    @property
    def capabilities(self) -> Capabilities:
        raise NotImplementedError


def install(folder: Path, entries: Mapping[str, str], distribution: str = "acme") -> None:
    """Write a distribution into *folder*, which is to be on ``sys.path``.

    *entries* maps names of providers to classes of this module, or to ``module:Class``.
    """
    metadata = folder / f"{distribution}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", "utf-8"
    )
    lines = [
        f"{name} = {value if ':' in value else f'{HERE}:{value}'}"
        for name, value in entries.items()
    ]
    text = "\n".join(["[omni.providers]", *lines, ""])
    (metadata / "entry_points.txt").write_text(text, "utf-8")
