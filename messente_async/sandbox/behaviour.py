"""What Messente's documents leave open, each as a switch of the emulator.

A client of Messente has to work whichever way the vendor decided where its documents are silent
or contradict themselves. :class:`MessenteBehaviour` names every such question that the emulated
calls raise, with the plausible answers; a client's tests pass under all of :func:`variants`.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import Any

from attrs import Attribute, evolve, field, fields, frozen, validators

from omni_common.sandbox import PostOrder

__all__ = [
    "AutoconvertRule",
    "BulkItems",
    "CancelledStatus",
    "ErrorBody",
    "InboundForm",
    "ItemIds",
    "MessenteBehaviour",
    "PhoneRule",
    "SentWord",
    "TimestampZone",
    "UndeliveredWord",
    "Unset",
    "UntriedChannels",
    "ViberRule",
    "variants",
]


class PhoneRule(Enum):
    """Which recipients are numbers; the vendor says E.164 and no more."""

    PLUS_REQUIRED = "plus_required"
    """A plus, then 7 to 15 digits, as in every example of the vendor."""
    PLUS_OPTIONAL = "plus_optional"
    """The same digits, with or without the plus."""
    ANY_TEXT = "any_text"
    """Anything: what is no number fails later, as an undelivered message."""


class ViberRule(Enum):
    """Which parts of a Viber message may be combined (T50)."""

    OPENAPI = "openapi"
    """The nine combinations of the vendor's OpenAPI."""
    REFERENCE = "reference"
    """The stricter list of its reference: no button without an image or a video, no carousel."""


class AutoconvertRule(Enum):
    """Which words an SMS's ``autoconvert`` takes (T42)."""

    EITHER = "either"
    """Those of both documents."""
    REFERENCE = "reference"
    """on, full and off, as both documents describe it."""
    OPENAPI = "openapi"
    """full, true and false, which is the OpenAPI's own list."""


class CancelledStatus(Enum):
    """What the status call says of a cancelled omnimessage."""

    DELETED = "deleted"
    """Items with the status DELETED."""
    NULL = "null"
    """Items with a null status, as before."""
    EMPTY = "empty"
    """No items."""
    NOT_FOUND = "not_found"
    """HTTP 404: it is gone."""


class SentWord(Enum):
    """The status of a message that is with the operator and not delivered yet."""

    ACK = "ACK"
    ACCEPTD = "ACCEPTD"
    NONE = "none"
    """None: the status stays null until the message is delivered, and no report is posted."""


class UndeliveredWord(Enum):
    """The final status of a message that was not delivered."""

    UNDELIV = "UNDELIV"
    FAILED = "FAILED"
    REJECTD = "REJECTD"
    NACK = "NACK"
    UNKNOWN = "UNKNOWN"


class UntriedChannels(Enum):
    """Whether the status call lists channels that nothing is known of yet."""

    LISTED = "listed"
    """With a null status."""
    LEFT_OUT = "left_out"
    """Not at all, so a fresh omnimessage has no items."""


class Unset(Enum):
    """How a status item writes what is not known yet: price and time (T47)."""

    NULL = "null"
    ABSENT = "absent"


class TimestampZone(Enum):
    """How a status item's ``timestamp`` names its zone (T36)."""

    NONE = "none"
    """Not at all, as in the vendor's samples; it is UTC."""
    Z = "z"
    OFFSET = "offset"
    """As ``+00:00``."""


class ItemIds(Enum):
    """Whether status items repeat the omnimessage's id and recipient (T52)."""

    ABSENT = "absent"
    SAME = "same"
    OTHER = "other"
    """They hold an id other than the omnimessage's, as the vendor's sample does."""


class InboundForm(Enum):
    """How a message from a person is written that came over another channel than SMS.

    Only SMS has a documented example.
    """

    FLAT = "flat"
    """As an SMS, with the text as ``text``."""
    OBJECT = "object"
    """``text`` is an object, ``{"body": ...}``, as WhatsApp texts are written when sent."""
    OWN_KEY = "own_key"
    """No ``text``: the content is an object under the channel's name."""


class ErrorBody(Enum):
    """Body of an answer that says nothing beyond its HTTP status."""

    ERRORS = "errors"
    """In the vendor's own shape, with the code 104."""
    HTML = "html"
    """A page meant for people, as gateways in front of a vendor answer."""
    EMPTY = "empty"
    """No body at all."""


class BulkItems(Enum):
    """How a bulk answer's items stand to the request's (T6)."""

    IN_ORDER = "in_order"
    """One for each, in the same order, as the samples suggest."""
    REVERSED = "reversed"
    """One for each, in another order."""
    ONE_SHORT = "one_short"
    """The last one is missing."""


def _switch(kind: type[Any], default: Any) -> Any:
    return field(default=default, validator=validators.instance_of(kind))


def _number(default: Any, *others: Any, validator: Any) -> Any:
    """A switch of which only the *others* beside its *default* are tried."""
    return field(default=default, validator=validator, metadata={"others": others})


def _positive(_: object, attribute: Attribute[Any], value: int | None) -> None:
    if value is not None and value < 1:
        raise ValueError(f"{attribute.name} must be at least 1")


@frozen(kw_only=True)
class MessenteBehaviour:
    """How the emulator answers where the vendor's documents do not say.

    The defaults follow the vendor's examples where there are any, and the stricter reading where
    there are none. Change one by passing it alone, as in
    ``MessenteBehaviour(cancelled=CancelledStatus.NULL)``, or with ``attrs.evolve``.
    """

    phone: PhoneRule = _switch(PhoneRule, PhoneRule.PLUS_REQUIRED)
    """Which recipients are numbers."""
    viber: ViberRule = _switch(ViberRule, ViberRule.OPENAPI)
    """Which parts of a Viber message may be combined."""
    autoconvert: AutoconvertRule = _switch(AutoconvertRule, AutoconvertRule.EITHER)
    """Which words ``autoconvert`` takes."""
    template_needs_components: bool = _switch(bool, True)
    """Whether a WhatsApp template without ``components`` is refused (T49)."""
    accepts_unknown_fields: bool = _switch(bool, False)
    """Whether fields that no document names are ignored instead of refused. Refusing them finds
    misspelt names; the vendor's own habit is not documented."""
    accepts_past_time: bool = _switch(bool, True)
    """Whether a ``time_to_send`` that has passed means at once instead of a refusal."""
    furthest_time: timedelta | None = _number(
        None,
        timedelta(days=90),
        validator=validators.optional(validators.instance_of(timedelta)),
    )
    """How far ahead ``time_to_send`` may lie; the vendor names no limit, for which None stands."""
    max_bulk: int | None = _number(1000, None, validator=_positive)
    """How many omnimessages one bulk call takes. The vendor advises 1,000 and names no limit, for
    which None stands."""

    status_before_time: bool = _switch(bool, True)
    """Whether the status call knows a scheduled omnimessage before its time; else it is 404."""
    cancelled: CancelledStatus = _switch(CancelledStatus, CancelledStatus.DELETED)
    """What the status call says of a cancelled omnimessage."""
    cancels_again: bool = _switch(bool, False)
    """Whether cancelling what is cancelled already is confirmed once more; else it is 404."""
    sent: SentWord = _switch(SentWord, SentWord.ACK)
    """The status of a message that is with the operator."""
    undelivered: UndeliveredWord = _switch(UndeliveredWord, UndeliveredWord.UNDELIV)
    """The final status of a message that was not delivered."""
    seen: bool = _switch(bool, False)
    """Whether recipients look at what is delivered on channels that tell so: SEEN follows."""

    untried_channels: UntriedChannels = _switch(UntriedChannels, UntriedChannels.LISTED)
    """Whether the status call lists channels that nothing is known of yet."""
    unset: Unset = _switch(Unset, Unset.NULL)
    """How a status item writes what is not known yet."""
    err_before_report: int | None = _number(None, 0, validator=None)
    """``err`` of an item without a status: documented as null, and 0 is as plausible."""
    timestamp_zone: TimestampZone = _switch(TimestampZone, TimestampZone.NONE)
    """How ``timestamp`` names its zone."""
    timestamp_microseconds: bool = _switch(bool, True)
    """Whether ``timestamp`` has microseconds, as in the vendor's samples, or whole seconds."""
    price_when_sent: bool = _switch(bool, False)
    """Whether the price is known once a message is with the operator; else when it is delivered."""
    item_ids: ItemIds = _switch(ItemIds, ItemIds.ABSENT)
    """Whether status items repeat the omnimessage's id and recipient."""
    extra_keys: bool = _switch(bool, False)
    """Whether objects of an answer hold keys that no document names."""
    to_without_plus: bool = _switch(bool, False)
    """Whether answers write the recipient without its plus, however it was sent."""

    bulk_items: BulkItems = _switch(BulkItems, BulkItems.IN_ORDER)
    """How a bulk answer's items stand to the request's."""
    bulk_errors_have_to: bool = _switch(bool, False)
    """Whether a bulk answer's error items name the recipient."""
    first_error_only: bool = _switch(bool, False)
    """Whether an answer names only the first thing wrong with a message."""
    rate_limit_body: ErrorBody = _switch(ErrorBody, ErrorBody.EMPTY)
    """Body of HTTP 429."""
    rate_limit_names_wait: bool = _switch(bool, True)
    """Whether HTTP 429 says in ``Retry-After`` when to come again."""
    server_error_body: ErrorBody = _switch(ErrorBody, ErrorBody.ERRORS)
    """Body of HTTP 500 and 503."""

    inbound: InboundForm = _switch(InboundForm, InboundForm.FLAT)
    """How a message from a person is written that came over another channel than SMS."""
    callback_copies: int = _number(1, 2, validator=_positive)
    """How often each delivery report and each inbound message is posted, confirmed or not (T60)."""
    callback_attempts: int = _number(1, 3, validator=_positive)
    """How often each of them is posted until it is confirmed; the vendor names no number."""
    callback_order: PostOrder = _switch(PostOrder, PostOrder.IN_ORDER)
    """The order in which reports are posted that are due together, as after a clock's jump
    (T60)."""
    callback_delay: timedelta = _number(
        timedelta(),
        timedelta(seconds=30),
        validator=[validators.instance_of(timedelta), validators.ge(timedelta())],
    )
    """How long after it happened a change is reported."""
    reports_before_answer: bool = _switch(bool, False)
    """Whether messages are delivered the moment they are sent, and what becomes of them at once is
    reported before the send is answered."""


def variants() -> tuple[tuple[str, MessenteBehaviour], ...]:
    """Return every single departure from the default behaviour, each with a name for it.

    The default itself comes first, as ``"default"``.
    """
    default = MessenteBehaviour()
    departures = (
        (attribute.name, value)
        for attribute in fields(MessenteBehaviour)
        for value in _others(attribute, getattr(default, attribute.name))
    )
    return (
        ("default", default),
        *(
            (f"{name}={_shown(value)}", evolve(default, **{name: value}))
            for name, value in departures
        ),
    )


def _others(attribute: Attribute[Any], usual: object) -> tuple[Any, ...]:
    match usual:
        case bool():
            return (not usual,)
        case Enum():
            return tuple(value for value in type(usual) if value is not usual)
        case _:
            others: tuple[Any, ...] = attribute.metadata["others"]
            return others


def _shown(value: object) -> object:
    return value.value if isinstance(value, Enum) else value
