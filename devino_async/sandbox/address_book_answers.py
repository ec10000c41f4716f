"""What the address book answers, as pure functions of what was decided and the behaviour in force.

Refusals of whole calls are those of ``answers.refused``, but for lists that were not made, whose
answer is documented.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from devino_async.sandbox.address_book_behaviour import (
    DeletedId,
    DeletionOrder,
    DeletionReasons,
    EmptyResult,
    ListId,
)
from devino_async.sandbox.address_book_rules import Rejection
from devino_async.sandbox.answers import through_double, with_extra
from devino_async.sandbox.behaviour import DevinoBehaviour, EmptyFields
from devino_async.sandbox.sms_rules import Reason
from omni_common.sandbox import Reply

__all__ = [
    "Deletion",
    "creation_refused",
    "deletion_answer",
    "list_made",
    "rows_answer",
    "upload_answer",
    "written_list_id",
]

_NUMBER = re.compile(r"[0-9]{1,40}", re.ASCII)
_INNER = ("contactId", "localizationKey", "fieldName", "displayName")
"""What the ``result`` of an uploaded contact may hold: two objects under one name (T4)."""


@frozen
class Deletion:
    """An id that a deletion named, and whether there was such a list."""

    list_id: str
    is_known: bool


def list_made(list_id: str, behaviour: DevinoBehaviour) -> Reply:
    """The answer to a list that was made."""
    body: dict[str, Any] = {"result": written_list_id(list_id, behaviour)}
    if behaviour.empty_fields is EmptyFields.NULL:
        body |= {"reasons": None, "description": None}
    return Reply.json(behaviour.accepted_status, with_extra(body, behaviour))


def creation_refused(reason: Reason, behaviour: DevinoBehaviour) -> Reply:
    """The answer to a list that was not made: null, reasons, and a sentence; no code (T3)."""
    words = "must not be null" if reason.key.endswith("must.be.not.null") else "is not valid"
    body = {
        "result": None,
        "reasons": _reasons(reason, words, behaviour),
        "description": f"Key error: (parameter: {reason.name} -> {words})",
    }
    return Reply.json(behaviour.refused_status, with_extra(body, behaviour))


def upload_answer(results: Sequence[str | Rejection], behaviour: DevinoBehaviour) -> Reply:
    """The answer to an upload, in the order of its contacts.

    *results* are the ids of the contacts that were added, and why the others were not.
    """
    items = [_upload_item(result, behaviour) for result in results]
    added = any(isinstance(result, str) for result in results)
    status = behaviour.accepted_status if added else behaviour.all_rejected_status
    return Reply.json(status, with_extra({"result": items}, behaviour))


def rows_answer(rows: Sequence[Mapping[str, Any]], behaviour: DevinoBehaviour) -> Reply:
    """The answer that lists *rows*."""
    is_null = not rows and behaviour.address_book.empty_result is EmptyResult.NULL
    result = None if is_null else [with_extra(dict(row), behaviour) for row in rows]
    return Reply.json(200, with_extra({"result": result}, behaviour))


def deletion_answer(deletions: Sequence[Deletion], behaviour: DevinoBehaviour) -> Reply:
    """The answer to a deletion; *deletions* are in the order of the request."""
    reason = _reasons(Reason("invalid", "ids"), "is not valid", behaviour)
    inside = behaviour.address_book.deletion_reasons is DeletionReasons.IN_ITEM
    items = []
    for each in deletions:
        item: dict[str, Any] = {"code": "OK", "result": _deleted_id(each.list_id, behaviour)}
        if not each.is_known:
            item |= {"code": "REJECTED", "description": "Not found"}
            item |= {"reasons": reason} if inside else {}
        elif behaviour.empty_fields is EmptyFields.NULL:
            item |= {"description": None, "reasons": None}
        items.append(with_extra(item, behaviour))
    if behaviour.address_book.deletion_order is DeletionOrder.REVERSED:
        items.reverse()
    any_unknown = not all(each.is_known for each in deletions)
    body = {"result": items} | ({"reasons": reason} if any_unknown and not inside else {})
    deleted = any(each.is_known for each in deletions) or not deletions
    status = behaviour.accepted_status if deleted else behaviour.all_rejected_status
    return Reply.json(status, with_extra(body, behaviour))


def written_list_id(list_id: str, behaviour: DevinoBehaviour) -> str | int:
    """The id of a list, as answers other than those to deletions write it."""
    return int(list_id) if behaviour.address_book.list_id is ListId.NUMBER else list_id


def _upload_item(result: str | Rejection, behaviour: DevinoBehaviour) -> dict[str, Any]:
    inner: dict[str, Any]
    description: str | None
    if isinstance(result, str):
        code, description, inner = "OK", None, {"contactId": result}
    else:
        code, description = "REJECTED", result.description
        inner = {
            "localizationKey": result.key,
            "fieldName": result.field_name,
            "displayName": result.display_name,
        }
    item: dict[str, Any] = {"code": code, "result": inner, "description": description}
    if behaviour.empty_fields is EmptyFields.NULL:
        item["result"] = {name: inner.get(name) for name in _INNER}
    elif description is None:
        del item["description"]
    item["result"] = with_extra(item["result"], behaviour)
    return with_extra(item, behaviour)


def _deleted_id(list_id: str, behaviour: DevinoBehaviour) -> Any:
    form = behaviour.address_book.deleted_id
    if form is DeletedId.TEXT or not _NUMBER.fullmatch(list_id):
        return list_id
    return int(list_id) if form is DeletedId.NUMBER else through_double(int(list_id))


def _reasons(
    reason: Reason, words: str, behaviour: DevinoBehaviour
) -> list[dict[str, Any]] | dict[str, Any]:
    written: dict[str, Any] = {"key": reason.key, "ref": reason.name, "defaultMessage": words}
    written = with_extra(written, behaviour)
    return written if behaviour.reasons_as_object else [written]
