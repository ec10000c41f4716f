"""The templates of OMNI: what a content of a message says there, and what a scenario says itself.

A template of a send holds the content's own words and nothing else; that of a scenario has the same
fields, and in each of them what the settings say, so that no message shows through (T76 is another
reason to build both from the tables alone).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from html import escape
from typing import Any, TypeAlias

from devino_async import viber
from devino_async.omni import EmailTemplate, SmsTemplate, ViberTemplate, VkTemplate
from devino_async.routes.email_letter import SCENARIO_MACRO, with_macros, without_macros
from devino_async.routes.scenario_settings import ScenarioSettings
from devino_async.routes.scenario_shape import Step
from devino_async.sms.message import LONGEST_VALIDITY
from devino_async.vk import VkRoute
from omni_common.message import Channel, Content, Email, Sms, Viber, Vk

__all__ = [
    "TTL_LIMITS",
    "ScenarioTemplate",
    "fields_of",
    "neutral_template",
    "sender_of",
    "template_of",
    "texts_of",
]

ScenarioTemplate: TypeAlias = SmsTemplate | ViberTemplate | EmailTemplate | VkTemplate
"""What a step of a scenario of ours can send."""

_KINDS: Mapping[Channel, type[ScenarioTemplate]] = {
    Channel.SMS: SmsTemplate,
    Channel.VIBER: ViberTemplate,
    Channel.EMAIL: EmailTemplate,
    Channel.VK: VkTemplate,
}
_SENDERS: Mapping[Channel, str] = {
    Channel.SMS: "sender",
    Channel.VIBER: "sender",
    Channel.EMAIL: "source_address",
}
"""The field for the sender; a VK template has none."""
TTL_LIMITS: Mapping[Channel, tuple[timedelta, timedelta]] = {
    Channel.SMS: (timedelta(seconds=1), LONGEST_VALIDITY),
    Channel.VIBER: (viber.SHORTEST_VALIDITY, viber.LONGEST_VALIDITY),
    Channel.EMAIL: (timedelta(seconds=1), timedelta.max),
    Channel.VK: (timedelta(seconds=15), timedelta(days=1)),
}
"""The channels that scenarios have, and how long a message may be tried on each (contract sheet,
A1, A9 and A10); a letter only where another channel follows it, as long as one likes."""
_NEUTRAL_VALIDITY = timedelta(hours=1)
"""For a channel that none follows: a time that every channel takes."""
_UNSUBSCRIBE = SCENARIO_MACRO.format("Unsubscribe")


def fields_of(content: Content, ttl: timedelta | None) -> frozenset[str]:
    """The fields of the template that *content* fills in when it is tried for *ttl*."""
    return frozenset(_words(content, ttl)) | _sender_fields(content.channel)


def template_of(content: Content, ttl: timedelta | None, sender: str) -> ScenarioTemplate:
    """*content* as OMNI takes it, from *sender*: exactly the fields of :func:`fields_of`.

    Raises:
        InvalidMessageError: It is against what Devino documents; ``field`` is the template's.
    """
    words = _words(content, ttl) | dict.fromkeys(_sender_fields(content.channel), sender)
    return _KINDS[content.channel](**words)


def neutral_template(step: Step, settings: ScenarioSettings) -> ScenarioTemplate:
    """What a scenario itself holds for *step*: exactly its fields, and no message's words.

    Raises:
        InvalidMessageError: A setting that it needs is missing.
    """
    neutral = _neutral_words(step, settings)
    return _KINDS[step.channel](**{name: neutral[name] for name in step.fields})


def sender_of(content: Content, settings: ScenarioSettings) -> str | None:
    """Who *content* goes out from; over VK Devino's template decides it."""
    match content.channel:
        case Channel.VK:
            return None
        case Channel.EMAIL:
            return content.sender or settings.email_sender
        case _:
            return content.sender or settings.sender


def texts_of(content: Content) -> Mapping[str, str]:
    """What *content* says in texts where Devino looks for macros, by the content's own fields.

    Without the macros that a letter may have. The values for a VK template are put into its text by
    VK, and are none.
    """
    texts: dict[str, str | None] = {}
    match content:
        case Sms():
            texts = {"text": content.text}
        case Viber():
            texts = {"text": content.text, "button_text": content.button_text}
        case Email():
            texts = {
                "sender_name": content.sender_name,
                "subject": content.subject,
                "html": without_macros(content.html),
                "text": without_macros(content.text),
            }
    return {name: text for name, text in texts.items() if text is not None}


def _sender_fields(channel: Channel) -> frozenset[str]:
    return frozenset({_SENDERS[channel]} if channel in _SENDERS else ())


def _words(content: Content, ttl: timedelta | None) -> dict[str, Any]:
    """What *content* says, by the fields of its template; the sender is another matter."""
    words: dict[str, Any] = {}
    match content:
        case Sms():
            words = {"text": content.text, "validity": ttl}
        case Viber():
            words = {
                "text": content.text,
                "action": content.button_url,
                "caption": content.button_text,
                "image": content.image_url,
                "validity": ttl,
            }
        case Email():  # which knows no validity: a letter does not expire
            words = {
                "source_name": content.sender_name,
                "subject": content.subject,
                "html_body": _spelt(content.html),
                "plain_text": _spelt(content.text),
            }
        case Vk():
            words = {
                "template_id": content.template_id,
                "template_data": content.template_data or None,
                "routes": (VkRoute.VK,),
                "validity": ttl,
            }
    return {name: word for name, word in words.items() if word is not None}


def _neutral_words(step: Step, settings: ScenarioSettings) -> Mapping[str, Any]:
    text, validity = settings.text, step.wait or _NEUTRAL_VALIDITY
    match step.channel:
        case Channel.EMAIL:
            return {
                "source_address": settings.email_sender or "",
                "source_name": text,
                "subject": text,
                "html_body": f'<p>{escape(text)}</p><a href="{_UNSUBSCRIBE}">Unsubscribe</a>',
                "plain_text": f"{text}\n{_UNSUBSCRIBE}",
            }
        case Channel.VK:
            return {
                "template_id": settings.vk_template or "",
                "template_data": {"text": text},
                "routes": (VkRoute.VK,),
                "validity": validity,
            }
        case _:
            return {
                "sender": settings.sender or "",
                "text": text,
                "action": settings.url,
                "caption": text,
                "image": settings.url,
                "validity": validity,
            }


def _spelt(body: str | None) -> str | None:
    return None if body is None else with_macros(body, SCENARIO_MACRO)
