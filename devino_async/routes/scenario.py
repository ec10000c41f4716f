"""A shared message as one of an OMNI scenario: which words map onto which (contract sheet, A13).

Viber and VK, and every message over several channels, go this way. Everything here is decided from
the message and the settings alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from attrs import frozen

from devino_async.omni import OmniRecipient
from devino_async.omni.reference import RESERVED_PREFIX, is_reserved
from devino_async.routes.route import PROVIDER, extra_of, extra_problems, invalid_for
from devino_async.routes.scenario_creation import new_task
from devino_async.routes.scenario_settings import (
    NEUTRAL_TEXT,
    NEUTRAL_URL,
    ScenarioSettings,
    scenario_settings,
)
from devino_async.routes.scenario_shape import NAME_PREFIX, Shape, Step
from devino_async.routes.scenario_templates import (
    TTL_LIMITS,
    ScenarioTemplate,
    fields_of,
    sender_of,
    template_of,
    texts_of,
)
from devino_async.sms.message import LONGEST_TEXT
from devino_async.viber import LONGEST_CAPTION
from omni_common.errors import InvalidMessageError, NotSentError, UnsupportedMessageError
from omni_common.message import Channel, Content, Email, Message, Recipient, Sms, Viber, Vk

__all__ = [
    "NAME_PREFIX",
    "NEUTRAL_TEXT",
    "NEUTRAL_URL",
    "TTL_LIMITS",
    "ScenarioSettings",
    "Shape",
    "Step",
    "new_task",
    "recipient_of",
    "scenario_problems",
    "scenario_settings",
    "senders_of",
    "shape_of",
    "templates_of",
]

# What ``extra`` may not touch: recipient and callbacks belong to the message itself.
_RESERVED = frozenset({"contact", "callbackUrl", "callbackData"})
# The templates' words for a field, and the shared ones.
_SHARED_WORDS = {
    "source_address": "sender",
    "source_name": "sender_name",
    "html_body": "html",
    "plain_text": "text",
    "action": "button_url",
    "caption": "button_text",
    "image": "image_url",
    "validity": "ttl",
}
_MACRO = re.compile(r"\$\{.*?\}", re.DOTALL)
_THEIR_WORD = re.compile(rf"\b({'|'.join(_SHARED_WORDS)})\b")
_SENDER_SETTINGS: Mapping[Channel, str] = {
    Channel.SMS: "sender",
    Channel.VIBER: "sender",
    Channel.EMAIL: "email_sender",
}
_SOMEBODY = "somebody@example.com"
"""Stands in for a sender that is missing, which is told elsewhere, while the rest is checked."""


@frozen
class _Turn:
    """A content and how long it is tried."""

    content: Content
    ttl: timedelta | None
    is_last: bool

    @property
    def wait(self) -> timedelta | None:
        return None if self.is_last else self.ttl


# --- What is sent ---------------------------------------------------------------------------------


def shape_of(message: Message, settings: ScenarioSettings) -> Shape:
    """The shape of the scenario that *message* goes by; its ``name`` is the scenario's.

    Raises:
        NotSentError: There is none: OMNI cannot say a content, or a channel that others follow has
            no ttl.
    """
    turns = _turns(message, settings)
    for turn in turns:
        for problem in _shapeless(message, turn):
            raise problem
    return Shape(
        Step(turn.content.channel, fields_of(turn.content, turn.ttl), turn.wait) for turn in turns
    )


def templates_of(message: Message, settings: ScenarioSettings) -> dict[Channel, ScenarioTemplate]:
    """What each channel sends, in the order to try; exactly the fields of the shape.

    Raises:
        NotSentError: *message* cannot go this way; see :func:`scenario_problems`.
    """
    turns = _turns(message, settings)
    for turn in turns:
        for problem in _shapeless(message, turn):
            raise problem
    return {
        turn.content.channel: _template(message, turn, sender_of(turn.content, settings) or "")
        for turn in turns
    }


def senders_of(message: Message, settings: ScenarioSettings) -> dict[Channel, str | None]:
    """Who each channel's message goes out from; None over VK, whose template decides it."""
    return {content.channel: sender_of(content, settings) for content in message.content}


def recipient_of(message: Message, callback_data: Mapping[str, str]) -> OmniRecipient:
    """Whom *message* goes to, with no other address than its channels need.

    Raises:
        InvalidMessageError: There is no address for any of them.
    """
    is_letter = {channel is Channel.EMAIL for channel in message.channels}
    return OmniRecipient(
        phone=message.phone if False in is_letter else None,
        email=message.email if True in is_letter else None,
        callback_url=message.callback_url,
        callback_data=callback_data,
        extra=extra_of(message),
    )


def _turns(message: Message, settings: ScenarioSettings) -> list[_Turn]:
    *leading, last = message.content
    return [
        *(_Turn(content, content.ttl or settings.cascade_ttl, False) for content in leading),
        _Turn(last, last.ttl, True),
    ]


def _template(message: Message, turn: _Turn, sender: str) -> ScenarioTemplate:
    try:
        return template_of(turn.content, turn.ttl, sender)
    except InvalidMessageError as error:
        name = _SHARED_WORDS.get(error.field or "", error.field or "content")
        text = _THEIR_WORD.sub(lambda word: _SHARED_WORDS[word[0]], error.text)
    # Raised out here, so that no error about a template is its context.
    raise invalid_for(message, text, name)


# --- What keeps it from being sent ----------------------------------------------------------------


def scenario_problems(message: Message, settings: ScenarioSettings) -> Iterator[NotSentError]:
    """What Devino's own rules say against *message* by a scenario, beyond its capabilities.

    Recipients, limits of a ttl that a content names, and channels that no scenario has are matters
    of the capabilities.
    """
    turns = [turn for turn in _turns(message, settings) if turn.content.channel in TTL_LIMITS]
    for turn in turns:
        yield from _without_template(message, turn.content)
        if turn.is_last or turn.content.channel is not Channel.VK:  # which leads no other one
            yield from _without_ttl(message, turn)
            yield from _duration_problems(message, turn)
        yield from _unsayable(message, turn)
        yield from _template_problems(message, turn)
    yield from _setting_problems(message, settings)
    if any(map(is_reserved, message.metadata or {})):
        text = f"metadata may hold no name that begins with {RESERVED_PREFIX}: those are our own"
        yield invalid_for(message, text, "metadata")
    yield from extra_problems(message, _RESERVED)


def _shapeless(message: Message, turn: _Turn) -> Iterator[NotSentError]:
    """Why a turn is no step of any scenario."""
    yield from _without_template(message, turn.content)
    yield from _without_ttl(message, turn)


def _without_ttl(message: Message, turn: _Turn) -> Iterator[NotSentError]:
    if not turn.is_last and turn.ttl is None:
        content = turn.content
        text = (
            f"devino needs to know how long {content.channel} is tried before the next channel:"
            f" {type(content).__name__}(..., ttl=...), or the setting cascade_ttl"
        )
        yield invalid_for(message, text, "ttl")


def _without_template(message: Message, content: Content) -> Iterator[NotSentError]:
    """Why no template can say a content."""
    if content.channel not in TTL_LIMITS:
        text = f"devino has no {content.channel} in scenarios; use {', '.join(TTL_LIMITS)}"
        yield _unsupported(message, text, "content")
    if isinstance(content, Viber) and content.video is not None:
        text = (
            "devino's scenarios have no video for viber; send an image_url, or the video itself"
            " with the native DevinoClient.viber"
        )
        yield _unsupported(message, text, "video")
    if isinstance(content, Vk) and content.template_id is None:
        text = "devino's scenarios have no free text for vk; use Vk(template_id=...)"
        yield _unsupported(message, text, "text")


def _unsayable(message: Message, turn: _Turn) -> Iterator[NotSentError]:
    """What the template of a turn has no field for."""
    content = turn.content
    if isinstance(content, Email) and turn.is_last and content.ttl is not None:
        text = "devino has no ttl for the last channel if that is email; leave ttl out"
        yield _unsupported(message, text, "ttl")
    if isinstance(content, Vk) and content.sender is not None:
        text = "devino has no sender for vk, its template decides that; leave sender out"
        yield _unsupported(message, text, "sender")
    if isinstance(content, Viber) and _is_bare_image(content):
        text = (
            "devino documents an image over viber beside a button only: add button_text and"
            " button_url, or leave image_url out"
        )
        yield invalid_for(message, text, "image_url")
    yield from _macro_problems(message, content)


def _is_bare_image(content: Viber) -> bool:
    """Of four documented combinations (A9) all with an image have a button, too."""
    has_button = content.button_text is not None or content.button_url is not None
    return content.image_url is not None and not has_button


def _macro_problems(message: Message, content: Content) -> Iterator[NotSentError]:
    """Texts that would not arrive as written, because Devino would put a value in (A10)."""
    for name, text in texts_of(content).items():
        if _MACRO.search(text):
            problem = (
                f"{name} for {content.channel} may not hold ${{...}}: in messages by a scenario"
                " devino takes it for a macro and puts a value in its place"
            )
            yield invalid_for(message, problem, name)


def _duration_problems(message: Message, turn: _Turn) -> Iterator[NotSentError]:
    """A ttl that the settings gave, since the capabilities are asked about none but named ones."""
    content = turn.content
    shortest, longest = TTL_LIMITS[content.channel]
    if content.ttl is None and turn.ttl is not None and not shortest <= turn.ttl <= longest:
        text = (
            f"ttl for {content.channel} must be between {shortest.total_seconds():.0f} s and"
            f" {longest.total_seconds():.0f} s, which the setting cascade_ttl is not; name a ttl"
        )
        yield invalid_for(message, text, "ttl")


def _template_problems(message: Message, turn: _Turn) -> Iterator[NotSentError]:
    content = turn.content
    if any(_without_template(message, content)):
        return
    if isinstance(content, Viber) and len(content.button_text or "") > LONGEST_CAPTION:
        text = f"button_text may have at most {LONGEST_CAPTION} characters"
        yield invalid_for(message, text, "button_text")
    sender = content.sender or _SOMEBODY
    if isinstance(content, Email) and not _is_address(sender):
        yield invalid_for(message, "sender of an Email must be an e-mail address", "sender")
        sender = _SOMEBODY
    try:
        _template(message, turn, sender)
    except InvalidMessageError as error:
        is_said_already = error.field == "ttl" or (
            # too long for any alphabet, which is against the capabilities
            isinstance(content, Sms) and error.field == "text" and len(content.text) > LONGEST_TEXT
        )
        if not is_said_already:
            yield error


def _setting_problems(message: Message, settings: ScenarioSettings) -> Iterator[NotSentError]:
    """Senders that are missing, in the message or in the scenario that has to be made for it."""
    is_made = _is_made(message, settings)
    for setting in dict.fromkeys(_SENDER_SETTINGS.values()):
        contents = [each for each in message.content if _setting_of(each) == setting]
        if not contents or getattr(settings, setting):
            continue
        if is_made:
            text = (
                f"devino needs the setting {setting} (in a URL: ?{setting}=...): the scenario of"
                " such messages is made with it, never with a message's own sender; or name a task"
                " of yours in the setting scenarios"
            )
            yield invalid_for(message, text, "sender")
        elif kinds := [type(each).__name__ for each in contents if not each.sender]:
            ways = ", ".join(f"{kind}(..., sender=...)" for kind in kinds)
            text = f"devino needs a sender: {ways}, or the setting {setting}"
            yield invalid_for(message, text, "sender")
    if Channel.VK in message.channels and is_made and settings.vk_template is None:
        text = (
            "devino needs the setting scenario_vk_template, a template that says nothing of"
            " anybody: the scenario of such messages is made with it; or name a task of yours in"
            " the setting scenarios"
        )
        yield invalid_for(message, text, "template_id")


def _is_made(message: Message, settings: ScenarioSettings) -> bool:
    """Whether the scenario has to be made here; while its shape is not known, it may have to."""
    try:
        return shape_of(message, settings).name not in settings.task_ids
    except NotSentError:
        return not settings.task_ids


def _setting_of(content: Content) -> str | None:
    return _SENDER_SETTINGS.get(content.channel)


def _is_address(text: str) -> bool:
    try:
        Recipient(email=text)
    except InvalidMessageError:
        return False
    return True


def _unsupported(message: Message, text: str, field: str) -> UnsupportedMessageError:
    return UnsupportedMessageError(
        text, field=field, provider=PROVIDER, reference=message.reference
    )
