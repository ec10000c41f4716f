"""What the channels beside SMS and e-mail accept, as pure functions of a request's data.

Fields and limits are those of the contract sheet, A9; where it shows two generations of a call,
those of the newer one. A message is refused on its own and with every reason at once, as for SMS,
whose keys stand for whatever these calls really say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import MAXYEAR, UTC, datetime
from typing import Any, TypeAlias

from attrs import field, frozen

from devino_async.sandbox.channel_behaviour import BodyForm, ChannelBehaviour, WalletTime
from devino_async.sandbox.shapes import (
    Check,
    Shape,
    Terms,
    any_object,
    either,
    items,
    one_of,
    refuse,
    text,
    truth,
    url,
    whole,
)
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from omni_common.clock import read_time

__all__ = ["CHANNELS", "Channel", "read_moment", "reasons_against"]

_PHONE = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_SPACED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_WALLET_TIMES = {
    WalletTime.LOCAL: re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII),
    WalletTime.SPACED: _SPACED,
    WalletTime.INSTANT: re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII),
}
_A_YEAR = 31_536_000
"""Seconds; a lifetime without a documented limit has one here, so that its end has a date."""
_LARGEST_FILE = 200
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_BUTTON = frozenset({"action", "caption"})
_COMBINATIONS = (
    {"text"},
    {"text"} | _BUTTON,
    {"text", "image"} | _BUTTON,
    {"image"} | _BUTTON,
)

Content: TypeAlias = Callable[[Mapping[str, Any], Terms], Iterable[Reason]]
"""What is wrong with a message's fields together."""


@frozen(kw_only=True)
class Channel:
    """One channel's send call."""

    operation: str
    path: str
    name: str
    """The vendor's word for the channel."""
    shape: Shape
    content: Content
    recipient: str = "to"
    """The field that says whom a message is for."""
    texts: tuple[tuple[str, ...], ...] = (("text",),)
    """Where a message has what stands for its text, the best place first."""
    callback: str | None = "callbackUrl"
    """The field that names the URL for callbacks."""
    body: Callable[[ChannelBehaviour], BodyForm] = lambda _: BodyForm.MESSAGES
    most: int | None = None
    """How many messages a call takes, where that is documented."""
    flags: Collection[str] = field(default=())
    """Query parameters that are true or false."""


def reasons_against(item: object, channel: Channel, terms: Terms) -> tuple[Reason, ...]:
    """Every reason to refuse *item* as a message of *channel*; none if there is none."""
    if not isinstance(item, dict):
        return (Reason("invalid", None, item),)
    missing = [name for name in channel.shape.required if item.get(name) in _NOTHING]
    reasons = [Reason("must.be.not.null", name) for name in missing]
    each_field = Shape(channel.shape.fields)
    for name, value in item.items():
        if name in missing:
            continue
        try:
            each_field({name: value}, "", terms)
        except RequestRefusedError as refusal:
            reasons.append(refusal.reason)
    return tuple(reasons) or tuple(channel.content(item, terms))


def read_moment(value: str) -> datetime:
    """The moment in a ``scheduledTime`` that was let pass; without a zone it is in UTC."""
    time = read_time(value)
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _keyed(key: str, check: Check) -> Check:
    """*check*, whose refusals have this *key*."""

    def keyed(value: Any, where: str, terms: Terms) -> None:
        try:
            check(value, where, terms)
        except RequestRefusedError as refusal:
            refuse(key, refusal.reason.name, value)

    return keyed


def _sender(value: Any, where: str, terms: Terms) -> None:
    if not isinstance(value, str) or (terms.senders is not None and value not in terms.senders):
        refuse("not.available", where, value)


def _phone(value: Any, where: str, terms: Terms) -> None:
    digits = value
    if isinstance(value, str) and terms.behaviour.accepts_plus:
        digits = value.removeprefix("+")
    if not isinstance(digits, str) or not _PHONE.fullmatch(digits):
        refuse("to.format.invalid", where, value)


def _bare_phone(value: Any, where: str, _terms: Terms) -> None:
    """WhatsApp's page says that there is no plus (T53)."""
    if not isinstance(value, str) or not _PHONE.fullmatch(value):
        refuse("to.format.invalid", where, value)


def _megabytes(value: Any, where: str, _terms: Terms) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _LARGEST_FILE:
        refuse("invalid", where, value)


def _scheduled(form: Callable[[ChannelBehaviour], re.Pattern[str]]) -> Check:
    """A moment to come, in UTC (T29)."""

    def check(value: Any, where: str, terms: Terms) -> None:
        pattern = form(terms.behaviour.channels)
        moment = None
        if isinstance(value, str) and pattern.fullmatch(value):
            try:
                moment = read_moment(value)
            except ValueError:
                moment = None
        # What follows a sending in the calendar's last year would have no date.
        if moment is None or moment.year == MAXYEAR:
            refuse("scheduledTime.is.invalid", where, value)
        if moment < terms.now and not terms.behaviour.accepts_past_time:
            refuse("scheduledTime.is.invalid", where, value)

    return check


def _nothing_more(_item: Mapping[str, Any], _terms: Terms) -> Iterator[Reason]:
    return iter(())


def _viber_content(item: Mapping[str, Any], terms: Terms) -> Iterator[Reason]:
    held = item.keys() & {"text", "image", *_BUTTON}
    files = item.keys() & {"fileType", "fileName"}
    if terms.behaviour.channels.viber_combinations and (files or held not in _COMBINATIONS):
        yield Reason("invalid", None, sorted(held | files))
    elif not held - _BUTTON and not files:
        yield Reason("must.be.not.null", "text")


def _wallet_content(item: Mapping[str, Any], _terms: Terms) -> Iterator[Reason]:
    deeplink = item["payload"].get("deeplink", {})
    if deeplink.get("target") == "campaign" and "campaignId" not in deeplink:
        yield Reason("must.be.not.null", "payload.deeplink.campaignId")


def _one_at_least(*names: str) -> Content:
    def content(item: Mapping[str, Any], _terms: Terms) -> Iterator[Reason]:
        if item.keys().isdisjoint(names):
            yield Reason("must.be.not.null", names[0])

    return content


_PRIORITY = _keyed("priority.is.not.match", one_of({"LOW", "MEDIUM", "HIGH", "REALTIME"}))
_CALLBACK_URL = url("callbackUrl.format.invalid")


def _routes(value: Any, where: str, terms: Terms) -> None:
    items(one_of({"VK", "OK"}))(value, where, terms)
    if not value:
        refuse("must.be.not.null", where)


def _validity(least: int, most: int = _A_YEAR) -> Check:
    return _keyed("validity.is.invalid", whole(least, most))


_VIBER = Channel(
    operation="viber_send",
    path="/viber/messages",
    name="VIBER",
    flags=("shortenUrl",),
    content=_viber_content,
    shape=Shape(
        {
            "from": _sender,
            "to": _phone,
            "text": _keyed("text.length.too.long", text(2000)),
            "image": url("invalid"),
            "fileType": text(),
            "fileName": text(),
            "thumbnail": text(),
            "duration": whole(),
            "fileSize": _megabytes,
            "caption": text(30),
            "action": text(),
            "validity": _validity(15, 1_209_600),
            "priority": _PRIORITY,
            "scheduledTime": _scheduled(lambda _: _SPACED),
            "callbackUrl": _CALLBACK_URL,
            # Declared as an array of objects; SMS's is an object.
            "options": either(items(any_object), any_object),
        },
        required=("from", "to"),
    ),
)
_PUSH = Channel(
    operation="push_send",
    path="/push/messages",
    name="PUSH",
    callback=None,
    body=lambda behaviour: behaviour.push_body,
    content=_nothing_more,
    shape=Shape(
        {
            "from": whole(1),
            "to": text(),
            "title": text(200),
            "text": _keyed("text.length.too.long", text(1024)),
            "priority": _PRIORITY,
            "badge": whole(),
            "validity": _validity(30, 86_400),
            "platform": one_of({"IOS", "ANDROID", "HUAWEI"}),
            "silentPush": truth,
            "options": any_object,
            "apns": any_object,
            "android": any_object,
        },
        required=("from", "to", "title", "text", "priority"),
    ),
)
_WALLET = Channel(
    operation="push_wallet_send",
    path="/wallet/messages",
    name="PUSH_WALLET",
    texts=(("payload", "message"), ("payload", "title")),
    body=lambda behaviour: behaviour.wallet_body,
    content=_wallet_content,
    shape=Shape(
        {
            "from": _sender,
            "to": _phone,
            "payload": Shape(
                {
                    "title": text(50),
                    "message": text(2048),
                    "image": text(512),
                    "deeplink": Shape(
                        {
                            "target": one_of({"card", "campaign", "campaigns"}),
                            "campaignId": text(512),
                        },
                        required=("target",),
                    ),
                }
            ),
            "callbackUrl": _CALLBACK_URL,
            "callbackData": any_object,
            "scheduledTime": _scheduled(lambda behaviour: _WALLET_TIMES[behaviour.wallet_time]),
            "mergeKey": text(),
            "validity": _validity(1),
        },
        required=("from", "to", "payload"),
    ),
)
_WHATSAPP = Channel(
    operation="whatsapp_send",
    path="/whatsapp/messages",
    name="WHATSAPP",
    body=lambda behaviour: behaviour.whatsapp_body,
    content=_one_at_least("text", "contentUrl", "templateId"),
    shape=Shape(
        {
            "from": _sender,
            "to": _bare_phone,
            "text": _keyed("text.length.too.long", text(1000)),
            "validity": _validity(1),
            "contentUrl": url("invalid"),
            "contentName": text(100),
            "contentType": text(),
            "callbackUrl": _CALLBACK_URL,
            "callbackData": text(),
            "templateId": text(),
            "templateParams": any_object,
            "languageCode": text(),
        },
        required=("from", "to"),
    ),
)
_WHATSAPP_OBJECTS = (
    *("text", "image", "audio", "video", "document"),
    *("contacts", "location", "template", "interactive"),
)
_WHATSAPP_DIRECT = Channel(
    operation="whatsapp_direct_send",
    path="/whatsapp/v2/messages",
    name="WHATSAPP",
    texts=(("text", "body"),),
    body=lambda behaviour: behaviour.whatsapp_body,
    content=_one_at_least(*_WHATSAPP_OBJECTS),
    shape=Shape(
        {
            "from": _sender,
            "to": _bare_phone,
            "recipient_type": one_of({"individual"}),
            "type": one_of({*_WHATSAPP_OBJECTS, "contact"} - {"contacts"}),
            "callbackUrl": _CALLBACK_URL,
            "callbackData": either(any_object, text()),  # no type is documented (T25)
            "preview_url": truth,
            **dict.fromkeys(_WHATSAPP_OBJECTS, either(items(any_object), any_object)),
        },
        required=("from", "to", "recipient_type", "type"),
    ),
)
_VK = Channel(
    operation="vk_send",
    path="/vk/messages",
    name="VK",
    recipient="phone",
    texts=(("tmpl",),),
    callback="status_url",
    most=1000,
    content=_one_at_least("templateId", "tmpl"),
    shape=Shape(
        {
            "phone": _phone,
            "service": _sender,
            "routes": _routes,
            "templateId": whole(),
            "tmpl": text(),
            "tmpl_data": any_object,
            "delivery_policy": one_of({"any", "mobile_device_required", "verified_phone_number"}),
            "status_url": url("invalid"),
            "callbackData": any_object,
        },
        required=("phone", "service"),
    ),
)
CHANNELS = (_VIBER, _PUSH, _WALLET, _WHATSAPP, _WHATSAPP_DIRECT, _VK)
"""Every send call of these channels."""
