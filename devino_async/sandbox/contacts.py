"""Contact lists as the emulated account keeps them: filled by the address book, read by OMNI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from omni_common.redaction import mask_text

__all__ = ["Contact", "ContactBook", "ContactList"]


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
