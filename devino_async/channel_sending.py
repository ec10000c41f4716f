"""What the sends over Viber, push, push wallet, WhatsApp and VK have in common.

Of their answers only the beginning of VK's is documented, ``{"result":[{"code":"OK"`` (contract
sheet, A9). They are read by analogy with SMS: an item for each message, in the order of the
request, with a ``code``. For a call with one message the item is taken without a list around it,
too, as a client of 2020 read it. What else an answer holds stays in ``raw``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any

from attrs import field, frozen

from devino_async.answers import (
    Reason,
    outcome_of,
    read_document,
    read_reasons,
    refusal,
    text_or_none,
)
from devino_async.converter import write_body
from devino_async.ids import read_id
from devino_async.problems import invalid
from devino_async.query import Query
from devino_async.results import in_place
from omni_common.errors import Outcome
from omni_common.exchange import Answer, Failure, Operation, Request
from omni_common.redaction import shown_key
from omni_common.transport import Transport

__all__ = [
    "BodyForm",
    "ChannelPriority",
    "ChannelResult",
    "check_message",
    "exchange",
    "read_results",
    "send_request",
]


class BodyForm(Enum):
    """What stands around the messages in the body of a send, where the documents do not say."""

    MESSAGES = "messages"
    """``{"messages": [...]}``, as for SMS, Viber and VK."""
    ARRAY = "array"
    """``[...]``, as for push wallet."""
    SINGLE = "single"
    """The one message itself, with nothing around it."""


class ChannelPriority(StrEnum):
    """How urgent a message is; other words are taken too (T54).

    Older pages have the numbers 0 to 3 instead (T41, T74).
    """

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    REALTIME = "REALTIME"


@frozen(kw_only=True)
class ChannelResult:
    """What became of one message of a send.

    Attributes:
        outcome: Accepted if the code is ``OK``, not sent if it is ``REJECTED``, otherwise unknown,
            as is what contradicts itself: a refused message with an id, an accepted one with
            reasons.
        code: Devino's word, None where it gives none.
        message_id: The id, where the item has it under the name that SMS has it under,
            ``messageId``. That name is not documented for these channels, so an accepted message
            may be without: see ``raw``.
        reasons: Why not, where the answer says so.
        raw: The item as it came.
    """

    outcome: Outcome
    code: str | None = field(default=None, repr=shown_key)
    message_id: str | None = None
    reasons: tuple[Reason, ...] = ()
    raw: Any = field(default=None, repr=False, hash=False)


def check_message(message: object, kind: type) -> None:
    """Refuse what is no *kind*.

    Raises:
        InvalidMessageError: It is something else.
    """
    if not isinstance(message, kind):
        raise invalid("message", f"must be a {kind.__name__}")


def send_request(
    path: str,
    messages: Sequence[Mapping[str, Any]],
    *,
    body_form: BodyForm = BodyForm.MESSAGES,
    query: Query = (),
) -> Request:
    """``POST`` of *messages*, each the object that it is on the wire.

    Raises:
        InvalidMessageError: There are several messages for a body that holds one, or one that JSON
            cannot hold.
    """
    if not isinstance(body_form, BodyForm):
        raise invalid("body_form", "must be a BodyForm")
    if body_form is BodyForm.SINGLE and len(messages) != 1:
        raise invalid("messages", "must be one alone in this form of the body")
    body: Any = list(messages)
    if body_form is BodyForm.MESSAGES:
        body = {"messages": body}
    elif body_form is BodyForm.SINGLE:
        [body] = messages
    return Request(
        "POST", path, Operation.SEND, body=write_body(body, name="messages"), query=query
    )


def read_results(answer: Answer, count: int) -> tuple[ChannelResult, ...] | Failure | None:
    """Read the answer to a send of *count* messages.

    Results are told apart by their position; where that cannot be trusted, nothing is known of any
    message: see :func:`~devino_async.results.in_place`.
    """
    document = read_document(answer)
    items = document.get("result") if isinstance(document, dict) else None
    if isinstance(items, dict) and isinstance(items.get("code"), str):
        items = [items]
    if not isinstance(items, list):
        return refusal(document, answer.status)
    return in_place(tuple(map(_read_result, items)), count, document)


async def exchange(transport: Transport, request: Request, count: int) -> list[ChannelResult]:
    """Send *count* messages; see the resources' ``send`` for what is raised."""
    results = await transport.exchange(
        request,
        lambda answer: read_results(answer, count),
        timeout=transport.settings.bulk_timeout if count > 1 else None,
    )
    return list(results)


def _read_result(item: Any) -> ChannelResult:
    if not isinstance(item, dict):
        return ChannelResult(outcome=Outcome.UNKNOWN, raw=item)
    code = text_or_none(item.get("code"))
    message_id, reasons = read_id(item.get("messageId")), read_reasons(item)
    return ChannelResult(
        outcome=outcome_of(code, id=message_id, reasons=reasons),
        code=code,
        message_id=message_id,
        reasons=reasons,
        raw=item,
    )
