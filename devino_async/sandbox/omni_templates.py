"""What OMNI accepts as a template, and what is in one (contract sheet, A10)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from devino_async.sandbox.omni_behaviour import MissingUnsubscribe, OmittedField
from devino_async.sandbox.shapes import (
    Check,
    Shape,
    Terms,
    any_object,
    either,
    email_address,
    items,
    one_of,
    refuse,
    text,
    truth,
    url,
    whole,
)
from devino_async.sandbox.sms_rules import SmsRules, read_message

__all__ = [
    "TEMPLATE_NAMES",
    "check_template",
    "fields_of",
    "lacks_unsubscribe",
    "macros_in",
    "overridden",
    "text_of",
    "validity_of",
]

TEMPLATE_NAMES: Mapping[str, str] = {
    "SMS": "smsTemplate",
    "VIBER": "viberTemplate",
    "EMAIL": "emailTemplate",
    "PUSH": "pushTemplate",
    "PUSH_WALLET": "pushWalletTemplate",
    "VK": "vkTemplate",
}
"""Which template a channel's trigger holds. For channels that are not here none is documented."""

_UNSUBSCRIBE = "${Unsubscribe}"
_MACRO = re.compile(r"\$\{([^${}]+)\}")
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?", re.ASCII)
_MSISDN = re.compile(r"\+?[1-9][0-9]{6,14}", re.ASCII)
_SOMEBODY = "79000000000"
_LONGEST_VALIDITY = 2_419_200
_VIBER_BUTTON = frozenset({"action", "caption"})
_VIBER_COMBINATIONS = (
    {"text"},
    {"text"} | _VIBER_BUTTON,
    {"text", "image"} | _VIBER_BUTTON,
    {"image"} | _VIBER_BUTTON,
)
_VK_ROUTES = (["VK"], ["OK"], ["OK", "VK"], ["VK", "OK"])


def check_template(value: Any, where: str, channel: str, terms: Terms) -> None:
    """Refuse what is not exactly one template, that of *channel*, with all it needs.

    For a channel whose template is not documented any one object passes that is not the template of
    another channel; what it holds is not looked at.

    Raises:
        RequestRefusedError: It is something else.
    """
    if not isinstance(value, dict):
        refuse("invalid", where, value)
    if not value:
        refuse("must.be.not.null", where)
    if len(value) > 1:
        refuse("invalid", where, sorted(value))
    [(name, fields)] = value.items()
    expected = TEMPLATE_NAMES.get(channel)
    if name != expected and (expected is not None or name in TEMPLATE_NAMES.values()):
        refuse("invalid", f"{where}.{name}", channel)
    check = _CHECKS.get(name, any_object)
    check(fields, f"{where}.{name}", terms)


def overridden(
    template: Mapping[str, Any], value: Any, where: str, channel: str, terms: Terms
) -> Mapping[str, Any]:
    """What a trigger sends whose *template* a send call gives *value* in place of.

    Raises:
        RequestRefusedError: *value* is not exactly one template, that of *channel*, or it does not
            make a whole one.
    """
    known = TEMPLATE_NAMES.get(channel) or next(iter(template))
    merges = terms.behaviour.omni.omitted_field is OmittedField.FROM_TASK
    if merges and isinstance(value, dict) and isinstance(value.get(known), dict):
        value = {**value, known: {**template[known], **value[known]}}
    check_template(value, where, channel, terms)
    whole_template: Mapping[str, Any] = value
    return whole_template


def fields_of(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of the one template that *template* holds."""
    [fields] = template.values()
    found: Mapping[str, Any] = fields
    return found


def text_of(template: Mapping[str, Any]) -> str:
    """What stands for the text of a message made from *template*; empty when it has none."""
    fields = fields_of(template)
    payload = fields.get("payload")
    candidates = [fields.get(name) for name in ("text", "htmlBody", "plainText")]
    if isinstance(payload, dict):
        candidates.append(payload.get("message"))
    return next((held for held in candidates if isinstance(held, str)), "")


def validity_of(template: Mapping[str, Any]) -> timedelta:
    """How long a message made from *template* lives; zero leaves it to the vendor."""
    seconds = fields_of(template).get("validity", 0)
    # Where no field of this name is documented it was not looked at.
    sensible = type(seconds) is int and 0 <= seconds <= _LONGEST_VALIDITY
    return timedelta(seconds=seconds if sensible else 0)


def macros_in(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the ``${Macros}`` in any text of *template*, each once, in order of appearance."""
    found = (name for held in _texts(template) for name in _MACRO.findall(held))
    return tuple(dict.fromkeys(found))


def lacks_unsubscribe(template: Mapping[str, Any]) -> bool:
    """Whether *template*, a letter, has a body that leaves nobody a way to unsubscribe (T55)."""
    letter = fields_of(template)
    bodies = (letter.get("htmlBody"), letter.get("plainText"))
    return any(_UNSUBSCRIBE not in body for body in bodies if body is not None)


def _texts(held: Any) -> Iterator[str]:
    match held:
        case str():
            yield held
        case dict():
            for value in held.values():
                yield from _texts(value)
        case list():
            for value in held:
                yield from _texts(value)


def _sender(value: Any, where: str, terms: Terms) -> None:
    text()(value, where, terms)
    if terms.senders is not None and value not in terms.senders:
        refuse("not.available", where, value)


def _sms(value: Any, where: str, terms: Terms) -> None:
    _SMS(value, where, terms)
    message = {name: held for name, held in value.items() if name in _LIKE_AN_SMS}
    rules = SmsRules(senders=terms.senders, now=terms.now, behaviour=terms.behaviour)
    outcome = read_message({**message, "to": _SOMEBODY}, rules)
    if isinstance(outcome, tuple):
        refuse(outcome[0].key, f"{where}.{outcome[0].name}", outcome[0].value)


def _viber(value: Any, where: str, terms: Terms) -> None:
    _VIBER(value, where, terms)
    held = value.keys() & {"text", "image", *_VIBER_BUTTON}
    if terms.behaviour.omni.viber_combinations:
        fits = held in _VIBER_COMBINATIONS
    else:
        fits = bool(held - _VIBER_BUTTON) and len(held & _VIBER_BUTTON) != 1
    if not fits:
        refuse("invalid", where, sorted(held))


def _letter(value: Any, where: str, terms: Terms) -> None:
    _EMAIL(value, where, terms)
    if not value.get("htmlBody") and not value.get("plainText"):
        refuse("must.be.not.null", f"{where}.htmlBody")
    missing = terms.behaviour.omni.missing_unsubscribe
    if missing is MissingUnsubscribe.REFUSED and lacks_unsubscribe({"emailTemplate": value}):
        refuse("invalid", f"{where}.htmlBody")


def _deeplink(value: Any, where: str, terms: Terms) -> None:
    _DEEPLINK(value, where, terms)
    if value["target"] == "campaign" and "campaignId" not in value:
        refuse("must.be.not.null", f"{where}.campaignId")


def _wallet_url(value: Any, where: str, terms: Terms) -> None:
    url("callbackUrl.format.invalid")(value, where, terms)
    text(1000)(value, where, terms)


def _msisdn(value: Any, where: str, _terms: Terms) -> None:
    """The page says that the number is validated and cut; a plus is what can be cut off."""
    if not isinstance(value, str) or not _MSISDN.fullmatch(value):
        refuse("to.format.invalid", where, value)


def _local_time(value: Any, where: str, _terms: Terms) -> None:
    if not isinstance(value, str) or not _LOCAL_TIME.fullmatch(value):
        refuse("scheduledTime.is.invalid", where, value)


def _routes(value: Any, where: str, _terms: Terms) -> None:
    if value not in _VK_ROUTES:
        refuse("invalid", where, value)


def _anything(_value: Any, _where: str, _terms: Terms) -> None:
    """What the rules for an SMS look at themselves."""


_LIKE_AN_SMS = ("from", "text", "validity")
_CALLBACK_DATA = either(any_object, text())  # declared as text, and as an object elsewhere (T25)

_SMS = Shape({**dict.fromkeys(_LIKE_AN_SMS, _anything), "shortenUrl": truth})
_VIBER = Shape(
    # Limits are those of the channel's own page (contract sheet, A9).
    {
        "from": _sender,
        "text": text(2000),
        "action": text(),
        "caption": text(30),
        "image": url("invalid"),
        "validity": whole(15, 1_209_600),
    },
    required=("from",),
)
_EMAIL = Shape(
    {
        "sourceAddress": email_address,
        "sourceName": text(150),
        "subject": text(),
        "htmlBody": text(),
        "plainText": text(),
        # Declared as integers, but the ids that uploads answer are text (T24).
        "attachmentIds": items(either(whole(), text())),
    },
    required=("sourceAddress", "subject"),
)
_PUSH = Shape(
    {
        "from": whole(1),
        "title": text(200),
        "text": text(1024),
        "badge": whole(),
        "silentPush": truth,
        "options": any_object,
        "android": any_object,
        "apns": any_object,
        "validity": whole(15, _LONGEST_VALIDITY),
    },
    required=("from", "title", "text"),
)
_DEEPLINK = Shape(
    {"target": one_of({"card", "campaign", "campaigns"}), "campaignId": text(512)},
    required=("target",),
)
_WALLET = Shape(
    {
        "from": _sender,
        "to": _msisdn,
        "callbackUrl": _wallet_url,
        "callbackData": _CALLBACK_DATA,
        "scheduledTime": _local_time,
        "mergeKey": text(),
        "payload": Shape(
            {
                "title": text(50),
                "message": text(2048),
                "image": text(512),
                "deeplink": _deeplink,
            }
        ),
    },
    required=("from", "payload"),
)
_VK = Shape(
    {
        "templateId": either(whole(1), text()),  # text in the table, a number in an example (T22)
        "templateData": any_object,
        "routes": _routes,
        "deliveryPolicy": one_of({"ANY", "MOBILE_DEVICE_REQUIRED"}),
        "validity": whole(15, 86_400),
        "callbackData": _CALLBACK_DATA,
        "callbackUrl": url("callbackUrl.format.invalid"),
    },
    required=("templateId", "routes"),
)
_CHECKS: Mapping[str, Check] = {
    "smsTemplate": _sms,
    "viberTemplate": _viber,
    "emailTemplate": _letter,
    "pushTemplate": _PUSH,
    "pushWalletTemplate": _WALLET,
    "vkTemplate": _VK,
}
