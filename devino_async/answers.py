"""What Devino's answers have in common: reasons, refusals and status words.

Devino documents no HTTP statuses, and its envelopes differ from service to service (T1-T5), so a
refusal is recognised by its body; the status counts only where the body says nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from omni_common.converter import JsonError, loads
from omni_common.errors import ServerFailedError
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.report import DeliveryState
from omni_common.retry import RULES, kind_of_status

__all__ = [
    "Reason",
    "failure_of_reasons",
    "match_ids",
    "read_reasons",
    "read_result",
    "refusal",
    "separate_questions",
    "state_of",
]

T = TypeVar("T")

_PLACE = re.compile(r"^messages\[[0-9]+\]\.?")
_ROUNDABLE = re.compile(r"[1-9][0-9]{15,307}")
"""Whole numbers that a float holds, but not each of them exactly: those have 16 digits or more."""
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
_STATES = {
    "accepted": DeliveryState.ACCEPTED,
    "scheduled": DeliveryState.SCHEDULED,
    "enroute": DeliveryState.SENDING,
    "enrouted": DeliveryState.SENDING,
    "in_progress": DeliveryState.SENDING,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "seen": DeliveryState.READ,
    "clicked": DeliveryState.CLICKED,
    "redirect": DeliveryState.CLICKED,
    "expired": DeliveryState.EXPIRED,
    "undeliverable": DeliveryState.UNDELIVERED,
    "undelivered": DeliveryState.UNDELIVERED,
    "rejected": DeliveryState.REJECTED,
    "deleted": DeliveryState.CANCELLED,
}


@frozen
class Reason:
    """Why Devino refused: its key, the parameter concerned, and its own words.

    The words may quote the value that was refused, so they are left out of the repr.
    """

    key: str | None
    ref: str | None = None
    default_message: str | None = field(default=None, repr=False)

    @property
    def field(self) -> str | None:
        """The shared word for the parameter, or the vendor's own where there is none."""
        if self.ref is None:
            return None
        name = _PLACE.sub("", self.ref, count=1)
        return _FIELDS.get(name, name or None)


def read_reasons(document: dict[str, Any]) -> tuple[Reason, ...]:
    """The reasons in *document*: a list, or a single object as an older page has it (T4).

    Keys count in any case, since e-mail answers flip theirs (T1).
    """
    reasons = _folded(document).get("reasons")
    items = reasons if isinstance(reasons, list) else [reasons]
    return tuple(_read_reason(_folded(item)) for item in items if isinstance(item, dict))


def _read_reason(item: dict[str, Any]) -> Reason:
    ref = item.get("ref", item.get("reference"))
    return Reason(_text(item.get("key")), _text(ref), _text(item.get("defaultmessage")))


def read_result(answer: Answer, shape: type[T]) -> T | Failure | None:
    """The ``result`` of *answer*, if it is a *shape* (``dict``, ``list`` or ``str``).

    Otherwise the refusal that the body holds, or None where it holds none: then the HTTP status
    decides, and a success that brought no such result cannot be understood.
    """
    try:
        document = loads(answer.body)
    except JsonError:
        return None
    result = document.get("result") if isinstance(document, dict) else None
    if isinstance(result, shape):
        return result
    return refusal(document, answer.status)


def refusal(document: Any, status: int) -> Failure | None:
    """A whole call's refusal, if *document* is one: it has reasons or the code ``REJECTED`` (T3).

    The key of its first reason says why, where it is known. Otherwise the status does, if it is a
    refusal that says more than no. A refusal that comes with the status of a failed server proves
    nothing, since it may be the failure itself, worded like one.
    """
    if not isinstance(document, dict):
        return None
    reasons = read_reasons(document)
    if not reasons and document.get("code") != "REJECTED":
        return None
    failure = failure_of_reasons(reasons, document)
    by_status = kind_of_status(status)
    rule = RULES[by_status]
    if rule.error is ServerFailedError or (failure.kind is FailureKind.REFUSED and rule.not_sent):
        return evolve(failure, kind=by_status)
    return failure


def failure_of_reasons(reasons: tuple[Reason, ...], raw: Any) -> Failure:
    """What a refusal for these *reasons* is: the first reason decides."""
    first = reasons[0] if reasons else Reason(None)
    return Failure(
        _KINDS.get(first.key or "", FailureKind.REFUSED),
        vendor_code=first.key,
        field=first.field,
        raw=raw,
    )


def state_of(word: str | None) -> DeliveryState:
    """The shared state for one of Devino's status words, in any case (T57)."""
    return _STATES.get((word or "").casefold(), DeliveryState.UNKNOWN)


def match_ids(asked: Iterable[str], given: Sequence[str]) -> dict[str, str]:
    """Which of the ids *asked* for each id *given* in an answer stands for.

    Devino writes some ids as JSON numbers, and its own example shows one that went through a float
    (T18). So an id stands for itself if it was asked for, and otherwise for the only id asked for
    that has its value as a float, unless another id given may stand for that one, too. An id that
    stands for none for sure is left out.
    """
    wanted, found = set(asked), set(given)
    unsure = {message_id for ids in _not_told_apart(wanted, given) for message_id in ids}
    exact = (wanted & found) - unsure
    candidates = _by_value(wanted)
    meant = {message_id: message_id for message_id in exact}
    for value, claimants in _by_value(found - wanted).items():
        alike = candidates.get(value, [])
        if len(alike) == len(claimants) == 1 and alike[0] not in exact:
            meant[claimants[0]] = alike[0]
    return meant


def separate_questions(asked: Iterable[str], given: Sequence[str]) -> list[list[str]]:
    """The ids to ask for again, because the ids *given* in an answer do not tell them apart.

    No list holds two ids that have the same value as a float.
    """
    rounds = zip_longest(*_not_told_apart(asked, given))
    return [[message_id for message_id in ids if message_id is not None] for ids in rounds]


def _not_told_apart(asked: Iterable[str], given: Sequence[str]) -> list[list[str]]:
    """Ids that are the same as a float, where the answer shows that floats were at work.

    It does so by an id that was not asked for, and by one that is there twice: a rounded id may
    happen to be one of those asked for.
    """
    wanted, times = dict.fromkeys(asked), Counter(given)
    rounded = _by_value(each for each in times if each not in wanted or times[each] > 1)
    groups = _by_value(wanted).items()
    return [alike for value, alike in groups if len(alike) > 1 and value in rounded]


def _by_value(message_ids: Iterable[str]) -> dict[float, list[str]]:
    """The ids that a float might not hold exactly, by the value that it makes of them."""
    values: dict[float, list[str]] = {}
    for message_id in message_ids:
        if _ROUNDABLE.fullmatch(message_id) is not None:
            values.setdefault(float(message_id), []).append(message_id)
    return values


def _folded(document: dict[str, Any]) -> dict[str, Any]:
    return {str(name).casefold(): value for name, value in document.items()}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
