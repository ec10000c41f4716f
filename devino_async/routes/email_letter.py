"""A shared message as a letter of Devino's: which words map onto which."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devino_async.email import EmailLetter, EmailRecipient, EmailSender
from devino_async.routes.route import extra_of, extra_problems, invalid_for
from omni_common.errors import InvalidMessageError, NotSentError
from omni_common.message import Email, Message

__all__ = [
    "LETTER_MACRO",
    "SCENARIO_MACRO",
    "check_email",
    "letter_of",
    "sender_of",
    "with_macros",
    "without_macros",
]

LETTER_MACRO = "[{}]"
"""How a letter of its own spells a macro."""
SCENARIO_MACRO = "${{{}}}"
"""How the letter of a scenario spells it."""

# What ``extra`` may not touch: recipient and content belong to the message itself.
_RESERVED = frozenset({"Recipients", "Subject", "Body"})
# The letter's words for a field, and the shared ones.
_FIELDS = {
    "address": "sender",
    "name": "sender_name",
    "plain_text": "text",
    "extra_data": "metadata",
}
_NAMES = "Unsubscribe|WebVersion"
_MACRO = re.compile(
    rf"\[(?P<letter>{_NAMES})\]|\$\{{(?P<scenario>{_NAMES})\}}|\{{\{{(?P<old>{_NAMES})\}}\}}"
)


def sender_of(message: Message, default_sender: str | None) -> str | None:
    """The address that *message* goes out from: ``extra`` has the last word."""
    given = extra_of(message).get("Sender")
    if given is None:
        return message.content[0].sender or default_sender
    address = given.get("Address") if isinstance(given, dict) else None
    return address if isinstance(address, str) else None


def letter_of(message: Message, default_sender: str | None) -> EmailLetter:
    """*message* as Devino takes it.

    Raises:
        InvalidMessageError: It is against what Devino documents of letters.
    """
    content = message.content[0]
    if not isinstance(content, Email):
        raise invalid_for(message, "content must be an Email", "content")
    return EmailLetter(
        recipients=(EmailRecipient(address=message.email or "", extra_data=message.metadata),),
        sender=EmailSender(
            address=content.sender or default_sender or "", name=content.sender_name
        ),
        subject=content.subject,
        html=_in_own_spelling(content.html),
        plain_text=_in_own_spelling(content.text),
        extra=extra_of(message),
    )


def check_email(message: Message, default_sender: str | None) -> Iterator[NotSentError]:
    """What Devino's own rules say against *message*, beyond its capabilities."""
    for content in message.content:
        if isinstance(content, Email) and not (content.sender or default_sender):
            text = "devino needs a sender: Email(..., sender=...), or the setting email_sender"
            yield invalid_for(message, text, "sender")
            return
    if message.email is not None and len(message.content) == 1:
        try:
            letter_of(message, default_sender)
        except InvalidMessageError as error:
            name = _FIELDS.get(error.field or "", error.field or "content")
            problem = error.text.removeprefix(f"{error.field} ")
            if name != "extra":  # which is looked at as it is, below
                yield invalid_for(message, f"{name} {problem}", name)
    yield from extra_problems(message, _RESERVED)


def with_macros(body: str, spelling: str) -> str:
    """*body* with its macros in one *spelling*, whichever of Devino's ways they have (T55).

    So a letter stays the same, whether it goes out by itself or by a scenario.
    """
    return _MACRO.sub(lambda macro: spelling.format(macro[macro.lastgroup or 0]), body)


def without_macros(body: str | None) -> str | None:
    """*body* with nothing where its macros are."""
    return None if body is None else _MACRO.sub("", body)


def _in_own_spelling(body: str | None) -> str | None:
    return None if body is None else with_macros(body, LETTER_MACRO)
