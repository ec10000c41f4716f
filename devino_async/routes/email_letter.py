"""A shared message as a letter of Devino's: which words map onto which."""

from __future__ import annotations

from collections.abc import Iterator

from devino_async.email import EmailLetter, EmailRecipient, EmailSender
from devino_async.routes.route import extra_of, extra_problems, invalid_for
from omni_common.errors import InvalidMessageError, NotSentError
from omni_common.message import Email, Message

__all__ = ["check_email", "letter_of", "sender_of"]

# What ``extra`` may not touch: recipient and content belong to the message itself.
_RESERVED = frozenset({"Recipients", "Subject", "Body"})
# The letter's words for a field, and the shared ones.
_FIELDS = {
    "address": "sender",
    "name": "sender_name",
    "plain_text": "text",
    "extra_data": "metadata",
}
_MACROS = ("Unsubscribe", "WebVersion")


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
            yield invalid_for(message, f"{name} {problem}", name)
    yield from extra_problems(message, _RESERVED)


def _in_own_spelling(body: str | None) -> str | None:
    """*body* with the macros as this call spells them, whichever of Devino's ways they have (T55).

    So a letter stays the same when it goes out by a scenario, whose spelling is ``${Unsubscribe}``.
    """
    if body is None:
        return None
    for macro in _MACROS:
        for spelling in (f"${{{macro}}}", f"{{{{{macro}}}}}"):
            body = body.replace(spelling, f"[{macro}]")
    return body
