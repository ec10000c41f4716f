"""Calls of clients and providers that get answers which no vendor means, without a socket."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, TypeAlias

import pytest
from attrs import frozen
from hypothesis import strategies as st

from devino_async import DevinoProvider
from devino_async.address_book import NewContact
from devino_async.omni import OmniRecipient
from messente_async import MessenteProvider
from omni_common.errors import (
    CancelFailedError,
    NotSentError,
    OmniError,
    OutcomeUnknownError,
    ReadError,
)
from omni_common.exchange import Answer, Failure, Request
from omni_common.message import Email, Message, Sms, Viber
from omni_common.sandbox import SandboxClock
from omni_common.wire import Wire
from tests.reliability.cases import Tally, every
from tests.reliability.conftest import Size
from tests.reliability.genuine_answers import READINGS
from tests.reliability.genuine_documents import ADDRESSES, CONTACT_IDS, ID, LIST_IDS
from tests.reliability.hostile_answers import answers, check_result, genuine
from tests.support.emulated_time import EmulatedTime
from tests.support.figures import RecordProperty
from tests.support.native_calls import MONTHS, letter, text, transactional_task

Made: TypeAlias = Callable[[Any], Awaitable[Any] | AsyncIterator[Any]]

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
SENT = (NotSentError, OutcomeUnknownError)
CANCELLED = (CancelFailedError, OutcomeUnknownError)
MOST_ITEMS = 30
SMS_ID = "3701172084729885700"


class Replies(Wire):
    """The way out, where something else than the vendor answers: *replies* in turn."""

    def __init__(self, replies: Sequence[Answer]) -> None:
        self._replies: Iterator[Answer] = cycle(replies)

    @property
    def slots(self) -> int:
        return 4

    @property
    def closed(self) -> bool:
        return False

    async def attempt(
        self, request: Request, timeout: float, begun: Callable[[], None]
    ) -> Answer | Failure:
        begun()
        return next(self._replies)

    async def close(self) -> None:
        """There is nothing to close."""


@frozen
class Call:
    """A call, what it may end with beside a result, and the readers that its answers are for.

    Answers to a call ``in_turn`` are one for each of them.
    """

    make: Made
    ends: tuple[type[OmniError], ...]
    readers: tuple[str, ...]
    in_turn: bool = False


def _message(*contents: Any, to: str = "+79031234567") -> Message:
    return Message(to, contents)


PAIR = [_message(Sms("Hi")), _message(Sms("Hi"), to="+79031234568")]
NUMBERS = [_message(Sms("Hi"), to=f"+3725100000{n}") for n in range(2)]
CASCADE = _message(Viber("Hi", ttl=timedelta(seconds=300)), Sms("Hi"))
SCENARIO = DevinoProvider("key", sender="Shop").scenario_name(CASCADE)
LETTER = _message(Email("Hi [Unsubscribe]", subject="News"), to=ADDRESSES[0])

MESSENTE: Mapping[str, Call] = {
    "send": Call(lambda omni: omni.send(NUMBERS[0]), SENT, ("read_sent",)),
    "send_many": Call(lambda omni: omni.send_many(NUMBERS), SENT, ("read_bulk",)),
    "status": Call(lambda omni: omni.status(f"messente:{ID}"), (ReadError,), ("read_status",)),
    "status_many": Call(
        lambda omni: omni.status_many([f"messente:{ID}", "messente:x", "y"]), (), ("read_status",)
    ),
    "cancel": Call(
        lambda omni: omni.cancel(f"messente:{ID}"), CANCELLED, ("cancelled_reader", "read_status")
    ),
}
DEVINO: Mapping[str, Call] = {
    "send sms": Call(lambda omni: omni.send(PAIR[0]), SENT, ("sms._read_single",)),
    "send many sms": Call(lambda omni: omni.send_many(PAIR), SENT, ("sending.read_results",)),
    "send email": Call(lambda omni: omni.send(LETTER), SENT, ("email._read_single",)),
    "send cascade": Call(
        lambda omni: omni.send(CASCADE),
        SENT,
        ("of a scenario", "omni._read_single"),
        in_turn=True,
    ),
    "status": Call(lambda omni: omni.status(f"devino:sms:{SMS_ID}"), (ReadError,), ("statuses",)),
    "status of email": Call(
        lambda omni: omni.status("devino:email:dwY4BSnjQ2X"),
        (ReadError,),
        ("email.detail.read_detail",),
    ),
    "status_many": Call(
        lambda omni: omni.status_many([f"devino:sms:{SMS_ID[:-2]}{n}" for n in range(10, 14)]),
        (),
        ("statuses",),
    ),
    "letter": Call(
        lambda omni: omni.client.email.send(letter(*ADDRESSES)),
        SENT,
        ("email.sending.read_results",),
    ),
    "details": Call(
        lambda omni: omni.client.sms.detail(message_ids=[SMS_ID]), (ReadError,), ("sms.detail",)
    ),
    "segments": Call(
        lambda omni: omni.client.sms.detail(task_id=5, by_segments=True, page_size=1),
        (ReadError,),
        ("sms.detail",),
    ),
    "table": Call(
        lambda omni: omni.client.email.statistics(**MONTHS), (ReadError,), ("of UTF8", "read_csv")
    ),
    "tasks": Call(lambda omni: omni.client.omni.tasks(), (ReadError,), ("read_tasks",)),
    "new task": Call(
        lambda omni: omni.client.omni.create_task(transactional_task()), SENT, ("created_task",)
    ),
    "task message": Call(
        lambda omni: omni.client.omni.send(
            7004, contacts=[OmniRecipient(phone="79103398080")], contact_ids=CONTACT_IDS
        ),
        SENT,
        ("read_answers",),
    ),
    "file": Call(
        lambda omni: omni.client.email.upload(b"Hi", filename="hi.txt"), SENT, ("read_upload",)
    ),
    "contacts": Call(
        lambda omni: omni.client.address_book.contacts("5"), (ReadError,), ("read_contacts",)
    ),
    "new contacts": Call(
        lambda omni: omni.client.address_book.upload_contacts(
            5, [NewContact(phone=f"7910000000{n}") for n in range(3)], batch_size=2
        ),
        (),
        ("contact_results",),
    ),
    "deletion": Call(
        lambda omni: omni.client.address_book.delete_lists(LIST_IDS), SENT, ("read_deletions",)
    ),
    "sms": Call(
        lambda omni: omni.client.sms.send([text(), text("79031234568")]),
        SENT,
        ("sms.sending.read_results",),
    ),
    "account": Call(lambda omni: omni.client.account.current(), (ReadError,), ("read_account",)),
}
CALLS = {
    **{f"messente {name}": call for name, call in MESSENTE.items()},
    **{f"devino {name}": call for name, call in DEVINO.items()},
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_ends_with_a_result_or_an_error_of_its_own(
    name: str, size: Size, record_property: RecordProperty, caplog: pytest.LogCaptureFixture
) -> None:
    call, tally = CALLS[name], Tally()
    with asyncio.Runner() as runner:

        def one(replies: list[Answer]) -> None:
            ended = tally.tried(lambda: runner.run(_ended(name, replies)), *call.ends)
            if isinstance(ended, OmniError):
                check_error(ended)
            else:
                check_result(ended, *replies)

        every(_replies(call), size(short=6, full=500), one)
    figures = tally.figures
    record_property(
        "fuzzed answers",
        {
            "cases": figures["cases"],
            "read": figures["accepted"],
            "refused": figures["refused"],
            "failures": figures["failures"],
        },
    )
    assert figures["failures"] == 0
    assert figures["accepted"] >= size(short=0, full=20)
    # A reader that trips is caught by the transport, and logged; none may need that.
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []


def _replies(call: Call) -> st.SearchStrategy[list[Answer]]:
    """Answers for the readers of *call*, in any order or in turn."""
    readings = [each for word in call.readers for each in READINGS if word in each.name]
    some = [answers(each) | st.just(genuine(each)) for each in readings]
    if call.in_turn:
        return st.tuples(*some).map(list)
    return st.lists(st.sampled_from(some).flatmap(lambda way: way), min_size=1, max_size=3)


async def _ended(name: str, replies: Sequence[Answer]) -> Any:
    """What the call of this *name* gives, all of it."""
    clock = EmulatedTime(SandboxClock(NOON, frozen=True))
    omni: MessenteProvider | DevinoProvider = (
        MessenteProvider("user", "password", clock=clock)
        if name.startswith("messente")
        else DevinoProvider(
            "key",
            sender="Shop",
            email_sender="a@shop.example",
            account_zone="+03:00",
            scenarios={SCENARIO: "7003"},
            clock=clock,
        )
    )
    omni.client.transport._wire = Replies(replies)
    async with omni:
        made = CALLS[name].make(omni)
        if isinstance(made, Awaitable):
            result = await made
            return tuple(result) if isinstance(result, list) else result
        return tuple([each async for each in _some(made)])


async def _some(items: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """The first of *items*: a vendor whose pages never end is read on and on."""
    left = MOST_ITEMS
    async for item in items:
        yield item
        left -= 1
        if not left:
            break


def check_error(error: BaseException | None) -> None:
    """Assert that *error* and its causes can be shown, and that it comes back from a pickle."""
    while error is not None:
        assert f"{error} {error!r}".encode()
        if isinstance(error, OmniError):
            copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
            assert (type(copied), str(copied)) == (type(error), str(error))
        error = error.__cause__
