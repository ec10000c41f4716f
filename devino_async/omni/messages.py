"""Transactional messages: whom a task of the type API is to write to now (contract sheet, A13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any, TypeAlias

from attrs import field, frozen

from devino_async.address_book.fields import FieldValue
from devino_async.address_book.upload import NewContact, PushInfo
from devino_async.converter import write_body, write_object
from devino_async.fields import as_tuple, optional_mapping, optional_url
from devino_async.ids import is_id
from devino_async.omni.templates import OmniTemplate, template_object, template_problem
from devino_async.problems import invalid, is_list
from devino_async.query import digits
from omni_common.exchange import Operation, Request
from omni_common.redaction import mask_number

__all__ = ["OmniRecipient", "OmniTemplates", "send_request"]

OmniTemplates: TypeAlias = Mapping[str, OmniTemplate | Mapping[str, Any]]
"""Templates by the ids of the triggers whose own they replace."""


@frozen(kw_only=True)
class OmniRecipient:
    """Somebody to write to, whether the address book knows them or not.

    Attributes:
        phone: E.164 digits, with or without ``+``; sent without (T53).
        email: An e-mail address.
        fields: What macros in the texts stand for.
        push_info: Devices.
        callback_url: Where Devino posts the statuses of this recipient's message.
        callback_data: What these posts echo: names and values.
        extra: Further fields beside ``contact``, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed, or there is nothing to reach them by; ``field``
            names what.
    """

    phone: str | None = field(default=None, repr=mask_number)
    email: str | None = field(default=None, repr=mask_number)
    fields: tuple[FieldValue, ...] = field(default=(), repr=False, converter=as_tuple)
    push_info: tuple[PushInfo, ...] = field(default=(), repr=False, converter=as_tuple)
    callback_url: str | None = optional_url()
    callback_data: Mapping[str, Any] | None = optional_mapping()
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        _contact(self)  # refuses what cannot be a contact
        if self.phone is None and self.email is None and not self.push_info:
            raise invalid("phone", "or email must be given, unless there is push_info")


def send_request(
    task_id: str | int,
    *,
    contacts: Sequence[OmniRecipient] = (),
    contact_ids: Sequence[str] = (),
    templates: OmniTemplates | None = None,
    zone: tzinfo | None = None,
) -> Request:
    """``POST /omni-scheduler/api/messages``.

    Args:
        task_id: A task of the type API; sent as a number (T20).
        contacts: Whom to write to.
        contact_ids: Contacts of the address book to write to. Declared as integers, which the ids
            of contacts are not; sent as the text they are (T19, T22).
        templates: What to send instead of the task's own templates, by trigger id, which only the
            task itself tells (T73). Whether what a template leaves out is taken from the task's own
            is not documented.
        zone: The account's time zone, where it is known.

    Raises:
        InvalidMessageError: There is nobody to write to, or a value is malformed; ``field`` names
            it.
    """
    _check_recipients(contacts, contact_ids)
    body: dict[str, Any] = {
        "taskId": digits(task_id, name="task_id", required=True, refusal=invalid)
    }
    if contact_ids:
        body["contactIds"] = list(contact_ids)
    if contacts:
        body["contacts"] = [_recipient_object(contact) for contact in contacts]
    if templates is not None and (written := _template_objects(templates, zone)):
        body["templates"] = written
    return Request("POST", "/omni-scheduler/api/messages", Operation.SEND, body=write_body(body))


def _check_recipients(contacts: Any, contact_ids: Any) -> None:
    for name, values in (("contacts", contacts), ("contact_ids", contact_ids)):
        if not is_list(values):
            raise invalid(name, "must be a list; put a single one into a list")
    if not contacts and not contact_ids:
        raise invalid("contacts", "or contact_ids must be given")
    if not all(isinstance(contact, OmniRecipient) for contact in contacts):
        raise invalid("contacts", "must be a list of OmniRecipient")
    if not all(map(is_id, contact_ids)):
        raise invalid("contact_ids", "must be ids as text, as Devino gave them")


def _contact(recipient: OmniRecipient) -> NewContact:
    return NewContact(
        phone=recipient.phone,
        email=recipient.email,
        fields=recipient.fields,
        push_info=recipient.push_info,
    )


def _recipient_object(recipient: OmniRecipient) -> dict[str, Any]:
    written: dict[str, Any] = {"contact": write_object(_contact(recipient))}
    if recipient.callback_url is not None:
        written["callbackUrl"] = recipient.callback_url
    if recipient.callback_data is not None:
        written["callbackData"] = dict(recipient.callback_data)
    return {**written, **(recipient.extra or {})}


def _template_objects(templates: Any, zone: tzinfo | None) -> dict[str, Any]:
    if not isinstance(templates, Mapping):
        raise invalid("templates", "must be a mapping of trigger ids to templates")
    for trigger_id, template in templates.items():
        if not is_id(trigger_id):
            raise invalid("templates", "must have ids of triggers as keys, as Devino gave them")
        if (problem := template_problem(template)) is not None:
            raise invalid("templates", problem)
    return {id: template_object(template, zone) for id, template in templates.items()}
