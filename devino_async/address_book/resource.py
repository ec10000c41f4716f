"""``DevinoClient.address_book``: carries the requests of this area and brings back the answers."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from datetime import timedelta, tzinfo
from functools import partial
from typing import Unpack

from attrs import evolve

from devino_async.address_book.contacts import (
    Contact,
    ContactFilters,
    contacts_request,
    read_contacts,
)
from devino_async.address_book.deletion import (
    LARGEST_DELETION,
    ListDeletion,
    check_list_ids,
    delete_lists_request,
    read_deletions,
)
from devino_async.address_book.fields import ContactField
from devino_async.address_book.lists import (
    ContactList,
    ListFilters,
    ListType,
    create_list_request,
    lists_request,
    read_list_id,
    read_lists,
)
from devino_async.address_book.upload import (
    ContactResult,
    ContactUpload,
    NewContact,
    read_contact_results,
)
from devino_async.paging import PAGE_SIZE, every_row
from devino_async.problems import invalid
from devino_async.query import whole
from omni_common.errors import NotSentError, Outcome, OutcomeUnknownError
from omni_common.exchange import Request
from omni_common.history import History
from omni_common.source import chunks, in_chunks
from omni_common.transport import Transport

__all__ = ["UPLOAD_SIZE", "AddressBookResource"]

UPLOAD_SIZE = 500
"""Contacts that one call of an upload adds. Devino names no limit."""


class AddressBookResource:
    """``DevinoClient.address_book``: contact lists and their contacts."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def create_list(
        self,
        name: str,
        *,
        type: ListType | str | None = None,  # noqa: A002 - the vendor's word
        fields: Iterable[ContactField] = (),
        auto_delete_enabled: bool | None = None,
    ) -> str:
        """Make a contact list.

        Each call makes another list, so it is repeated only if it provably made none.

        Args:
            name: What the list is called.
            type: What it is for; Devino decides if it is not said. ``OMNI_API`` cannot be made.
            fields: The fields that its contacts have beside the basic ones.
            auto_delete_enabled: Whether Devino deletes a contact by itself that was not used for
                two weeks, or that lacks data.

        Returns:
            The list's id: ``list_id`` of the other calls, the vendor's ``contactGroupId``.

        Raises:
            NotSentError: There is no new list: a value is malformed, the call never left, or it was
                refused; then ``vendor_code`` and ``field`` say why (T3).
            OutcomeUnknownError: The list may exist. Look for it with ``lists(name=...)`` before
                making it again.
        """
        request = create_list_request(
            name, type=type, fields=fields, auto_delete_enabled=auto_delete_enabled
        )
        return await self._transport.exchange(request, read_list_id)

    def upload_contacts(
        self,
        list_id: str,
        contacts: Iterable[NewContact] | AsyncIterable[NewContact],
        *,
        duplicate_check_field: str | None = None,
        zone_offset: timedelta | None = None,
        batch_size: int = UPLOAD_SIZE,
    ) -> AsyncIterator[ContactResult]:
        """Add contacts to a list, any number of them; yields what became of each, in their order.

        *contacts* are read and sent in batches, one after the other, the next one when the results
        of the last are taken: what is in memory does not grow with their number. An iteration that
        is left early sends no further batch.

        A batch whose call fails yields its contacts with that error, and the next batch follows, as
        ``send_many`` does it; look at each result's ``outcome``, since wrong credentials, for
        example, do not raise here. Contacts whose outcome is UNKNOWN may be in the list. They are
        never sent again on their own; with *duplicate_check_field* an own repetition is harmless.

        Args:
            list_id: The list's id, ``contactGroupId``, as digits (T20).
            contacts: Any iterable or async iterable.
            duplicate_check_field: Name of the field, such as ``phone``, in which a contact must
                differ from those that the list has (T23). Without it nothing is compared.
            zone_offset: What the contacts' time is ahead of UTC, whole minutes (T35).
            batch_size: Contacts in one call.

        Raises:
            InvalidMessageError: An argument is malformed; raised by the call itself.
            TypeError: *contacts* holds something other than contacts. What came before it in the
                same batch is not added, as after an error of the source itself.
        """
        upload = ContactUpload(
            list_id=list_id,
            duplicate_check_field=duplicate_check_field,
            zone_offset=zone_offset,
        )
        whole(batch_size, name="batch_size", least=1, required=True, refusal=invalid)
        return self._uploaded(upload, contacts, batch_size)

    def lists(
        self, *, offset: int = 0, page_size: int = PAGE_SIZE, **filters: Unpack[ListFilters]
    ) -> AsyncIterator[ContactList]:
        """Iterate over the contact lists, one page in memory at a time; see ``ListFilters``.

        Lists of the type ``OMNI_API`` are never among them. The order is not documented; lists that
        are made or deleted meanwhile move those behind them.

        Args:
            offset: Lists to leave out.
            page_size: Lists to ask for at a time; Devino may give fewer.
            **filters: Which lists.

        Raises:
            InvalidQueryError: A value is malformed; ``field`` names the parameter. Raised at once,
                before anything is asked.
            ReadError: Raised by the iteration: a page did not come or could not be read.
        """
        whole(page_size, name="page_size", least=1, required=True)

        def request(start: int) -> Request:
            return lists_request(limit=page_size, offset=start, zone=self._zone, **filters)

        return every_row(self._transport, request, read_lists, offset=offset)

    async def lists_page(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        **filters: Unpack[ListFilters],
    ) -> tuple[ContactList, ...]:
        """Some of the contact lists; none behind the last one.

        Args:
            limit: How many at most; how many come without it is not documented.
            offset: How many to leave out.
            **filters: Which lists; see ``ListFilters``.

        Raises:
            ReadError: No answer came, or none that can be read.
            InvalidQueryError: A value is malformed; ``field`` names the parameter.
        """
        request = lists_request(limit=limit, offset=offset, zone=self._zone, **filters)
        return await self._transport.exchange(request, partial(read_lists, limit=limit))

    def contacts(
        self,
        list_id: str,
        *,
        offset: int = 0,
        page_size: int = PAGE_SIZE,
        **filters: Unpack[ContactFilters],
    ) -> AsyncIterator[Contact]:
        """Iterate over the contacts of a list, one page in memory at a time.

        Contacts that are added or deleted meanwhile move those behind them.

        Args:
            list_id: The list's id, ``contactGroupId``.
            offset: Contacts to leave out.
            page_size: Contacts to ask for at a time; Devino may give fewer.
            **filters: Which contacts, and in which order; see ``ContactFilters``.

        Raises:
            InvalidQueryError: A value is malformed; ``field`` names the parameter. Raised at once,
                before anything is asked.
            ReadError: Raised by the iteration: a page did not come or could not be read. What
                Devino answers for a list that it does not know is not documented; a refusal is such
                an error.
        """
        whole(page_size, name="page_size", least=1, required=True)

        def request(start: int) -> Request:
            return contacts_request(list_id, limit=page_size, offset=start, **filters)

        return every_row(self._transport, request, read_contacts, offset=offset)

    async def contacts_page(
        self,
        list_id: str,
        *,
        limit: int | None = None,
        offset: int | None = None,
        **filters: Unpack[ContactFilters],
    ) -> tuple[Contact, ...]:
        """Some of the contacts of a list; none behind the last one.

        Args:
            list_id: The list's id, ``contactGroupId``.
            limit: How many at most; how many come without it is not documented.
            offset: How many to leave out.
            **filters: Which contacts, and in which order; see ``ContactFilters``.

        Raises:
            ReadError: No answer came, or none that can be read. What Devino answers for a list that
                it does not know is not documented; a refusal is such an error.
            InvalidQueryError: A value is malformed; ``field`` names the parameter.
        """
        request = contacts_request(list_id, limit=limit, offset=offset, **filters)
        return await self._transport.exchange(request, partial(read_contacts, limit=limit))

    async def delete_lists(self, list_ids: Iterable[str]) -> list[ListDeletion]:
        """Delete any number of lists, a hundred a call; returns one entry for each, in order.

        A list that Devino does not delete raises nothing: look at each entry's ``outcome``. To
        delete twice is the same as once, so a call whose answer is lost is repeated. A list that is
        refused in a repetition may have been deleted before it; its outcome is UNKNOWN.

        Where the first call fails as a whole, its error is raised, and nothing else was asked for.
        Where a later one does, the error stands at its lists, so that what became of the others is
        not lost, and the calls after it are still made.

        Raises:
            NotSentError: Nothing was deleted: an id is malformed, no connection came about, or the
                call was refused (``RefusedError``).
            OutcomeUnknownError: The lists may be deleted. Calling again is safe.
            TypeError: *list_ids* is one id instead of several.
        """
        if isinstance(list_ids, str):
            raise TypeError("delete_lists takes ids: put a single one into a list")
        if not isinstance(list_ids, Iterable):
            raise invalid("list_ids", "must be a list of ids")
        asked = list(list_ids)
        check_list_ids(asked)
        calls = list(chunks(dict.fromkeys(asked), LARGEST_DELETION))
        found: dict[str, ListDeletion] = {}
        for together in calls:
            deletions = await self._delete(together, is_first=not found)
            found |= {deletion.list_id: deletion for deletion in deletions}
        return [found[list_id] for list_id in asked]

    async def _delete(self, list_ids: Sequence[str], *, is_first: bool) -> Sequence[ListDeletion]:
        history = History()
        try:
            deletions = await self._transport.exchange(
                delete_lists_request(list_ids),
                lambda answer: read_deletions(answer, list_ids),
                history=history,
            )
        except (NotSentError, OutcomeUnknownError) as failure:
            error = failure
            if isinstance(failure, NotSentError) and history.outcome is Outcome.UNKNOWN:
                error = _perhaps_done(failure)
            if is_first:
                raise error from None
            outcome = history.outcome
            return [ListDeletion(list_id=id, outcome=outcome, error=error) for id in list_ids]
        if all(attempt.proves_not_sent for attempt in history.attempts[:-1]):
            return deletions
        return [
            evolve(each, outcome=Outcome.UNKNOWN) if each.outcome is Outcome.NOT_SENT else each
            for each in deletions
        ]

    async def _uploaded(
        self,
        upload: ContactUpload,
        contacts: Iterable[NewContact] | AsyncIterable[NewContact],
        batch_size: int,
    ) -> AsyncIterator[ContactResult]:
        async with aclosing(in_chunks(contacts, batch_size)) as batches:
            async for batch in batches:
                for result in await self._add(upload, batch):
                    yield result

    async def _add(
        self, upload: ContactUpload, contacts: Sequence[NewContact]
    ) -> Sequence[ContactResult]:
        try:
            return await self._transport.exchange(
                upload.request(contacts),
                lambda answer: read_contact_results(answer, contacts),
                timeout=self._transport.settings.bulk_timeout if len(contacts) > 1 else None,
            )
        except (NotSentError, OutcomeUnknownError) as failure:
            error = failure
        is_refused = isinstance(error, NotSentError)
        outcome = Outcome.NOT_SENT if is_refused else Outcome.UNKNOWN
        return [ContactResult(contact=each, outcome=outcome, error=error) for each in contacts]


def _perhaps_done(error: NotSentError) -> OutcomeUnknownError:
    """The last attempt was refused with *error*, and an earlier one may have arrived."""
    return OutcomeUnknownError(
        f"{error.text}; but an earlier attempt may have deleted the lists",
        provider=error.provider,
        attempts=error.attempts,
        vendor_code=error.vendor_code,
        raw=error.raw,
    )
