"""What Devino accepts as a letter: the rules of its send call, as pure functions of its data.

A letter is refused as a whole and with every reason at once. Only the key for a letter without
recipients is documented; the others are the general keys of the vendor's other calls (contract
sheet, F), and stand for whatever e-mail really says. References follow the one that is documented:
the field's path with small initials, such as ``recipients[0].address``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from attrs import field, frozen

from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.email_behaviour import InvalidAddress, MissingMacro
from devino_async.sandbox.sms_rules import Reason
from omni_common.redaction import mask_number
from omni_common.sandbox import Scenario, scenario_of

__all__ = ["NO_RECIPIENTS", "Letter", "LetterRules", "Recipient", "read_letter"]

NO_RECIPIENTS = Reason("validation.recipients.must.be.greather.then.0", "recipients")
"""The one documented reason, with its spelling."""

_MAX_SENDER_NAME = 150
_MAX_ADDRESS = 254
_UNSUBSCRIBE = "[Unsubscribe]"
_ADDRESS = re.compile(r"[^\s@<>,;]{1,64}@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W_](?:[\w-]*[^\W_])?")

_Reasons = Iterator[Reason]


@frozen(kw_only=True)
class LetterRules:
    """What decides about a letter besides its own data.

    ``senders`` are the addresses and domains that the account may send from, None for any;
    ``file_ids`` are the ids of the files that were uploaded.
    """

    senders: Collection[str] | None
    file_ids: Collection[str]
    behaviour: DevinoBehaviour


@frozen(kw_only=True)
class Recipient:
    """One recipient whom the letter goes to, and the place in the request."""

    index: int
    address: str = field(repr=mask_number)
    data: Mapping[str, Any] = field(repr=False)
    """As it was received."""


@frozen(kw_only=True)
class Letter:
    """A letter as the vendor took it."""

    recipients: tuple[Recipient, ...]
    text: str = field(repr=False)
    checks_unsubscription: bool
    has_macro: bool
    data: Mapping[str, Any] = field(repr=False)
    """The whole request as it was received."""

    def for_one(self, recipient: Recipient) -> Mapping[str, Any]:
        """The request as if it had been made for *recipient* alone."""
        return {**self.data, "Recipients": [recipient.data]}


def read_letter(body: object, rules: LetterRules) -> Letter | tuple[Reason, ...]:
    """The letter in the body of a send call, or every reason to refuse it."""
    if not isinstance(body, dict):
        return (Reason("invalid", None, body),)
    reasons = [
        *_unknown(body, _FIELDS, "", rules),
        *_sender(body.get("Sender"), rules),
        *_text(body, "Subject", ""),
        *_body(body.get("Body"), rules),
        *_attachments(body, rules),
        *_truth(body, "CheckUnsubscription"),
        *_recipients(body.get("Recipients"), rules),
    ]
    if reasons:
        return tuple(reasons)
    recipients = tuple(
        Recipient(index=index, address=item["Address"], data=item)
        for index, item in enumerate(body["Recipients"])
        if _can_be_written_to(item["Address"])
    )
    text = body["Body"].get("Html", body["Body"].get("PlainText"))
    letter = Letter(
        recipients=recipients,
        text=text,
        checks_unsubscription=body.get("CheckUnsubscription", False),
        has_macro=_UNSUBSCRIBE in text,
        data=body,
    )
    return letter if recipients else (NO_RECIPIENTS,)


def _recipients(recipients: object, rules: LetterRules) -> _Reasons:
    if recipients is None or recipients == []:
        yield NO_RECIPIENTS
    elif not isinstance(recipients, list):
        yield Reason("invalid", "recipients", recipients)
    else:
        for index, item in enumerate(recipients):
            yield from _recipient(item, f"recipients[{index}]", rules)


def _recipient(item: object, place: str, rules: LetterRules) -> _Reasons:
    if not isinstance(item, dict):
        yield Reason("invalid", place, item)
        return
    yield from _unknown(item, _RECIPIENT_FIELDS, place, rules)
    yield from _text(item, "Address", place)
    address = item.get("Address")
    refuses = rules.behaviour.email.invalid_address is InvalidAddress.CALL_REFUSED
    if refuses and isinstance(address, str) and address and not _can_be_written_to(address):
        yield Reason("invalid", f"{place}.address", address)
    if "Name" in item and not isinstance(item["Name"], str):
        yield Reason("invalid", f"{place}.name", item["Name"])
    for name in ("MergeFields", "ExtraData"):
        if name in item and not _is_object(item[name], rules):
            yield Reason("invalid", f"{place}.{_small(name)}", item[name])


def _sender(sender: object, rules: LetterRules) -> _Reasons:
    if not isinstance(sender, dict):
        yield _absent_or_invalid(sender, "sender")
        return
    yield from _unknown(sender, _SENDER_FIELDS, "sender", rules)
    yield from _text(sender, "Address", "sender")
    address = sender.get("Address")
    if isinstance(address, str) and address:
        if not _is_address(address):
            yield Reason("invalid", "sender.address", address)
        elif not _may_send(address, rules.senders):
            yield Reason("not.available", "sender.address", address)
    if "Name" in sender:
        name = sender["Name"]
        if not isinstance(name, str):
            yield Reason("invalid", "sender.name", name)
        elif len(name) > _MAX_SENDER_NAME:
            yield Reason("length.too.long", "sender.name", name)


def _body(body: object, rules: LetterRules) -> _Reasons:
    if not isinstance(body, dict):
        yield _absent_or_invalid(body, "body")
        return
    yield from _unknown(body, _BODY_FIELDS, "body", rules)
    given = [name for name in _BODY_FIELDS if name in body]
    if not given:
        yield Reason("must.be.not.null", "body")
    elif len(given) > 1:
        yield Reason("invalid", "body")
    else:
        yield from _text(body, given[0], "body")
        text = body[given[0]]
        refuses = rules.behaviour.email.missing_macro is MissingMacro.REFUSED
        if refuses and isinstance(text, str) and text and _UNSUBSCRIBE not in text:
            yield Reason("invalid", f"body.{_small(given[0])}", text)


def _attachments(body: Mapping[str, Any], rules: LetterRules) -> _Reasons:
    ids = body.get("AttachmentsIds", [])
    if not isinstance(ids, list):
        yield Reason("invalid", "attachmentsIds", ids)
        return
    for index, id in enumerate(ids):
        if not isinstance(id, str) or id not in rules.file_ids:
            yield Reason("invalid", f"attachmentsIds[{index}]", id)


def _truth(body: Mapping[str, Any], name: str) -> _Reasons:
    if not isinstance(body.get(name, False), bool):
        yield Reason("invalid", _small(name), body[name])


def _text(holder: Mapping[str, Any], name: str, place: str) -> _Reasons:
    """Refuse *name* of *holder*, at *place*, unless it is a text that says something."""
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        yield _absent_or_invalid(value, ".".join(filter(None, (place, _small(name)))))


def _unknown(
    holder: Mapping[str, Any], known: Collection[str], place: str, rules: LetterRules
) -> _Reasons:
    """Refuse names that no document has, among them known ones in other letters (T56)."""
    if not rules.behaviour.accepts_unknown_fields:
        for name in holder:
            if name not in known:
                yield Reason("invalid", f"{place}.{name}" if place else name, holder[name])


def _absent_or_invalid(value: object, name: str) -> Reason:
    if value is None or value == "":
        return Reason("must.be.not.null", name)
    return Reason("invalid", name, value)


def _is_object(value: object, rules: LetterRules) -> bool:
    if isinstance(value, str) and rules.behaviour.email.accepts_json_text:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return False
    return isinstance(value, dict)


def _is_address(address: str) -> bool:
    if len(address) > _MAX_ADDRESS or not address.isprintable():
        return False
    return _ADDRESS.fullmatch(address) is not None


def _can_be_written_to(address: str) -> bool:
    return _is_address(address) and scenario_of(address) is not Scenario.REFUSED


def _may_send(address: str, senders: Collection[str] | None) -> bool:
    """Whether the account may send from *address*: it itself or its domain was approved."""
    return senders is None or address in senders or address.rpartition("@")[2] in senders


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


_FIELDS = frozenset(
    {"Recipients", "Sender", "Subject", "Body", "AttachmentsIds", "CheckUnsubscription"}
)
_RECIPIENT_FIELDS = frozenset({"Address", "Name", "MergeFields", "ExtraData"})
_SENDER_FIELDS = frozenset({"Address", "Name"})
_BODY_FIELDS = ("Html", "PlainText")
