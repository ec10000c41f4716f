"""What the documents leave open about OMNI's tasks and transactional messages."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from attrs import frozen, validators

from devino_async.sandbox.switches import checked, switch

__all__ = [
    "AfterViber",
    "AnswerOrder",
    "CallbackMessageId",
    "CallbackRetry",
    "CheckDuplicate",
    "MissingAddress",
    "MissingUnsubscribe",
    "MisspeltEvents",
    "NameFilter",
    "OmittedField",
    "OmniBehaviour",
    "RefusedMessages",
    "RefusedTask",
    "TriggerOrder",
    "UnknownTask",
]


class RefusedTask(Enum):
    """How the refusal of a new task is written; only its success is documented."""

    COMMON = "common"
    """Like any other refused request: ``refused_status`` and ``refused_body``."""
    IN_RESULT = "in_result"
    """In the place of the success: ``{"result": {"code": "REJECTED", "reasons": [...]}}`` (T4)."""


class UnknownTask(Enum):
    """What there is to read about a task that does not exist."""

    NOT_FOUND = "not_found"
    """HTTP 404, with the body of ``not_found_body``."""
    RESULT_NULL = "result_null"
    """HTTP 200 and ``{"result": null}``."""
    REASONS = "reasons"
    """Like any other refused request: ``refused_status`` and ``refused_body``."""


class MisspeltEvents(Enum):
    """What becomes of a trigger with ``EventSource`` instead of ``eventSources`` (T12)."""

    IGNORED = "ignored"
    """The key is skipped. What waits for no event is sent each time its wait is over."""
    REFUSED = "refused"
    """The task is refused."""


class CheckDuplicate(Enum):
    """What a true ``checkDuplicate`` does with who stands in a task's lists again.

    A false one does the contrary. Without any, everybody is written to as often as they stand
    there.
    """

    SENDS = "sends"
    """It writes to them, as the page's words have it."""
    LEAVES_OUT = "leaves_out"
    """It finds them and leaves them out, as the name has it."""


class MissingUnsubscribe(Enum):
    """What becomes of a letter without ``${Unsubscribe}``, which the vendor does not send (T55)."""

    NEVER_SENT = "never_sent"
    """It is accepted and nothing is ever heard of it."""
    REJECTED = "rejected"
    """It is accepted, and rejected when its turn has come."""
    REFUSED = "refused"
    """The template is refused."""


class MissingAddress(Enum):
    """What becomes of a contact without an address for the first channel of a task."""

    REFUSED = "refused"
    """It is refused."""
    REJECTED = "rejected"
    """It is accepted, and the first channel's message rejected, as a later channel's always is."""


class OmittedField(Enum):
    """What a field holds that ``templates`` of a send call leave out for a trigger."""

    FROM_TASK = "from_task"
    """What the task's own template has there: single parameters take precedence."""
    EMPTY = "empty"
    """Nothing: the whole template is replaced, so it is refused unless it can stand alone."""


class RefusedMessages(Enum):
    """How a send call is refused whose task or templates are wrong."""

    WHOLE = "whole"
    """Like any other refused request: ``refused_status`` and ``refused_body``."""
    EACH_CONTACT = "each_contact"
    """Every contact stands among ``errorAnswers`` (T2)."""


class AnswerOrder(Enum):
    """Order of ``sendAnswers`` and ``errorAnswers``; that of ``contactIds`` is always as sent."""

    AS_SENT = "as_sent"
    """Address-book contacts first, then the others."""
    REVERSED = "reversed"


class TriggerOrder(Enum):
    """Order of a task's triggers in answers, which do not repeat their ``index`` (T73)."""

    AS_CREATED = "as_created"
    REVERSED = "reversed"


class NameFilter(Enum):
    """Which tasks the parameter ``name`` of the list finds."""

    PART = "part"
    """Those whose name has it anywhere, in capitals or not."""
    EXACT = "exact"
    """Those that are called so."""


class AfterViber(Enum):
    """What recipients do with a delivered Viber message.

    For letters there is a switch of e-mail's; the link of an SMS is followed where its template
    shortens it.
    """

    NOTHING = "nothing"
    OPENED = "opened"
    CLICKED = "clicked"
    """Opens it and follows its button, if it has one (T61)."""


class CallbackMessageId(Enum):
    """Which ``messageId`` stands in callbacks about a channel that was tried after the first."""

    ANSWERS = "answers"
    """That of the send's answer, as about the first channel."""
    OWN = "own"
    """One of the channel's own, which no answer holds."""
    ABSENT = "absent"
    """None: every field but ``status`` is optional (A14)."""


class CallbackRetry(Enum):
    """After which answers a callback is posted again (A14)."""

    SERVER_ERROR = "server_error"
    """HTTP 500, the only one that the page names."""
    NOT_OK = "not_ok"
    """Whatever is not the expected 200, and no answer."""


@frozen(kw_only=True, field_transformer=checked)
class OmniBehaviour:
    """How the emulator answers where the documents do not say.

    ``ids_as_numbers`` and the two switches after it have the documents on either side: they declare
    integers and show strings (T21).
    """

    refused_task: RefusedTask = RefusedTask.COMMON
    """How the refusal of a new task is written."""
    unknown_task: UnknownTask = UnknownTask.NOT_FOUND
    """What there is to read about a task that does not exist."""
    misspelt_events: MisspeltEvents = MisspeltEvents.IGNORED
    """What becomes of a trigger with ``EventSource``."""
    times_required: bool = True
    """Whether a trigger without ``startTime`` or ``endTime`` is refused. Where it is taken, it
    starts when it is created, and has no end (T74)."""
    default_wait: timedelta | None = switch(
        None,
        others=(timedelta(minutes=1),),
        validator=validators.optional(validators.ge(timedelta())),
    )
    """How long a NO_EVENT_SOURCE trigger waits that does not say so; None refuses it, although the
    vendor's own sample has such a trigger (T76)."""
    check_duplicate: CheckDuplicate = CheckDuplicate.SENDS
    """What a true ``checkDuplicate`` does with duplicates."""
    unknown_groups_refused: bool = False
    """Whether a task is refused for a contact list that does not exist, instead of having nobody
    to write to."""
    viber_combinations: bool = True
    """Whether a Viber template must hold one of the combinations of text, button and image that
    the Viber page names; OMNI's page is silent."""
    missing_unsubscribe: MissingUnsubscribe = MissingUnsubscribe.NEVER_SENT
    """What becomes of a letter that leaves nobody a way to unsubscribe."""

    window_offset: timedelta = switch(timedelta(), others=(timedelta(hours=3),))
    """What the zone of ``startTime`` and ``endTime`` is ahead of UTC (T30). The vendor's sample
    looks as if it were Moscow, three hours, while its creation date is UTC."""
    creation_offset: timedelta = switch(timedelta(), others=(timedelta(hours=3),))
    """What the zone of ``creationDate`` and of its filters is ahead of UTC (T30)."""
    child_windows: bool = False
    """Whether a trigger with a parent sends only within its own times. In the vendor's sample they
    lie before those of the parent (T76)."""
    sends_outside_window: bool = False
    """Whether a transactional message is taken before the start and after the end of its task."""
    takes_when_stopped: bool = False
    """Whether a transactional message is taken by a task that was stopped or deleted, and then
    never sent, instead of refused."""
    starts_by_itself: bool = False
    """Whether a task for transactional messages is STARTED when its start has come, instead of with
    its first message."""

    ids_as_numbers: bool = False
    """Whether answers write ids of tasks and triggers as JSON numbers."""
    message_id_as_number: bool = False
    """Whether a send call's ``result`` is a JSON number (T18)."""
    callback_id_as_number: bool = False
    """Whether a callback's ``messageId`` is a JSON number (T18)."""
    callback_message_id: CallbackMessageId = CallbackMessageId.ANSWERS
    """Which ``messageId`` stands in callbacks about a channel that was tried after the first."""
    trigger_order: TriggerOrder = TriggerOrder.AS_CREATED
    """Order of a task's triggers in answers."""
    parent_in_task: bool = False
    """Whether a single task tells ``parentTriggerId`` of its triggers, as the list does."""
    name_filter: NameFilter = NameFilter.PART
    """Which tasks the parameter ``name`` finds."""
    empty_list_null: bool = False
    """Whether a page past the end is ``{"result": null}`` instead of an empty array (T65)."""

    omitted_field: OmittedField = OmittedField.FROM_TASK
    """What a field holds that ``templates`` leave out."""
    missing_address: MissingAddress = MissingAddress.REFUSED
    """What becomes of a contact without an address for the first channel."""
    refused_messages: RefusedMessages = RefusedMessages.WHOLE
    """How a send call is refused whose task or templates are wrong."""
    answer_order: AnswerOrder = AnswerOrder.AS_SENT
    """Order of the answers for single contacts."""
    merge_key_truncated: bool = False
    """Whether ``mergeKey`` lacks the end of the contact's id, as in the vendor's sample (T27)."""

    after_viber: AfterViber = AfterViber.NOTHING
    """What recipients do with their Viber messages."""
    callback_retry: CallbackRetry = CallbackRetry.SERVER_ERROR
    """After which answers a callback is posted again."""
    callback_attempts: int = switch(
        6, others=(5,), validator=[validators.instance_of(int), validators.ge(1)]
    )
    """How often a callback is posted, a minute apart: whether the five attempts that the page names
    follow the first one or include it is not told (T60)."""
    callback_copies: int = switch(
        1, others=(2,), validator=[validators.instance_of(int), validators.ge(1)]
    )
    """How often a callback comes although it was received (T60)."""
    ts_in_seconds: bool = False
    """Whether ``ts`` counts seconds since 1970 instead of milliseconds (T34)."""
    bare_callbacks: bool = False
    """Whether a callback holds nothing that is optional beside ``messageId``; so it has no
    ``callbackData`` either."""
