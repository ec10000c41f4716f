"""What is done behind the shared interface while something goes wrong: sends, questions, cancels.

Each operation takes a :class:`Stage`, prepares beside the client what it needs, makes its calls
inside ``stage.fault()`` and hands over what the client said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from omni_common import Content, Email, Message, Outcome, Recipient, Sms, Viber, Vk, WhatsApp
from omni_common.errors import ForeignIdError, UnknownMessageError
from omni_common.report import StatusResult
from tests.reliability.fault_matrix.stage import Operation, Stage, Taken

__all__ = ["OPERATIONS"]

_FIVE_MINUTES = timedelta(minutes=5)


def _send(*contents: type[Content]) -> Operation:
    """Send a message over these channels, in this order."""

    async def operation(stage: Stage) -> None:
        with stage.fault():
            await stage.send(_message(stage, contents))

    return operation


def _send_over_known_scenario(*contents: type[Content]) -> Operation:
    """The same, where the client has sent one like it before."""

    async def operation(stage: Stage) -> None:
        await stage.send(_message(stage, contents))
        with stage.fault():
            await stage.send(_message(stage, contents))

    return operation


def _message(stage: Stage, contents: Sequence[type[Content]]) -> Message:
    text = stage.text()
    leading = [_content(kind, text, _FIVE_MINUTES) for kind in contents[:-1]]
    address = f"{text}@example.com"
    to: str | Recipient = address if contents == (Email,) else stage.number()
    if leading and Email in contents:
        to = Recipient(phone=stage.number(), email=address)
    return Message(to, [*leading, _content(contents[-1], text)], reference=text)


def _content(kind: type[Content], text: str, ttl: timedelta | None = None) -> Content:
    if kind is Email:
        return Email(f"{text} [Unsubscribe]", subject="News", ttl=ttl)
    if kind is Vk:
        return Vk(template_id="7", template_data={"code": text}, ttl=ttl)
    assert issubclass(kind, Sms | Viber | WhatsApp)
    return kind(text, ttl=ttl)


def _refused(stage: Stage) -> Message:
    """A message that the vendor refuses, whatever comes with it."""
    text = stage.text()
    return Message("+37251000001", Sms(text), reference=text)


async def _send_many(stage: Stage) -> None:
    """Six messages, four of them in one call, of which the vendor refuses one in each call."""
    refused = [_refused(stage), _refused(stage)]
    messages = [stage.message() for _ in range(4)]
    messages.insert(1, refused[0])
    messages.append(refused[1])
    await _send_all(stage, messages, refused)


async def _send_many_letters(stage: Stage) -> None:
    """Letters go out one by one, and SMS among them together."""
    letters = [_message(stage, (Email,)) for _ in range(2)]
    await _send_all(stage, [letters[0], stage.message(), stage.message(), letters[1]])


async def _send_all(
    stage: Stage, messages: Sequence[Message], refused: Sequence[Message] = ()
) -> None:
    with stage.fault():
        async with stage.omni.send_many(messages) as outcomes:
            said = [outcome async for outcome in outcomes]
    if [outcome.message for outcome in said] != messages:
        stage.problems.append("the outcomes are not those of the messages")
    for outcome in said:
        receipt = getattr(outcome, "receipt", None)
        stage.says_of_message(
            outcome.message,
            outcome.outcome,
            None if receipt is None else receipt.id,
            normally=Outcome.NOT_SENT if outcome.message in refused else Outcome.ACCEPTED,
        )


async def _sent_aside(stage: Stage, message: Message | None = None) -> str:
    receipt = await stage.aside.send(message or stage.message())
    return receipt.id


async def _status(stage: Stage) -> None:
    id = await _sent_aside(stage)
    right = await stage.aside.status(id)
    with stage.fault():
        await stage.reads(stage.omni.status(id), right)


async def _email_status(stage: Stage) -> None:
    id = await _sent_aside(stage, _message(stage, (Email,)))
    stage.vendor.emulator.clock.advance(timedelta(minutes=1))
    right = await stage.aside.status(id)
    with stage.fault():
        await stage.reads(stage.omni.status(id), right)


async def _wait(stage: Stage) -> None:
    id = await _sent_aside(stage)
    stage.vendor.emulator.clock.advance(timedelta(minutes=1))
    right = await stage.aside.status(id)
    with stage.fault():
        await stage.reads(stage.omni.wait(id, timeout=timedelta(milliseconds=10)), right)


async def _status_many(stage: Stage) -> None:
    """Two messages, one that the vendor does not know, and an id of somebody else's."""
    known = [await _sent_aside(stage) for _ in range(2)]
    prefix = known[0].rpartition(":")[0]
    ids = [known[0], f"{prefix}:404", "acme:1", known[1]]
    right = {id: await stage.aside.status(id) for id in known}
    with stage.fault():
        results = [result async for result in stage.omni.status_many(ids)]
    if [result.id for result in results] != ids:
        stage.problems.append("the results are not those of the ids")
    for result in results:
        if result.id in right:
            await stage.reads(_of(result), right[result.id])
        elif result.id == "acme:1":
            _expect(stage, result, ForeignIdError)
        elif not isinstance(result.error, UnknownMessageError):
            assert result.error is not None
            stage.fails_to_read(result.error)


async def _of(result: StatusResult) -> object:
    if result.error is not None:
        raise result.error
    return result.report


def _expect(stage: Stage, result: StatusResult, error: type[Exception]) -> None:
    if not isinstance(result.error, error):
        stage.problems.append(f"{result.id}: {result!r}")


async def _cancel(stage: Stage) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    id = await _sent_aside(stage, stage.message(send_at=tomorrow))
    with stage.fault():
        await stage.cancels("cancellation", stage.omni.cancel(id), _cancelled(stage, id))


async def _cancel_too_late(stage: Stage) -> None:
    """Cancel what is sent already: it surely fails, however the call goes."""
    id = await _sent_aside(stage)
    with stage.fault():
        await stage.cancels(
            "late cancellation",
            stage.omni.cancel(id),
            _cancelled(stage, id),
            normally=Outcome.NOT_SENT,
        )


def _cancelled(stage: Stage, id: str) -> Taken:
    ledger = stage.vendor.emulator.ledger
    return lambda: int(ledger[id.rpartition(":")[2]].cancelled_at is not None)


OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "messente": {
        "send": _send(Sms),
        "send WhatsApp": _send(WhatsApp),
        "send a cascade": _send(Viber, Sms),
        "send_many": _send_many,
        "status": _status,
        "status_many": _status_many,
        "wait": _wait,
        "cancel": _cancel,
        "cancel too late": _cancel_too_late,
    },
    "devino": {
        "send": _send(Sms),
        "send e-mail": _send(Email),
        "send Viber": _send(Viber),
        "send VK": _send(Vk),
        "send a cascade": _send(Viber, Email, Sms),
        "send by a known scenario": _send_over_known_scenario(Viber, Sms),
        "send_many": _send_many,
        "send_many letters": _send_many_letters,
        "status": _status,
        "status of e-mail": _email_status,
        "status_many": _status_many,
        "wait": _wait,
    },
}
"""By the name of the vendor and of what is done."""
