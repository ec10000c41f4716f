"""Deleting contact lists (contract sheet, A19)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve, field, frozen

from devino_async.address_book.lists import LISTS_PATH
from devino_async.answers import (
    Reason,
    outcome_of,
    read_document,
    read_reasons,
    refusal,
    text_or_none,
)
from devino_async.ids import is_id, match_ids, read_rounded_id
from devino_async.problems import invalid, is_list
from devino_async.query import parameters
from omni_common.errors import OmniError, Outcome
from omni_common.exchange import Answer, Failure, Operation, Request
from omni_common.redaction import mask_text, shown_key

__all__ = [
    "LARGEST_DELETION",
    "ListDeletion",
    "check_list_ids",
    "delete_lists_request",
    "read_deletions",
]

LARGEST_DELETION = 100
"""Lists that one call deletes. Devino names no limit, but the ids stand in the address, and servers
commonly refuse one of more than 8,000 characters: a hundred ids take some 2,500."""


@frozen(kw_only=True)
class ListDeletion:
    """What became of one list that was to be deleted.

    Attributes:
        list_id: The id that was asked for.
        outcome: ACCEPTED if Devino says that it is deleted, NOT_SENT if it says that it is not,
            UNKNOWN if it says nothing of it or contradicts itself.
        code: ``OK`` or ``REJECTED``.
        description: The vendor's sentence about a refusal.
        reasons: Why it was refused.
        error: Why the whole call failed that the id was part of; None if the call was answered.
        raw: The vendor's item for it.
    """

    list_id: str
    outcome: Outcome
    code: str | None = field(default=None, repr=shown_key)
    description: str | None = field(default=None, repr=mask_text)
    reasons: tuple[Reason, ...] = ()
    error: OmniError | None = None
    raw: Any = field(default=None, repr=False, hash=False)


def check_list_ids(list_ids: Sequence[Any]) -> None:
    """Refuse what cannot be ids.

    Raises:
        InvalidMessageError: They are no list, or one of them is none.
    """
    if not is_list(list_ids) or not all(map(is_id, list_ids)):
        raise invalid("list_ids", "must be a list of ids as text, as Devino gave them")


def delete_lists_request(list_ids: Sequence[str]) -> Request:
    """``DELETE /address-book-api/contact-groups?ids=...&ids=...``.

    The vendor's text and example differ in path and parameter; this is the reading that agrees with
    its other calls (T13). The name is repeated for each id (T16).

    Raises:
        InvalidMessageError: There are no ids, too many, or one that cannot be an id.
    """
    check_list_ids(list_ids)
    if not 1 <= len(list_ids) <= LARGEST_DELETION:
        raise invalid("list_ids", f"of one call must be 1 to {LARGEST_DELETION}")
    return Request(
        "DELETE", LISTS_PATH, Operation.IDEMPOTENT_WRITE, query=parameters(("ids", list_ids))
    )


def read_deletions(
    answer: Answer, list_ids: Sequence[str]
) -> tuple[ListDeletion, ...] | Failure | None:
    """Read the answer to a deletion of *list_ids*: one entry for each, in their order.

    Items are matched by the id in their ``result``, whatever their order, and also where it was
    rounded (T18), as long as only one of the ids can be meant. The vendor's table may be read so
    that ``reasons`` stand beside all items; then they are given to each item that was refused.
    """
    document = read_document(answer)
    items = document.get("result") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return refusal(document, answer.status)
    shared = read_reasons(document)
    given = [(list_id, item) for item in items if (list_id := _id_in(item)) is not None]
    meant = match_ids(list_ids, [list_id for list_id, _ in given])
    found: dict[str, ListDeletion] = {}
    for shown_id, item in given:
        if (list_id := meant.get(shown_id)) is not None:
            deletion = _read_deletion(list_id, item, shared)
            known = found.get(list_id, deletion)
            agree = known.outcome is deletion.outcome
            found[list_id] = known if agree else evolve(known, outcome=Outcome.UNKNOWN)
    unknown = (ListDeletion(list_id=each, outcome=Outcome.UNKNOWN) for each in list_ids)
    return tuple(found.get(each.list_id, each) for each in unknown)


def _id_in(item: Any) -> str | None:
    return read_rounded_id(item.get("result")) if isinstance(item, dict) else None


def _read_deletion(list_id: str, item: dict[str, Any], shared: tuple[Reason, ...]) -> ListDeletion:
    code, reasons = text_or_none(item.get("code")), read_reasons(item)
    outcome = outcome_of(code, reasons=reasons)
    return ListDeletion(
        list_id=list_id,
        outcome=outcome,
        code=code,
        description=text_or_none(item.get("description")),
        reasons=reasons or (shared if outcome is Outcome.NOT_SENT else ()),
        raw=item,
    )
