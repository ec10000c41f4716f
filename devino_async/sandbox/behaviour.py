"""What Devino's documents leave open, each as a switch of the emulator.

A client of Devino has to work whichever way the vendor decided where its documents are silent or
contradict themselves. :class:`DevinoBehaviour` names every such question that the emulated calls
raise, with the plausible answers; a client's tests pass under all of :func:`variants`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from enum import Enum

from attrs import field, frozen, validators

from devino_async.sandbox.address_book_behaviour import AddressBookBehaviour
from devino_async.sandbox.channel_behaviour import ChannelBehaviour
from devino_async.sandbox.email_behaviour import EmailBehaviour
from devino_async.sandbox.omni_behaviour import OmniBehaviour
from devino_async.sandbox.report_behaviour import ReportBehaviour
from devino_async.sandbox.states import StatusWord
from devino_async.sandbox.switches import checked, departures, http_status, switch
from omni_common.sandbox import PostOrder

__all__ = [
    "DevinoBehaviour",
    "EmptyFields",
    "ErrorBody",
    "SmsIdForm",
    "StatusOrder",
    "UnknownIds",
    "variants",
]


class ErrorBody(Enum):
    """Body of an answer that is not about single messages (T2, T3, T5)."""

    RESULT_NULL = "result_null"
    """``{"result": null, "reasons": [...]}``"""
    CODE_REJECTED = "code_rejected"
    """``{"code": "REJECTED", "reasons": [...]}``"""
    HTML = "html"
    """A page meant for people, as gateways in front of a vendor answer."""
    EMPTY = "empty"
    """No body at all."""


class EmptyFields(Enum):
    """How a field of a result item that holds nothing is written."""

    AS_SAMPLED = "as_sampled"
    """As in the vendor's examples: a refused item has null ids, an accepted one no ``reasons``."""
    NULL = "null"
    """Every field is there, null where it holds nothing."""
    ABSENT = "absent"
    """Only fields that hold something are there."""


class SmsIdForm(Enum):
    """How get-by-ids writes ``smsId`` (T18)."""

    NUMBER = "number"
    """A JSON number, exact."""
    ROUNDED_NUMBER = "rounded_number"
    """A JSON number that went through a double, as in the vendor's own example."""
    TEXT = "text"
    """A JSON string, as the send call gives it."""


class StatusOrder(Enum):
    """Order of the items that get-by-ids answers."""

    AS_ASKED = "as_asked"
    REVERSED = "reversed"


class UnknownIds(Enum):
    """What get-by-ids says about an id that it does not know."""

    MISSING = "missing"
    """Nothing: ``result`` has no item for it."""
    STATUS_UNKNOWN = "status_unknown"
    """An item with the status UNKNOWN and no time."""


@frozen(kw_only=True, field_transformer=checked)
class DevinoBehaviour:
    """How the emulator answers where the vendor's documents do not say.

    The defaults follow the vendor's examples where there are any. Change one with
    ``attrs.evolve(behaviour, ...)`` or by passing it alone:
    ``DevinoBehaviour(sms_id=SmsIdForm.ROUNDED_NUMBER)``.
    """

    accepted_status: int = http_status(200, 201)
    """HTTP status of a send in which at least one message was accepted."""
    all_rejected_status: int = http_status(200, 400)
    """HTTP status of a send in which every message was refused; 400 is as plausible (T2, T5)."""
    refused_status: int = http_status(400, 200)
    """HTTP status of a request refused as a whole; 200 is as plausible (T5)."""
    unauthorized_status: int = http_status(401, 403)
    """HTTP status of an answer to wrong credentials."""
    forbidden_status: int = http_status(403, 200, 401)
    """HTTP status of an answer to a key that lacks the right to the call."""

    refused_body: ErrorBody = ErrorBody.RESULT_NULL
    """Body of an answer that refuses a whole request, or a key without the right to the call."""
    unauthorized_body: ErrorBody = ErrorBody.EMPTY
    """Body of an answer to wrong credentials."""
    not_found_body: ErrorBody = ErrorBody.EMPTY
    """Body of the 404 to a path or method that the vendor does not document."""
    failed_body: ErrorBody = ErrorBody.EMPTY
    """Body of HTTP 429, 500 and 503; where it holds reasons, their key is ``unknown``."""

    reasons_as_object: bool = False
    """Whether ``reasons`` is one object, the first reason, instead of an array (T4)."""
    ref_with_index: bool = True
    """Whether ``ref`` reads ``messages[i].to``, as the vendor's table has it, or just ``to``."""
    empty_fields: EmptyFields = EmptyFields.AS_SAMPLED
    """How fields that hold nothing are written."""
    extra_keys: bool = False
    """Whether objects of an answer hold keys no document names, as the vendor says they may."""

    unknown_ids: UnknownIds = UnknownIds.MISSING
    """What get-by-ids says about an id that it does not know."""
    sms_id: SmsIdForm = SmsIdForm.NUMBER
    """How get-by-ids writes ids."""
    status_order: StatusOrder = StatusOrder.AS_ASKED
    """Order of the items that get-by-ids answers."""
    status_offset: timedelta = switch(timedelta(), others=(timedelta(hours=3),))
    """What the zone of ``statusDateTime`` is ahead of UTC; Moscow is three hours (T30)."""
    id_step: int = switch(
        4099, others=(1,), validator=[validators.instance_of(int), validators.ge(1)]
    )
    """Distance between the ids of consecutive messages. Ids of this size that are less than 512
    apart become equal when they go through a double (T18)."""

    undelivered_status: StatusWord = switch(
        StatusWord.UNDELIVERABLE,
        others=(StatusWord.REJECTED, StatusWord.UNKNOWN),
        validator=validators.in_(
            (StatusWord.UNDELIVERABLE, StatusWord.REJECTED, StatusWord.UNKNOWN),
        ),
    )
    """The word for a message that its operator cannot deliver; which one comes when is not told."""
    callback_attempts: int = switch(
        1, others=(5,), validator=[validators.instance_of(int), validators.ge(1)]
    )
    """How often a callback is posted until it is answered with 200; OMNI's page says five."""
    callback_copies: int = switch(
        1, others=(2,), validator=[validators.instance_of(int), validators.ge(1)]
    )
    """How often a callback comes although it was received (T60); OMNI has a switch of its own."""
    callback_order: PostOrder = PostOrder.IN_ORDER
    """The order in which callbacks are posted that are due together, as after a clock's jump
    (T60)."""
    callback_delay: timedelta = switch(
        timedelta(),
        others=(timedelta(seconds=30),),
        validator=[validators.instance_of(timedelta), validators.ge(timedelta())],
    )
    """How long after it happened a change is told of."""
    reports_before_answer: bool = False
    """Whether callbacks about what becomes of a message at once are posted before the send is
    answered. Messages of OMNI, of which nothing earlier is told, are delivered at once then."""
    options_key: str | None = switch("options", others=("userData", None))
    """Key under which a callback echoes a message's ``options``; None echoes nothing."""
    accepts_plus: bool = False
    """Whether ``to`` may start with ``+``; the vendor's examples have none (T53)."""
    accepts_past_time: bool = False
    """Whether a ``scheduledTime`` that has passed means at once instead of a refusal."""
    accepts_unknown_fields: bool = False
    """Whether fields and query parameters that no document names are ignored instead of refused.
    Refusing them finds misspelt names; the vendor's own habit is not documented."""

    reports: ReportBehaviour = field(factory=ReportBehaviour)
    """SMS details and statistics."""
    email: EmailBehaviour = field(factory=EmailBehaviour)
    """E-mail, its files and its reports."""
    omni: OmniBehaviour = field(factory=OmniBehaviour)
    """Tasks, macros and transactional messages."""
    address_book: AddressBookBehaviour = field(factory=AddressBookBehaviour)
    """Contact lists and contacts."""
    channels: ChannelBehaviour = field(factory=ChannelBehaviour)
    """Viber, push, push wallet, WhatsApp, VK and the account."""


def variants(*, areas: Collection[str] = ()) -> Iterator[tuple[str, DevinoBehaviour]]:
    """Yield every single departure from the default behaviour, each with a name for it.

    The default itself comes first, as ``"default"``.

    Args:
        areas: Names of the nested behaviours whose switches are turned beside those that all calls
            share, such as ``"email"``.
    """
    default = DevinoBehaviour()
    yield "default", default
    yield from departures(default, areas=areas)
