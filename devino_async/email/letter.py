"""One letter as Devino takes it, and what each of its fields may hold (contract sheet, A7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import optional

from devino_async.converter import wire, write_object
from devino_async.fields import as_tuple, flag, optional_mapping
from devino_async.problems import invalid
from devino_async.rules import (
    check_email_address,
    check_line,
    check_text,
    one_of,
    several,
    up_to,
)
from omni_common.redaction import mask_number, mask_sender, mask_text

__all__ = [
    "LONGEST_SENDER_NAME",
    "UNSUBSCRIBE",
    "EmailLetter",
    "EmailRecipient",
    "EmailSender",
    "body_problem",
    "to_wire",
]

LONGEST_SENDER_NAME = 150
"""Characters of a sender's name."""
UNSUBSCRIBE = "[Unsubscribe]"
"""What every body must hold; Devino puts the link in its place (T55)."""

_FOREIGN_SPELLINGS = ("${Unsubscribe}", "{{Unsubscribe}}")
"""How other calls and an older page write the macro, which this call does not understand."""


def body_problem(body: str) -> str | None:
    """What is wrong with a body's macros, as the end of a sentence; None if nothing is (T55)."""
    if UNSUBSCRIBE in body:
        return None
    for spelling in _FOREIGN_SPELLINGS:
        if spelling in body:
            return f"must hold the macro as {UNSUBSCRIBE}: e-mail does not know {spelling}"
    return f"must hold the macro {UNSUBSCRIBE}, or Devino will not send the letter"


def _check_body(_: object, attribute: Attribute[Any], value: str) -> None:
    if (problem := body_problem(value)) is not None:
        raise invalid(attribute.name, problem)


def _check_attachments(_: object, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, tuple):
        raise invalid(attribute.name, "must be a list of ids that uploads gave")
    for file_id in value:
        check_line(None, attribute, file_id)


def _count(recipients: tuple[Any, ...]) -> str:
    return "<1 recipient>" if len(recipients) == 1 else f"<{len(recipients)} recipients>"


@frozen(kw_only=True)
class EmailRecipient:
    """One person whom a letter goes to.

    Attributes:
        address: The e-mail address.
        name: The person's name.
        merge_fields: Values of the letter's own macros for this person: ``{"Name": "Maria"}``
            stands where the body has ``[Name]``. Written as an object, as the vendor's example
            has it, although it is declared as text (T22).
        extra_data: What Devino gives back with each status of this letter; an object, too.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    address: str = field(repr=mask_number, validator=check_email_address, metadata=wire("Address"))
    name: str | None = field(
        default=None, repr=mask_text, validator=optional(check_line), metadata=wire("Name")
    )
    merge_fields: Mapping[str, Any] | None = optional_mapping("MergeFields")
    extra_data: Mapping[str, Any] | None = optional_mapping("ExtraData")


@frozen(kw_only=True)
class EmailSender:
    """Whom a letter comes from.

    Attributes:
        address: The e-mail address; its domain has to be approved by Devino first.
        name: The name shown with it, up to 150 characters.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    address: str = field(repr=mask_number, validator=check_email_address, metadata=wire("Address"))
    name: str | None = field(
        default=None,
        repr=mask_sender,
        validator=optional(up_to(LONGEST_SENDER_NAME, check_line)),
        metadata=wire("Name"),
    )


@frozen(kw_only=True)
class EmailLetter:
    """One letter, to one recipient or to many, each of whom has a result and an id of their own.

    The body is ``html`` or ``plain_text``, one of them. It must hold the macro ``[Unsubscribe]``,
    in this spelling (T55); it may hold ``[WebVersion]`` and macros of its own, whose values are the
    recipients' ``merge_fields``.

    Devino documents no URL for callbacks, no lifetime and no time to send for a letter, and no
    limit to its recipients (contract sheet, A7).

    Attributes:
        recipients: Whom it goes to, one or more.
        sender: Whom it comes from.
        subject: One line.
        html: ``Body.Html``.
        plain_text: ``Body.PlainText``; tags in it are shown as they are.
        attachments_ids: Ids of uploaded files, passed on unchanged (T24).
        check_unsubscription: Have Devino leave out those who unsubscribed from the account's
            letters. They end as rejected: statuses say ``REJECTED`` of them, and an older page
            names the reason ``rejected_unsubscribed`` (contract sheet, F). What the answer to the
            letter says of them is not documented.
        extra: Further fields, merged last into the letter's object as they are.

    Raises:
        InvalidMessageError: A value is outside what Devino documents; ``field`` names it.
    """

    recipients: tuple[EmailRecipient, ...] = field(
        converter=as_tuple, validator=several(EmailRecipient, at_least=1), repr=_count
    )
    sender: EmailSender = field(validator=one_of(EmailSender))
    subject: str = field(repr=mask_text, validator=check_line)
    html: str | None = field(
        default=None, repr=mask_text, validator=optional([check_text, _check_body])
    )
    plain_text: str | None = field(
        default=None, repr=mask_text, validator=optional([check_text, _check_body])
    )
    attachments_ids: tuple[str, ...] = field(
        default=(), converter=as_tuple, validator=_check_attachments
    )
    check_unsubscription: bool = flag()
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        if (self.html is None) == (self.plain_text is None):
            raise invalid("html", "or plain_text must be given, and not both")


def to_wire(letter: EmailLetter) -> dict[str, Any]:
    """*letter* as the object of ``POST /email/messages``, its names in PascalCase (T56)."""
    html = letter.html is not None
    wire: dict[str, Any] = {
        "Recipients": [write_object(recipient) for recipient in letter.recipients],
        "Sender": write_object(letter.sender),
        "Subject": letter.subject,
        "Body": {"Html": letter.html} if html else {"PlainText": letter.plain_text},
    }
    if letter.check_unsubscription:
        wire["CheckUnsubscription"] = True
    if letter.attachments_ids:
        wire["AttachmentsIds"] = list(letter.attachments_ids)
    return {**wire, **(letter.extra or {})}
