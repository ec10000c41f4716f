"""What Devino's answers have in common: reasons, refusals and status words.

Devino documents no HTTP statuses, and its envelopes differ from service to service (T1-T5), so a
refusal is recognised by its body; the status counts only where the body says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from http import HTTPStatus
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from omni_common.converter import JsonError, loads
from omni_common.errors import Outcome, ServerFailedError
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.redaction import shown_key
from omni_common.report import DeliveryState
from omni_common.retry import RULES, kind_of_status

__all__ = [
    "Reason",
    "event_state",
    "failure_of_reasons",
    "folded",
    "is_success",
    "outcome_of",
    "read_document",
    "read_reasons",
    "read_result",
    "refusal",
    "state_of",
    "text_or_none",
]

T = TypeVar("T")

_PLACE = re.compile(r"^(?:messages)?\[([0-9]+)\]\.?")
"""A body may hold its messages under a name, or be the array of them (T7)."""
_KINDS = {
    "billing.error": FailureKind.NO_FUNDS,
    "forbidden": FailureKind.FORBIDDEN,
}
# The vendor's field names and the shared words for them.
_FIELDS = {
    "from": "sender",
    "to": "to",
    "text": "text",
    "validity": "ttl",
    "scheduledTime": "send_at",
    "priority": "priority",
    "callbackUrl": "callback_url",
    "options": "metadata",
}
_OUTCOMES = {"OK": Outcome.ACCEPTED, "REJECTED": Outcome.NOT_SENT}
_STATES = {
    "accepted": DeliveryState.ACCEPTED,
    "scheduled": DeliveryState.SCHEDULED,
    "enroute": DeliveryState.SENDING,
    "enrouted": DeliveryState.SENDING,
    "in_progress": DeliveryState.SENDING,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "seen": DeliveryState.READ,
    "read": DeliveryState.READ,
    "opened": DeliveryState.READ,
    "clicked": DeliveryState.CLICKED,
    "redirect": DeliveryState.CLICKED,
    "expired": DeliveryState.EXPIRED,
    "undeliverable": DeliveryState.UNDELIVERED,
    "undelivered": DeliveryState.UNDELIVERED,
    "bounced": DeliveryState.UNDELIVERED,
    "msisdn_not_registered": DeliveryState.UNDELIVERED,
    "rejected": DeliveryState.REJECTED,
    "deleted": DeliveryState.CANCELLED,
    "canceled": DeliveryState.CANCELLED,
}
_EVENTS = frozenset({"subscribed", "unsubscribed", "complained"})
"""What a recipient did, which says nothing of where the message is."""


@frozen
class Reason:
    """Why Devino refused: its key, the parameter concerned, and its own words.

    The words may quote the value that was refused, so they are left out of the repr.
    """

    key: str | None = field(repr=shown_key)
    ref: str | None = field(default=None, repr=shown_key)
    default_message: str | None = field(default=None, repr=False)

    @property
    def field(self) -> str | None:
        """The shared word for the parameter, or the vendor's own where there is none."""
        if self.ref is None:
            return None
        name = _PLACE.sub("", self.ref, count=1)
        return _FIELDS.get(name, name or None)

    @property
    def place(self) -> str | None:
        """Digits: which message of the call it is about, counted from 0, where it says so."""
        match = _PLACE.match(self.ref or "")
        return None if match is None else match[1]


def read_document(answer: Answer) -> Any:
    """The JSON in *answer*, or None where it holds none (T5)."""
    try:
        return loads(answer.body)
    except JsonError:
        return None


def folded(document: dict[str, Any]) -> dict[str, Any]:
    """*document* by its names in lower case: e-mail answers flip their casing (T1)."""
    return {str(name).casefold(): value for name, value in document.items()}


def text_or_none(value: Any) -> str | None:
    """*value* if it is text."""
    return value if isinstance(value, str) else None


def read_reasons(document: dict[str, Any]) -> tuple[Reason, ...]:
    """The reasons in *document*: a list, or a single object as an older page has it (T4).

    Keys count in any case, since e-mail answers flip theirs (T1). An object that says nothing is no
    reason.
    """
    # Every item of a bulk call is asked for them, and hardly any has them.
    named = [value for name, value in document.items() if name.casefold() == "reasons"]
    if not named:
        return ()
    reasons = named[-1]
    items = reasons if isinstance(reasons, list) else [reasons]
    return tuple(
        _read_reason(folded(item))
        for item in items
        if isinstance(item, dict) and not _is_empty(item)
    )


def _read_reason(item: dict[str, Any]) -> Reason:
    ref = item.get("ref", item.get("reference"))
    words = item.get("defaultmessage")
    return Reason(text_or_none(item.get("key")), text_or_none(ref), text_or_none(words))


def read_result(answer: Answer, shape: type[T]) -> T | Failure | None:
    """The ``result`` of *answer*, if it is a *shape* (``dict``, ``list`` or ``str``).

    Otherwise the refusal that the body holds, or None where it holds none: then the HTTP status
    decides, and a success that brought no such result cannot be understood.
    """
    document = read_document(answer)
    result = document.get("result") if isinstance(document, dict) else None
    if isinstance(result, shape):
        return result
    return refusal(document, answer.status)


def refusal(document: Any, status: int) -> Failure | None:
    """A whole call's refusal, if *document* is one: it has reasons or the code ``REJECTED`` (T3).

    The key of its first reason says why, where it is known. Otherwise the status does, if it is a
    refusal that says more than no. A refusal that comes with the status of a failed server proves
    nothing, since it may be the failure itself, worded like one. Nor does one beside a
    ``result`` that holds anything but a refusal of its own; and a ``result`` that says ``OK`` is no
    refusal, whatever the status.
    """
    if not isinstance(document, dict):
        return None
    reasons, result = read_reasons(document), folded(document).get("result")
    says_ok = isinstance(result, dict) and result.get("code") == "OK"
    if not reasons and document.get("code") != "REJECTED" and not says_ok:
        return None
    failure = failure_of_reasons(reasons, document)
    by_status = kind_of_status(status)
    rule = RULES[by_status]
    if rule.error is ServerFailedError:
        return evolve(failure, kind=by_status)
    if not _is_empty(result) and not _is_refused(result):
        return Failure(FailureKind.UNREADABLE, "a result where there should be none", raw=document)
    if failure.kind is FailureKind.REFUSED and rule.not_sent:
        return evolve(failure, kind=by_status)
    return failure


def _is_empty(value: Any) -> bool:
    """Whether *value* says nothing: null, or what holds nothing else."""
    held = value.values() if isinstance(value, dict) else value
    return all(map(_is_empty, held)) if isinstance(value, dict | list) else not value


def _is_refused(result: Any) -> bool:
    """Whether *result* is itself an item that says no more than a refusal."""
    return (
        isinstance(result, dict)
        and result.get("code") == "REJECTED"
        and _is_empty(result.get("messageId"))
    )


def failure_of_reasons(reasons: tuple[Reason, ...], raw: Any) -> Failure:
    """What a refusal for these *reasons* is: the first reason decides."""
    first = reasons[0] if reasons else Reason(None)
    return Failure(
        _KINDS.get(first.key or "", FailureKind.REFUSED),
        vendor_code=first.key,
        field=first.field,
        raw=raw,
    )


def is_success(answer: Answer) -> bool:
    """Whether the HTTP status says so."""
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def outcome_of(
    code: str | None, *, id: str | None = None, reasons: Collection[Any] = ()
) -> Outcome:
    """What an item's *code* says of it: ``OK``, ``REJECTED``, or nothing that is known (T2).

    An item that contradicts itself says nothing either: ``OK`` beside *reasons* to refuse, and
    ``REJECTED`` beside the *id* of what was accepted.
    """
    outcome = _OUTCOMES.get(code or "", Outcome.UNKNOWN)
    contradicts = reasons if outcome is Outcome.ACCEPTED else id is not None
    return Outcome.UNKNOWN if contradicts else outcome


def state_of(word: str | None) -> DeliveryState:
    """The shared state for one of Devino's status words, in any case (T57)."""
    return _STATES.get((word or "").casefold(), DeliveryState.UNKNOWN)


def event_state(word: str | None) -> DeliveryState | None:
    """The same for words of which some are events, and change no state: None for those.

    These are SUBSCRIBED, UNSUBSCRIBED and COMPLAINED.
    """
    return None if (word or "").casefold() in _EVENTS else state_of(word)
