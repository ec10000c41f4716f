"""What Devino answers, as pure functions of what was decided and of the behaviour in force."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import frozen

from devino_async.sandbox.behaviour import (
    DevinoBehaviour,
    EmptyFields,
    ErrorBody,
    SmsIdForm,
    StatusOrder,
    UnknownIds,
)
from devino_async.sandbox.sms_rules import Reason
from omni_common.sandbox import Reply, StateChange

__all__ = [
    "AcceptedSms",
    "SmsStatusRow",
    "callback_event",
    "failed",
    "forbidden",
    "not_found",
    "refused",
    "send_answer",
    "status_answer",
    "through_double",
    "unauthorized",
    "with_extra",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN_VALUE = 64
_NUMERIC_ID = re.compile(r"[0-9]{1,40}", re.ASCII)
_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


@frozen
class AcceptedSms:
    """An accepted item of a send call; ``segment_ids`` is None unless they were asked for."""

    message_id: str
    segment_ids: tuple[str, ...] | None = None


@frozen
class SmsStatusRow:
    """What get-by-ids knows about one id; ``at`` is None for an id that is not known."""

    message_id: str
    status: str
    at: datetime | None = None


def send_answer(
    results: Sequence[AcceptedSms | tuple[Reason, ...]], behaviour: DevinoBehaviour
) -> Reply:
    """The answer to a send call: an item for each message, in the order of the request."""
    items = [_send_item(index, result, behaviour) for index, result in enumerate(results)]
    accepted = any(isinstance(result, AcceptedSms) for result in results)
    status = behaviour.accepted_status if accepted else behaviour.all_rejected_status
    return Reply.json(status, with_extra({"result": items}, behaviour))


def status_answer(rows: Sequence[SmsStatusRow], behaviour: DevinoBehaviour) -> Reply:
    """The answer to a get-by-ids call; *rows* are in the order of the ids asked for."""
    items = [
        _status_item(row, behaviour)
        for row in rows
        if row.at is not None or behaviour.unknown_ids is UnknownIds.STATUS_UNKNOWN
    ]
    if behaviour.status_order is StatusOrder.REVERSED:
        items.reverse()
    return Reply.json(200, with_extra({"result": items}, behaviour))


def refused(reason: Reason, behaviour: DevinoBehaviour) -> Reply:
    """The answer that refuses a request as a whole."""
    return _error(behaviour.refused_status, behaviour.refused_body, reason, behaviour)


def forbidden(behaviour: DevinoBehaviour) -> Reply:
    """The answer to a key that lacks the right to the call."""
    reason = Reason("forbidden")
    return _error(behaviour.forbidden_status, behaviour.refused_body, reason, behaviour)


def unauthorized(behaviour: DevinoBehaviour) -> Reply:
    """The answer to credentials that are missing or wrong; the reason's key is not documented."""
    reason = Reason("unauthorized")
    return _error(behaviour.unauthorized_status, behaviour.unauthorized_body, reason, behaviour)


def not_found(behaviour: DevinoBehaviour) -> Reply:
    """The answer to an undocumented path or method; the reason's key is not documented either."""
    return _error(404, behaviour.not_found_body, Reason("not.found"), behaviour)


def failed(status: int, behaviour: DevinoBehaviour) -> Reply:
    """The answer of a vendor that cannot do its work now, or that is asked too often."""
    return _error(status, behaviour.failed_body, Reason("unknown"), behaviour)


def callback_event(
    message_id: str,
    change: StateChange,
    options: Mapping[str, Any] | None,
    behaviour: DevinoBehaviour,
) -> dict[str, Any]:
    """One event of a status callback, whose body is an array of such."""
    event: dict[str, Any] = {
        "messageId": message_id,
        "ts": (change.at - _EPOCH) // timedelta(milliseconds=1),
        "status": change.state,
        **change.detail,
    }
    if options is not None and behaviour.options_key is not None:
        event[behaviour.options_key] = options
    return with_extra(event, behaviour)


def through_double(number: int) -> int:
    """*number* as a platform prints it whose only numbers are doubles (T18).

    ``3701172084729885952`` becomes ``3701172084729885700``: the shortest digits that name the
    same double, filled up with zeros.
    """
    return int(Decimal(repr(float(number))))


def _send_item(
    index: int, result: AcceptedSms | tuple[Reason, ...], behaviour: DevinoBehaviour
) -> dict[str, Any]:
    if isinstance(result, AcceptedSms):
        segments = None if result.segment_ids is None else list(result.segment_ids)
        item: dict[str, Any] = {
            "code": "OK",
            "messageId": result.message_id,
            "segmentsId": segments,
            "reasons": None,
        }
        sampled = {"code", "messageId"} | ({"segmentsId"} if segments is not None else set())
    else:
        item = {
            "code": "REJECTED",
            "messageId": None,
            "segmentsId": None,
            "reasons": _reasons(result, behaviour, index),
        }
        sampled = set(item)
    match behaviour.empty_fields:
        case EmptyFields.AS_SAMPLED:
            item = {name: item[name] for name in item if name in sampled}
        case EmptyFields.ABSENT:
            item = {name: value for name, value in item.items() if value is not None}
    return with_extra(item, behaviour)


def _status_item(row: SmsStatusRow, behaviour: DevinoBehaviour) -> dict[str, Any]:
    at = None
    if row.at is not None:
        at = f"{row.at + behaviour.status_offset:%Y-%m-%d %H:%M:%S}"
    item = {
        "smsId": _sms_id(row.message_id, behaviour.sms_id),
        "status": row.status,
        "statusDateTime": at,
    }
    return with_extra(item, behaviour)


def _sms_id(message_id: str, form: SmsIdForm) -> int | str:
    # An id that was never given out need not be a number (T19); there is no other way to write it.
    if form is SmsIdForm.TEXT or not _NUMERIC_ID.fullmatch(message_id):
        return _clean(message_id)
    return int(message_id) if form is SmsIdForm.NUMBER else through_double(int(message_id))


def _error(status: int, body: ErrorBody, reason: Reason, behaviour: DevinoBehaviour) -> Reply:
    if body is ErrorBody.EMPTY:
        return Reply(status, b"", "text/plain")
    if body is ErrorBody.HTML:
        return Reply(status, _HTML.format(f"Error {status}").encode(), "text/html")
    head = {"result": None} if body is ErrorBody.RESULT_NULL else {"code": "REJECTED"}
    whole = {**head, "reasons": _reasons((reason,), behaviour)}
    return Reply.json(status, with_extra(whole, behaviour))


def _reasons(
    reasons: Sequence[Reason], behaviour: DevinoBehaviour, index: int | None = None
) -> list[dict[str, Any]] | dict[str, Any]:
    written = [_reason(reason, behaviour, index) for reason in reasons]
    return written[0] if behaviour.reasons_as_object else written


def _reason(reason: Reason, behaviour: DevinoBehaviour, index: int | None) -> dict[str, Any]:
    ref = reason.name and _clean(reason.name)
    if index is not None and behaviour.ref_with_index:
        ref = f"messages[{index}]" + (f".{ref}" if ref else "")
    # The vendor's example quotes the value at fault, so a client must not show this text unasked.
    shown = _clean(str(reason.value)[:_SHOWN_VALUE])
    text = f"Error: Invalid field value. Value: {shown}" if reason.value is not None else reason.key
    return with_extra({"key": reason.key, "ref": ref, "defaultMessage": text}, behaviour)


def _clean(text: str) -> str:
    """*text* without unpaired surrogates, which JSON can bring in but UTF-8 cannot carry."""
    return text.encode(errors="replace").decode()


def with_extra(body: Mapping[str, Any], behaviour: DevinoBehaviour) -> dict[str, Any]:
    """*body* with a key that no document names, where the behaviour wants one."""
    return {**body, "addedLater": {"value": 1}} if behaviour.extra_keys else dict(body)
