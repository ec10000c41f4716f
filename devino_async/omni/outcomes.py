"""What became of each recipient of a transactional call (contract sheet, A13).

The vendor answers with two lists, of messages and of refusals, in which nothing surely says whom an
entry is about: a message names a contact's id, which may be cut short (T27), and a refusal quotes
the contact in a sentence (T28). So an entry is given to a recipient only where it can be nobody
else's, and everybody else's outcome is unknown. All entries are kept beside.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from attrs import field, frozen

from devino_async.answers import (
    Reason,
    read_document,
    read_reasons,
    read_result,
    refusal,
    text_or_none,
)
from devino_async.converter import read_object, wire
from devino_async.ids import is_id, read_id
from devino_async.omni.messages import OmniRecipient
from omni_common.converter import JsonError, loads
from omni_common.errors import Outcome
from omni_common.exchange import Answer, Failure
from omni_common.redaction import mask_number, mask_text, shown_key
from omni_common.rules import is_sendable

__all__ = [
    "OmniAnswer",
    "OmniAnswers",
    "OmniRefusal",
    "OmniResult",
    "RefusedContact",
    "assign",
    "read_answers",
]

Recipient: TypeAlias = OmniRecipient | str
"""Whom a call wrote to: somebody, or a contact by its id."""

# The quoted contact ends at the last " #" with a key behind it, the key at ";" or the end (T28).
# What is a number is no key, but may be somebody's.
_REFUSAL = re.compile(
    r"(?P<quoted>.*) #(?P<key>(?=[0-9.]*[A-Za-z_])[\w.]+)\s*(?:;(?P<words>.*))?",
    re.ASCII | re.DOTALL,
)
_LISTS = frozenset({"contactIds", "sendAnswers", "errorAnswers"})


@frozen(kw_only=True)
class OmniAnswer:
    """A message that Devino took: an entry of ``sendAnswers``.

    Attributes:
        code: ``OK``.
        message_id: The message's id, exact; ``result`` on the wire (T18).
        merge_key: The contact's id, perhaps without its end (T27).
        raw: The entry as it came.
    """

    code: str | None = field(default=None, repr=shown_key)
    message_id: str | None = field(default=None, metadata=wire("result"))
    merge_key: str | None = None
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class RefusedContact:
    """Whom a refusal quotes; what it quotes beside stays in ``raw``."""

    phone: str | None = field(default=None, repr=mask_number)
    email: str | None = field(default=None, repr=mask_number)
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class OmniRefusal:
    """A recipient that Devino refused: an entry of ``errorAnswers``.

    Attributes:
        code: ``REJECTED``.
        reasons: Why: the key and the words that end the description, such as
            ``invalid.phone.size``, and others where the entry holds them.
        contact: Whom the description quotes, where that can be read.
        description: The whole sentence (T28); it quotes the contact, so it is not shown.
        raw: The entry as it came.
    """

    code: str | None = field(default=None, repr=shown_key)
    reasons: tuple[Reason, ...] = ()
    contact: RefusedContact | None = None
    description: str | None = field(default=None, repr=mask_text)
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class OmniResult:
    """What became of one recipient.

    Attributes:
        outcome: ACCEPTED with a message id, NOT_SENT if Devino refused this recipient, and UNKNOWN
            where its answer does not surely say either.
        message_id: The message's id, if it was accepted.
        contact_id: The contact's id, where it is known.
        reasons: Why it was refused.
        raw: The entry of the answer that this was read from.
    """

    outcome: Outcome
    message_id: str | None = None
    contact_id: str | None = None
    reasons: tuple[Reason, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)


@frozen(kw_only=True)
class OmniAnswers:
    """The answer to a transactional call.

    Attributes:
        results: One for each recipient, in order: contacts first, then contact ids.
        accepted: The messages that Devino took (``sendAnswers``), whomever they are for.
        rejected: The recipients that Devino refused (``errorAnswers``), whoever they are.
        unclear: Entries that are neither: another code, no id, an id that came twice, or one with
            reasons.
        contact_ids: Ids of the contacts that Devino wrote to.
        raw: The vendor's ``result``.
    """

    results: tuple[OmniResult, ...] = ()
    accepted: tuple[OmniAnswer, ...] = ()
    rejected: tuple[OmniRefusal, ...] = ()
    unclear: tuple[Any, ...] = field(default=(), repr=False, hash=False)
    contact_ids: tuple[str, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)


def read_answers(
    answer: Answer, contacts: Sequence[OmniRecipient], contact_ids: Sequence[str]
) -> OmniAnswers | Failure | None:
    """Read the answer to a call that wrote to *contacts* and *contact_ids*.

    An entry's own code decides, whatever list it stands in (T2, T4). An answer without any entry is
    a refusal if it has reasons or the code REJECTED, and otherwise says nothing of anybody.
    """
    result = read_result(answer, dict)
    if not isinstance(result, dict):
        return result
    items = [*_items(result.get("sendAnswers")), *_items(result.get("errorAnswers"))]
    if not items:
        document = read_document(answer)
        refused = refusal(result, answer.status) or refusal(document, answer.status)
        if refused is not None or not _LISTS & result.keys():
            return refused
    accepted, rejected, unclear = _told_apart(items)
    ids = [read_id(id) for id in _items(result.get("contactIds"))]
    known_ids = tuple(id for id in ids if id is not None)
    recipients: list[Recipient] = [*contacts, *contact_ids]
    return OmniAnswers(
        results=assign(recipients, accepted, rejected, unclear, known_ids),
        accepted=accepted,
        rejected=rejected,
        unclear=unclear,
        contact_ids=known_ids,
        raw=result,
    )


def assign(
    recipients: Sequence[Recipient],
    accepted: Sequence[OmniAnswer],
    rejected: Sequence[OmniRefusal],
    unclear: Sequence[Any] = (),
    contact_ids: Sequence[str] = (),
) -> tuple[OmniResult, ...]:
    """What became of each of *recipients*, as far as the entries of an answer surely say it.

    - The only entry of a call for one recipient is about that one, unless it names another id or
      quotes another address.
    - A refusal is about the recipient who alone has the phone number and the e-mail address that
      it quotes, unless the call also wrote to contacts by their ids, whose addresses nobody knows.
    - Messages are in the order of the recipients that are left, if there is one for each of them,
      one refusal for each of the others, no further entry, and ``mergeKey`` and ``contactIds``
      agree at every place (T27).
    - In a call that wrote to contacts by their ids alone, a message is for the contact whose id its
      ``mergeKey`` is, in full.
    """
    if len(recipients) == 1:
        return (_only(recipients[0], accepted, rejected, unclear, contact_ids),)
    refusals = _refusals(recipients, rejected)
    left = [place for place in range(len(recipients)) if place not in refusals]
    if len(accepted) + len(unclear) > len(left):  # somebody was both accepted and refused
        return tuple(map(_unknown, recipients))
    results = {place: _not_sent(recipients[place], said) for place, said in refusals.items()}
    if all(isinstance(recipient, str) for recipient in recipients):
        results |= _by_contact_id(recipients, accepted)
    is_whole = not unclear and len(refusals) == len(rejected)
    if is_whole and _agree(accepted, contact_ids) and len(accepted) == len(left):
        results |= _in_order({place: recipients[place] for place in left}, accepted, contact_ids)
    return tuple(
        results.get(place) or _unknown(recipient) for place, recipient in enumerate(recipients)
    )


def _only(
    recipient: Recipient,
    accepted: Sequence[OmniAnswer],
    rejected: Sequence[OmniRefusal],
    unclear: Sequence[Any],
    contact_ids: Sequence[str],
) -> OmniResult:
    match [*accepted, *rejected, *unclear]:
        case [OmniAnswer() as said] if _may_be_sent_to(recipient, said, contact_ids):
            contact_id = contact_ids[0] if _agree([said], contact_ids) else None
            return _accepted(said, recipient if isinstance(recipient, str) else contact_id)
        case [OmniRefusal() as said] if _may_quote(recipient, said.contact):
            return _not_sent(recipient, [said])
        case _:
            return _unknown(recipient)


def _may_be_sent_to(recipient: Recipient, said: OmniAnswer, contact_ids: Sequence[str]) -> bool:
    """False where an id is given that the contact asked for surely has not, be it cut (T27)."""
    if not isinstance(recipient, str):
        return True
    return all(recipient.startswith(id) for id in (said.merge_key or "", *contact_ids))


def _may_quote(recipient: Recipient, contact: RefusedContact | None) -> bool:
    """False where an address is quoted that the recipient surely has not (T28)."""
    return isinstance(recipient, str) or set(_addresses(contact)) <= set(_addresses(recipient))


def _refusals(
    recipients: Sequence[Recipient], rejected: Sequence[OmniRefusal]
) -> dict[int, list[OmniRefusal]]:
    """The refusals that are surely about one recipient, by its place."""
    places: dict[str, set[int]] = {}
    for place, recipient in enumerate(recipients):
        if isinstance(recipient, str):
            return {}
        for address in _addresses(recipient):
            places.setdefault(address, set()).add(place)
    found: dict[int, list[OmniRefusal]] = {}
    for said in rejected:
        # Every address that it quotes has to be one recipient's and nobody else's.
        alike = [places.get(address, set()) for address in _addresses(said.contact)]
        if alike and all(len(each) == 1 and each == alike[0] for each in alike):
            [place] = alike[0]
            found.setdefault(place, []).append(said)
    return found


def _addresses(contact: OmniRecipient | RefusedContact | None) -> list[str]:
    phone = "" if contact is None else (contact.phone or "").removeprefix("+")
    email = "" if contact is None else (contact.email or "").casefold()
    return [address for address in (phone, email) if address]


def _by_contact_id(
    recipients: Sequence[Recipient], accepted: Sequence[OmniAnswer]
) -> dict[int, OmniResult]:
    asked, named = Counter(recipients), Counter(said.merge_key for said in accepted)
    by_key = {said.merge_key: said for said in accepted}
    return {
        place: _accepted(by_key[id], id)
        for place, id in enumerate(recipients)
        if isinstance(id, str) and asked[id] == named[id] == 1
    }


def _agree(accepted: Sequence[OmniAnswer], contact_ids: Sequence[str]) -> bool:
    """Whether each ``mergeKey`` is the contact id at its place, or the beginning of that alone."""
    if len(accepted) != len(contact_ids):
        return False
    ordered = sorted(contact_ids)
    for said, id in zip(accepted, contact_ids, strict=True):
        key = said.merge_key
        if not key or not id.startswith(key):
            return False
        first = bisect_left(ordered, key)
        if any(other.startswith(key) for other in ordered[first + 1 : first + 2]):
            return False
    return True


def _in_order(
    left: Mapping[int, Recipient], accepted: Sequence[OmniAnswer], contact_ids: Sequence[str]
) -> dict[int, OmniResult]:
    """The messages in the order of those who are left; who was named by an id is where it is."""
    by_id = {id: place for place, id in left.items() if isinstance(id, str)}
    others = [place for place, recipient in left.items() if not isinstance(recipient, str)]
    unnamed = [id for id in contact_ids if id not in by_id]
    if len(unnamed) != len(others):
        return {}
    places = {**by_id, **dict(zip(unnamed, others, strict=True))}
    return {places[id]: _accepted(said, id) for said, id in zip(accepted, contact_ids, strict=True)}


def _accepted(said: OmniAnswer, contact_id: str | None) -> OmniResult:
    return OmniResult(
        outcome=Outcome.ACCEPTED,
        message_id=said.message_id,
        contact_id=contact_id,
        raw=said.raw,
    )


def _not_sent(recipient: Recipient, said: Sequence[OmniRefusal]) -> OmniResult:
    return OmniResult(
        outcome=Outcome.NOT_SENT,
        contact_id=_id_of(recipient),
        reasons=tuple(reason for each in said for reason in each.reasons),
        raw=said[0].raw,
    )


def _unknown(recipient: Recipient) -> OmniResult:
    return OmniResult(outcome=Outcome.UNKNOWN, contact_id=_id_of(recipient))


def _id_of(recipient: Recipient) -> str | None:
    return recipient if isinstance(recipient, str) else None


def _items(value: Any) -> list[Any]:
    """The entries of a list; anything else that is there is an entry nobody understands."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _told_apart(
    items: Sequence[Any],
) -> tuple[tuple[OmniAnswer, ...], tuple[OmniRefusal, ...], tuple[Any, ...]]:
    """Messages, refusals, and what is neither; an id that came twice is nobody's."""
    read = [_read_item(item) for item in items]
    times = Counter(said.message_id for said in read if isinstance(said, OmniAnswer))
    accepted, rejected, unclear = [], [], []
    for said, item in zip(read, items, strict=True):
        if isinstance(said, OmniAnswer) and times[said.message_id] == 1:
            accepted.append(said)
        elif isinstance(said, OmniRefusal):
            rejected.append(said)
        else:
            unclear.append(item)
    return tuple(accepted), tuple(rejected), tuple(unclear)


def _read_item(item: Any) -> OmniAnswer | OmniRefusal | None:
    said = read_object(OmniAnswer, item)
    if said is None:
        return None
    if said.code == "OK" and is_id(said.message_id) and not read_reasons(item):
        return said
    if said.code == "REJECTED" and item.get("result") is None:
        return _read_refusal(item)
    return None


def _read_refusal(item: Mapping[str, Any]) -> OmniRefusal:
    text = text_or_none(item.get("description")) or ""
    quoted, key, words = "", None, text
    if (match := _REFUSAL.fullmatch(text)) is not None:
        quoted, key, words = match["quoted"], match["key"], match["words"] or ""
    own = [Reason(key, None, words.strip() or None)] if text else []
    return OmniRefusal(
        code="REJECTED",
        reasons=(*own, *read_reasons(dict(item))),
        contact=_quoted_contact(quoted),
        description=text or None,
        raw=item,
    )


def _quoted_contact(text: str) -> RefusedContact | None:
    if not is_sendable(text):
        return None
    try:
        return read_object(RefusedContact, loads(text.encode()))
    except JsonError:
        return None
