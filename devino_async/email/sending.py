"""The call that sends a letter, and what its answer says of each recipient (contract sheet, A7)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from devino_async.answers import Reason, folded, read_document, read_reasons, refusal
from devino_async.converter import write_body
from devino_async.email.letter import EmailLetter, to_wire
from devino_async.ids import read_id
from devino_async.problems import invalid
from omni_common.errors import Outcome
from omni_common.exchange import Answer, Failure, FailureKind, Operation, Request
from omni_common.redaction import mask_number

__all__ = ["EmailResult", "read_results", "send_request"]

_PLACE = re.compile(r"[0-9]{1,9}")
_REFUSED = "validation failed"
"""The only description of a refusal in the documents; what others mean is not known."""


@frozen(kw_only=True)
class EmailResult:
    """What became of a letter to one of its recipients.

    Attributes:
        outcome: Accepted if the answer gives an id for this recipient, not sent if it says
            ``REJECTED`` of them. Anything else is unknown: an answer that leaves the recipient
            out, gives another address for them, or speaks of them twice.
        index: The recipient's place among those of the letter, counted from 0.
        address: The recipient's, as it was given.
        message_id: Devino's id for this letter to this recipient, if it was accepted.
        reasons: Why not, where the answer says so.
        raw: The item of the answer; the whole answer where no one item is about this recipient.
    """

    outcome: Outcome
    index: int
    address: str = field(repr=mask_number)
    message_id: str | None = None
    reasons: tuple[Reason, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)


def send_request(letter: EmailLetter) -> Request:
    """``POST /email/messages``.

    Raises:
        InvalidMessageError: The letter is no ``EmailLetter``, or JSON cannot hold it.
    """
    if not isinstance(letter, EmailLetter):
        raise invalid("letter", "must be an EmailLetter")
    return Request("POST", "/email/messages", Operation.SEND, body=write_body(to_wire(letter)))


def read_results(
    answer: Answer, addresses: Sequence[str]
) -> tuple[EmailResult, ...] | Failure | None:
    """Read the answer to a letter to *addresses*: one result for each, in their order.

    An item belongs to a recipient if it names both their place and their address, whose case does
    not count. Nothing is guessed where the two disagree, and an id that is given to several
    recipients is nobody's. Items decide, whatever the HTTP status; without any the whole letter is
    refused if there are reasons, or the description ``Validation failed``, in any casing (T1). Any
    other description proves nothing, so that the status decides. Where words of refusal stand
    beside items, what these accept is unknown. So is everything under a result that is there and is
    no list, whatever else the answer says.
    """
    document = read_document(answer)
    if not isinstance(document, dict):
        return None
    items = folded(document).get("result")
    if items and not isinstance(items, list):
        return Failure(FailureKind.UNREADABLE, "its result is no list", raw=document)
    refused = _refusal(document, answer.status)
    if not items and not (items == [] and refused is None and _description(document) == "ok"):
        return refused
    by_place: dict[int, list[Any]] = {}
    for item in items:
        by_place.setdefault(_place(item), []).append(item)
    times = Counter(map(_id, items))
    return tuple(
        _certain(
            _result(place, address, by_place.get(place, []), document),
            times,
            contradicted=refused is not None,
        )
        for place, address in enumerate(addresses)
    )


def _result(place: int, address: str, items: Sequence[Any], document: Any) -> EmailResult:
    """What the *items* with the recipient's place say; the whole *document* if that is not one."""
    if len(items) != 1:
        return EmailResult(outcome=Outcome.UNKNOWN, index=place, address=address, raw=document)
    [item] = items
    said, message_id, reasons = folded(item), _id(item), read_reasons(item)
    named, code = said.get("address"), said.get("code")
    outcome = Outcome.UNKNOWN
    if isinstance(named, str) and named.casefold() == address.casefold():
        # Letters have no code in the documents, but where others of Devino's calls have one (T2),
        # this is what its words mean.
        if message_id is not None and (code is None or code == "OK") and not reasons:
            outcome = Outcome.ACCEPTED
        elif message_id is None and code == "REJECTED":
            outcome = Outcome.NOT_SENT
    return EmailResult(
        outcome=outcome,
        index=place,
        address=address,
        message_id=message_id if outcome is Outcome.ACCEPTED else None,
        reasons=reasons,
        raw=item,
    )


def _certain(
    result: EmailResult, times: Mapping[str | None, int], *, contradicted: bool
) -> EmailResult:
    """*result*, unless its id was given more than once, or the answer speaks of refusal too."""
    if result.message_id is None or (times[result.message_id] == 1 and not contradicted):
        return result
    return evolve(result, outcome=Outcome.UNKNOWN, message_id=None)


def _id(item: Any) -> str | None:
    return read_id(folded(item).get("messageid")) if isinstance(item, dict) else None


def _place(item: Any) -> int:
    """The place of the recipient whom *item* is about, counted from 0; -1 if it names none."""
    index = folded(item).get("index") if isinstance(item, dict) else None
    if isinstance(index, str) and _PLACE.fullmatch(index):
        return int(index)
    return index if isinstance(index, int) and not isinstance(index, bool) else -1


def _refusal(document: dict[str, Any], status: int) -> Failure | None:
    failure = refusal(document, status)
    if failure is None and _description(document) == _REFUSED:
        failure = refusal({"code": "REJECTED"}, status)
    return None if failure is None else evolve(failure, raw=document)


def _description(document: dict[str, Any]) -> str:
    said = folded(document).get("description")
    return said.strip().casefold() if isinstance(said, str) else ""
