"""Devino's address book: lists that are made, filled, listed and deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from devino_async.sandbox import address_book_answers as answers
from devino_async.sandbox.account import Account
from devino_async.sandbox.address_book_answers import Deletion
from devino_async.sandbox.address_book_behaviour import UnknownList
from devino_async.sandbox.address_book_rows import (
    CONTACT_PARAMETERS,
    LIST_PARAMETERS,
    contact_rows,
    list_rows,
)
from devino_async.sandbox.address_book_rules import (
    Rejection,
    UploadDraft,
    duplicate,
    read_contact,
    read_list,
    read_upload,
)
from devino_async.sandbox.answers import refused
from devino_async.sandbox.contacts import Contact, ContactList
from devino_async.sandbox.report_pages import ReportQuery, read_query
from devino_async.sandbox.requests import json_body
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from omni_common.sandbox import (
    Callback,
    LedgerEntry,
    Operation,
    ReceivedRequest,
    Reply,
    StateChange,
)

__all__ = ["AddressBookArea"]

_LISTS = "/address-book-api/contact-groups"
_CONTACTS = "/address-book-api/contacts"


class AddressBookArea:
    """Keeps the account's contact lists.

    What Devino deletes by itself in lists with ``autoDeleteEnabled`` stays here.
    """

    def __init__(self, account: Account) -> None:
        """Work for *account*."""
        self._account = account

    def operations(self) -> Sequence[Operation]:
        """Return the calls of this area."""
        upload, contacts = self._or_refused(self._upload), self._or_refused(self._contacts)
        return (
            Operation("list_create", "POST", _LISTS, self._create),
            Operation("contacts_upload", "POST", f"{_CONTACTS}/batch", upload),
            Operation("lists", "GET", _LISTS, self._or_refused(self._lists)),
            Operation("contacts", "GET", f"{_CONTACTS}/http/range", contacts),
            Operation("lists_delete", "DELETE", _LISTS, self._or_refused(self._delete)),
        )

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return nothing: an address book sends no messages."""
        del entry, change
        return None

    def _create(self, request: ReceivedRequest) -> Reply:
        try:
            self._query(request, ())
            draft = read_list(json_body(request), self._account.behaviour)
        except RequestRefusedError as refusal:
            return answers.creation_refused(refusal.reason, self._account.behaviour)
        [list_id] = self._account.give_ids(1)
        self._account.book.lists[list_id] = ContactList(
            id=list_id,
            name=draft.name,
            type=draft.type,
            created_at=request.at,
            updated_at=request.at,
            fields=draft.fields,
            auto_delete_enabled=draft.auto_delete_enabled,
        )
        return answers.list_made(list_id, self._account.behaviour)

    def _upload(self, request: ReceivedRequest) -> Reply:
        self._query(request, {"zoneOffset"}).minutes("zoneOffset")
        draft = read_upload(json_body(request), self._account.book, self._account.behaviour)
        return answers.upload_answer(self._added(draft, request), self._account.behaviour)

    def _lists(self, request: ReceivedRequest) -> Reply:
        query = self._query(request, LIST_PARAMETERS)
        rows = list_rows(self._account.book, query, self._account.behaviour)
        return answers.rows_answer(rows, self._account.behaviour)

    def _contacts(self, request: ReceivedRequest) -> Reply:
        query = self._query(request, CONTACT_PARAMETERS)
        rows = contact_rows(self._account.book, query, self._account.behaviour)
        return answers.rows_answer(rows, self._account.behaviour)

    def _delete(self, request: ReceivedRequest) -> Reply:
        list_ids = self._query(request, {"ids"}).texts("ids")
        if not list_ids:
            raise RequestRefusedError(Reason("must.be.not.null", "ids"))
        deletions = [self._deleted(list_id) for list_id in dict.fromkeys(list_ids)]
        answered = [each for each in deletions if each is not None]
        return answers.deletion_answer(answered, self._account.behaviour)

    def _query(self, request: ReceivedRequest, known: Collection[str]) -> ReportQuery:
        accepts_unknown = self._account.behaviour.accepts_unknown_fields
        return read_query(request.query, known=known, accepts_unknown=accepts_unknown)

    def _or_refused(
        self, decide: Callable[[ReceivedRequest], Reply]
    ) -> Callable[[ReceivedRequest], Reply]:
        """What *decide* answers, or the refusal of a request that it cannot make sense of."""

        def handle(request: ReceivedRequest) -> Reply:
            try:
                return decide(request)
            except RequestRefusedError as refusal:
                return refused(refusal.reason, self._account.behaviour)

        return handle

    def _added(self, draft: UploadDraft, request: ReceivedRequest) -> list[str | Rejection]:
        """Add what can be added: the id of each contact, or why it was refused."""
        name = draft.duplicate_check_field
        present = draft.list.contacts.values() if name is not None else ()
        taken = {value for each in present for value in each.values(str(name))}
        results: list[str | Rejection] = []
        for item in draft.contacts:
            read = read_contact(item, draft.list, self._account.behaviour)
            if isinstance(read, Rejection):
                results.append(read)
                continue
            contact = self._contact(read, draft.list, request)
            if name is not None and not taken.isdisjoint(contact.values(name)):
                results.append(duplicate(name, draft.list))
                continue
            taken.update(() if name is None else contact.values(name))
            draft.list.contacts[contact.id] = contact
            draft.list.updated_at = request.at
            results.append(contact.id)
        return results

    def _contact(
        self, read: Mapping[str, Any], contacts: ContactList, request: ReceivedRequest
    ) -> Contact:
        """The contact with an id like the vendor's: two numbers of 16 hexadecimal digits (T19)."""
        [own] = self._account.give_ids(1)
        return Contact(
            id=f"{int(contacts.id):016x}-{int(own):016x}",
            list_id=contacts.id,
            created_at=request.at,
            phone=read.get("phone"),
            email=read.get("email"),
            fields=tuple(read["fields"]),
            push_info=tuple(read["pushInfo"]),
        )

    def _deleted(self, list_id: str) -> Deletion | None:
        """Delete one list; what to answer about it, or None to say nothing."""
        if self._account.book.lists.pop(list_id, None) is not None:
            return Deletion(list_id, is_known=True)
        match self._account.behaviour.address_book.unknown_list:
            case UnknownList.MISSING:
                return None
            case unknown:
                return Deletion(list_id, is_known=unknown is UnknownList.OK)
