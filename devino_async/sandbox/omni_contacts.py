"""Whom OMNI writes to: contacts that a send call brings along, and those of the address book."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from devino_async.sandbox.contacts import Contact, ContactBook
from devino_async.sandbox.omni_behaviour import CheckDuplicate
from devino_async.sandbox.shapes import (
    Shape,
    Terms,
    any_object,
    email_address,
    items,
    refuse,
    text,
    url,
    whole,
)
from omni_common.redaction import mask_text
from omni_common.sandbox import Scenario, scenario_of

__all__ = [
    "Addressee",
    "audience",
    "contact_json",
    "given_contact",
    "known_contact",
]

_PHONE = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_CONTACT_KEYS = ("email", "fields", "phone", "pushInfo")


@frozen(kw_only=True)
class Addressee:
    """One person, and who wants to know what becomes of the message."""

    contact: Mapping[str, Any] = field(repr=False)
    """E-mail address, phone, fields and devices, as they were sent or uploaded."""
    contact_id: str | None = None
    """None for somebody who has no id yet."""
    callback_url: str | None = field(default=None, repr=mask_text)
    callback_data: Mapping[str, Any] | None = field(default=None, repr=False)

    def address(self, channel: str) -> str | None:
        """Where a message on *channel* goes, or None when there is no telling."""
        if channel == "EMAIL":
            address = self.contact.get("email")
        elif channel == "PUSH":
            devices = self.contact.get("pushInfo") or [{}]
            address = devices[0].get("pushToken")
        else:
            address = self.contact.get("phone")
        return address or None

    def is_refused(self) -> bool:
        """Whether the phone or the e-mail address plays the scenario of an invalid one."""
        addresses = (self.contact.get("phone"), self.contact.get("email"))
        return any(scenario_of(each) is Scenario.REFUSED for each in addresses if each)


def given_contact(item: Any, terms: Terms) -> Addressee:
    """The person in one item of ``contacts``.

    Raises:
        RequestRefusedError: The item is wrong, or nobody could be reached by it.
    """
    _ITEM(item, "", terms)
    contact = {name: held for name, held in item["contact"].items() if held is not None}
    _CONTACT(contact, "contact", terms)
    if not any(contact.get(name) for name in ("email", "phone", "pushInfo")):
        refuse("must.be.not.null", "contact.phone")
    return Addressee(
        contact=item["contact"],
        callback_url=item.get("callbackUrl"),
        callback_data=item.get("callbackData"),
    )


def known_contact(id: Any, book: ContactBook) -> Addressee:
    """The person with *id* in the address book.

    Raises:
        RequestRefusedError: There is none.
    """
    contact = book.contact(str(id))
    if contact is None:
        refuse("invalid", "contactIds", id)
    return _addressee(contact)


def audience(
    book: ContactBook, source: Mapping[str, Any], reading: CheckDuplicate
) -> Iterator[Addressee]:
    """Everybody in the lists that a task names, without those in its stop lists.

    Segments are not documented, so nobody is in one. A stop list keeps away whoever has a phone or
    an e-mail address that is in it, and ``checkDuplicate``, by its *reading*, may keep away whoever
    has both in common with somebody before.
    """
    stopped = {
        address
        for contact in _members(book, source.get("stopContactGroupIds", ()))
        for address in (contact.phone, contact.email)
        if address
    }
    leaves_out = source.get("checkDuplicate") is (reading is CheckDuplicate.LEAVES_OUT)
    seen: set[tuple[str | None, str | None]] = set()
    for contact in _members(book, source.get("contactGroupIds", ())):
        addresses = (contact.phone, contact.email)
        repeated = leaves_out and addresses in seen
        seen.add(addresses)
        if not repeated and not stopped.intersection(addresses):
            yield _addressee(contact)


def contact_json(contact: Any) -> str:
    """A refused contact as the vendor quotes it: with null for whatever was not given (T28)."""
    if isinstance(contact, dict):
        contact = {name: contact.get(name) for name in _CONTACT_KEYS}
    return json.dumps(contact, ensure_ascii=False, separators=(",", ":"))


def _members(book: ContactBook, ids: Any) -> Iterator[Contact]:
    for id in ids:
        contacts = book.lists.get(str(id))
        if contacts is not None:
            yield from contacts.contacts.values()


def _addressee(contact: Contact) -> Addressee:
    return Addressee(
        contact={
            "email": contact.email,
            "fields": [dict(each) for each in contact.fields] or None,
            "phone": contact.phone,
            "pushInfo": [dict(each) for each in contact.push_info] or None,
        },
        contact_id=contact.id,
    )


def _phone(value: Any, where: str, terms: Terms) -> None:
    digits = value if isinstance(value, str) else ""
    if terms.behaviour.accepts_plus:
        digits = digits.removeprefix("+")
    if not _PHONE.fullmatch(digits):
        refuse("invalid.phone.size", where, value)


def _anything(_value: Any, _where: str, _terms: Terms) -> None:
    """The value of a field, which is of the field's own type."""


_ITEM = Shape(
    {
        "contact": any_object,
        "callbackUrl": url("callbackUrl.format.invalid"),
        "callbackData": any_object,
    },
    required=("contact",),
)
_CONTACT = Shape(
    {
        "email": email_address,
        "phone": _phone,
        "fields": items(
            Shape(
                {"name": text(), "displayName": text(), "type": whole(), "value": _anything},
                required=("name",),
            )
        ),
        "pushInfo": items(
            Shape(
                {"appId": text(), "os": whole(), "pushToken": text()},
                required=("appId", "pushToken"),
            )
        ),
    }
)
