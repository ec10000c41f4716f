"""Contact lists as the emulated account keeps them: filled by the address book, read by OMNI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import define, evolve, field, frozen

from omni_common.redaction import mask_text

__all__ = ["Contact", "ContactBook", "ContactList", "Unsubscription"]


@frozen(kw_only=True)
class Unsubscription:
    """A channel that a contact wants nothing more from."""

    channel: str
    address: str = field(repr=mask_text)
    """The phone number, the e-mail address or the device's token."""
    at: datetime


@frozen(kw_only=True)
class Contact:
    """A contact as it was uploaded. ``fields`` are the vendor's objects of name, type and value."""

    id: str
    list_id: str
    created_at: datetime
    email: str | None = field(default=None, repr=mask_text)
    phone: str | None = field(default=None, repr=mask_text)
    fields: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    push_info: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    unsubscriptions: tuple[Unsubscription, ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """What it has in its phone, its e-mail or its field *name*: no text, one or several."""
        if name in {"phone", "email"}:
            value = self.phone if name == "phone" else self.email
        else:
            value = next((each["value"] for each in self.fields if each["name"] == name), None)
        values = value if isinstance(value, list) else [value]
        return tuple(each for each in values if each is not None)


@define(kw_only=True)
class ContactList:
    """A list, its contacts in the order of their upload."""

    id: str
    name: str
    type: str
    created_at: datetime
    updated_at: datetime
    fields: tuple[Mapping[str, Any], ...] = ()
    auto_delete_enabled: bool = False
    contacts: dict[str, Contact] = field(factory=dict, repr=False)


class ContactBook:
    """Every list of the account, oldest first."""

    def __init__(self) -> None:
        self.lists: dict[str, ContactList] = {}

    def __iter__(self) -> Iterator[ContactList]:
        return iter(tuple(self.lists.values()))

    def contact(self, id: str) -> Contact | None:
        """Return the contact with *id*, in whatever list it is."""
        return next((each.contacts[id] for each in self if id in each.contacts), None)

    def unsubscribe(self, id: str, channel: str, address: str, at: datetime) -> None:
        """Note that the contact with *id* wants nothing more at *address* on *channel*.

        No call of the vendor's does this: people do, by a link in a letter, for example.

        Raises:
            KeyError: There is no such contact.
        """
        contact = self.contact(id)
        if contact is None:
            raise KeyError(id)
        unsubscription = Unsubscription(channel=channel, address=address, at=at)
        self.lists[contact.list_id].contacts[id] = evolve(
            contact, unsubscriptions=(*contact.unsubscriptions, unsubscription)
        )
