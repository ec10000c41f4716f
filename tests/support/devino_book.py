"""Devino's address book called by hand: what tests of its emulator speak."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from devino_async.sandbox import DevinoEmulator
from tests.support.devino_http import Caller, HttpAnswer

__all__ = ["CONTACTS", "LISTS", "PHONE", "Book", "key_of"]

LISTS = "/address-book-api/contact-groups"
UPLOAD = "/address-book-api/contacts/batch"
CONTACTS = "/address-book-api/contacts/http/range"
PHONE = "79100000000"


@frozen
class Book:
    """Calls of the address book made by hand."""

    caller: Caller

    @property
    def emulator(self) -> DevinoEmulator:
        return self.caller.emulator

    async def create(self, body: Any, query: str = "") -> HttpAnswer:
        return await self.caller.call(LISTS + query, body)

    async def created(self, **fields: Any) -> str:
        list_id = (await self.create({"name": "Customers", **fields})).data["result"]
        assert isinstance(list_id, str)
        return list_id

    async def upload(
        self, list_id: str | None, *contacts: Any, query: str = "", **fields: Any
    ) -> HttpAnswer:
        number = None if list_id is None else int(list_id)
        body = {"contactGroupId": number, "contacts": list(contacts), **fields}
        return await self.caller.call(UPLOAD + query, body)

    async def get(self, target: str) -> HttpAnswer:
        return await self.caller.call(target, method="GET")

    async def lists(self, query: str = "") -> list[dict[str, Any]]:
        return (await self.get(LISTS + query)).items

    async def contacts(self, list_id: str, query: str = "") -> list[dict[str, Any]]:
        return (await self.get(f"{CONTACTS}?contactGroupId={list_id}{query}")).items

    async def delete(self, query: str) -> HttpAnswer:
        return await self.caller.call(LISTS + query, method="DELETE")


def key_of(answer: HttpAnswer) -> tuple[str, str]:
    """The only reason that *answer* refuses the request for."""
    assert answer.status == 400
    [reason] = answer.data["reasons"]
    return reason["key"], reason["ref"]
