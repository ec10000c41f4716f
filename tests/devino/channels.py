"""The sends over Devino's channels beside SMS and e-mail, each as one thing that tests can call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import pytest
from attrs import frozen

from devino_async import DevinoClient
from devino_async.channel_sending import BodyForm, ChannelPriority, ChannelResult
from devino_async.push import PushMessage
from devino_async.push_wallet import PushWalletMessage, PushWalletPayload
from devino_async.sandbox import DevinoBehaviour, variants
from devino_async.viber import ViberMessage
from devino_async.vk import VkMessage
from devino_async.whatsapp import WhatsAppDirectMessage, WhatsAppMessage, WhatsAppType
from omni_common.converter import loads
from omni_common.exchange import Request

TO = "79031234567"

Deliver: TypeAlias = Callable[
    [DevinoClient, Sequence[Any], DevinoBehaviour], Awaitable[list[ChannelResult]]
]


def viber(to: str = TO, **fields: Any) -> ViberMessage:
    return ViberMessage(**{"sender": "Shop", "to": to, "text": "Hello", **fields})


def push(to: str = TO, **fields: Any) -> PushMessage:
    usual = {"sender": "17", "to": to, "title": "Shop", "text": "Hello"}
    return PushMessage(**{**usual, "priority": ChannelPriority.HIGH, **fields})


def wallet(to: str = TO, **fields: Any) -> PushWalletMessage:
    payload = PushWalletPayload(message="Hello")
    return PushWalletMessage(**{"sender": "Shop", "to": to, "payload": payload, **fields})


def whatsapp(to: str = TO, **fields: Any) -> WhatsAppMessage:
    return WhatsAppMessage(**{"sender": "Shop", "to": to, "text": "Hello", **fields})


def direct(to: str = TO, **fields: Any) -> WhatsAppDirectMessage:
    content = {"text": {"body": "Hello"}}
    usual = {"sender": "Shop", "to": to, "type": WhatsAppType.TEXT, "content": content}
    return WhatsAppDirectMessage(**{**usual, **fields})


def vk(phone: str = TO, **fields: Any) -> VkMessage:
    return VkMessage(**{"phone": phone, "service": "Shop", "template_id": "16", **fields})


async def _viber(
    client: DevinoClient, messages: Sequence[Any], _: DevinoBehaviour
) -> list[ChannelResult]:
    return await client.viber.send(messages)


async def _push(
    client: DevinoClient, messages: Sequence[Any], behaviour: DevinoBehaviour
) -> list[ChannelResult]:
    form = BodyForm(behaviour.channels.push_body.value)
    return await client.push.send(messages, body_form=form)


async def _wallet(
    client: DevinoClient, messages: Sequence[Any], behaviour: DevinoBehaviour
) -> list[ChannelResult]:
    form = BodyForm(behaviour.channels.wallet_body.value)
    return await client.push_wallet.send(messages, body_form=form)


async def _whatsapp(
    client: DevinoClient, messages: Sequence[Any], behaviour: DevinoBehaviour
) -> list[ChannelResult]:
    [message] = messages
    form = BodyForm(behaviour.channels.whatsapp_body.value)
    return [await client.whatsapp.send(message, body_form=form)]


async def _direct(
    client: DevinoClient, messages: Sequence[Any], behaviour: DevinoBehaviour
) -> list[ChannelResult]:
    [message] = messages
    form = BodyForm(behaviour.channels.whatsapp_body.value)
    return [await client.whatsapp.send_direct(message, body_form=form)]


async def _vk(
    client: DevinoClient, messages: Sequence[Any], _: DevinoBehaviour
) -> list[ChannelResult]:
    return await client.vk.send(messages)


@frozen
class Send:
    """One channel's send: how a message to somebody is made, and how messages are delivered."""

    operation: str
    channel: str
    message: Callable[[str], Any]
    deliver: Deliver
    recipient: str = "to"
    most: int | None = None
    """How many messages a call can hold."""

    def takes_several(self, behaviour: DevinoBehaviour) -> bool:
        forms = {
            "push_send": behaviour.channels.push_body,
            "push_wallet_send": behaviour.channels.wallet_body,
        }
        form = forms.get(self.operation)
        return self.most != 1 and (form is None or form.value != "single")


SENDS = (
    Send("viber_send", "VIBER", viber, _viber),
    Send("push_send", "PUSH", push, _push),
    Send("push_wallet_send", "PUSH_WALLET", wallet, _wallet),
    Send("whatsapp_send", "WHATSAPP", whatsapp, _whatsapp, most=1),
    Send("whatsapp_direct_send", "WHATSAPP", direct, _direct, most=1),
    Send("vk_send", "VK", vk, _vk, recipient="phone", most=1000),
)

every_send = pytest.mark.parametrize(
    "send", [pytest.param(each, id=each.operation) for each in SENDS]
)
every_channel_variant = pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in variants(areas=("channels",))]
)
"""Once for every plausible answer to what the vendor's documents leave open."""


def body_of(request: Request) -> Any:
    assert request.body is not None
    return loads(request.body)
