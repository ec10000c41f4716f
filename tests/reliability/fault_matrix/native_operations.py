"""What is done with the vendors' own clients while something goes wrong.

Every call of :mod:`tests.support.native_calls` is made, and those with several messages, lists,
contacts or pages once more with several.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

from devino_async.address_book import NewContact
from devino_async.omni import OmniAnswers, OmniRecipient
from devino_async.sandbox import DevinoEmulator
from devino_async.sms import SmsMessage
from messente_async import SMS, Omnimessage
from messente_async.answers import Contradiction, MessenteErrors
from omni_common.errors import NotSentError, Outcome, OutcomeUnknownError, ReadError
from tests.reliability.fault_matrix.stage import AFTERWARDS, Operation, Stage, Taken
from tests.support.native_calls import (
    DEVINO_CALLS,
    FROM,
    MESSENTE_CALLS,
    TO,
    letter,
    text,
    transactional_task,
)

__all__ = ["NATIVE_OPERATIONS"]

_READS = frozenset(
    {"statuses", "detail", "detail_page", "statistics", "statistics_csv", "task", "tasks"}
    | {"tasks_page", "macros", "lists", "lists_page", "contacts", "contacts_page", "current"}
    | {"plan_record", "status"}
)
"""Calls that only ask."""
_AS_THEY_CAME = frozenset({"email.statistics_csv", "account.plan_record"})
"""Questions whose answers are not looked into: they return what came."""
_PAGE = 2


class _Borrowed:
    """One client at first, and another one afterwards."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


def _call(name: str, prepare: Callable[[Any], Awaitable[Callable[[], Any]]]) -> Operation:
    """The least call of a method, prepared beside the client."""

    async def operation(stage: Stage) -> None:
        client = _Borrowed(stage.native_aside)
        called = await prepare(client)
        stage.vendor.emulator.clock.advance(timedelta(minutes=1))
        is_read = name.rpartition(".")[2] in _READS
        right = await _result(called()) if is_read else None
        before = _things(stage)
        client.client = stage.native
        with stage.fault():
            if name in _AS_THEY_CAME:
                await stage.reads(_as_it_came(_result(called()), right), right)
            elif is_read:
                await stage.reads(_result(called()), right)
            else:
                await _judged(stage, name, _result(called()), lambda: _things(stage) - before)

    return operation


async def _result(returned: Any) -> Any:
    """What a call returned, or every row of what it iterates over."""
    if isinstance(returned, AsyncIterator):
        return [row async for row in returned]
    return await returned


async def _as_it_came(result: Awaitable[Any], right: Any) -> Any:
    """*right*, once anything came: whatever it is, nothing is said of it."""
    await result
    return right


async def _judged(stage: Stage, name: str, call: Awaitable[Any], made: Taken) -> None:
    try:
        outcome = _outcome_in(await call)
    except NotSentError:
        outcome = Outcome.NOT_SENT
    except OutcomeUnknownError:
        outcome = Outcome.UNKNOWN
    stage.says(name, outcome, made)


def _outcome_in(result: Any) -> Outcome:
    match result:
        case [single] | OmniAnswers(results=(single,)):
            return _outcome_in(single)
        case MessenteErrors():
            return Outcome.NOT_SENT
        case Contradiction():
            return Outcome.UNKNOWN
        case _:
            outcome: Outcome = getattr(result, "outcome", Outcome.ACCEPTED)
            return outcome


def _things(stage: Stage) -> int:
    """How much the vendor has taken and made, but for the message that is sent afterwards."""
    emulator = stage.vendor.emulator
    messages = len(emulator.ledger) - stage.taken(AFTERWARDS)()
    if not isinstance(emulator, DevinoEmulator):
        return messages
    contacts = sum(len(each.contacts) for each in emulator.book)
    tasks = len(tuple(emulator._omni._tasks))
    return messages + len(emulator.files) + len(emulator.book.lists) + contacts + tasks


def _devino(stage: Stage) -> DevinoEmulator:
    assert isinstance(stage.vendor.emulator, DevinoEmulator)
    return stage.vendor.emulator


# --- Several things in one call -------------------------------------------------------------------


async def _sms_of_several(stage: Stage) -> None:
    """Four SMS in one call, of which the vendor refuses the second."""
    texts = [stage.text() for _ in range(4)]
    numbers = [stage.number(), "+37251000001", stage.number(), stage.number()]
    sms = [
        SmsMessage(sender="Shop", to=number, text=each)
        for number, each in zip(numbers, texts, strict=True)
    ]
    with stage.fault():
        outcomes = await _outcomes(stage.native.sms.send(sms), 4)
    _say_of_each(stage, texts, outcomes, refused=1)


async def _letter_to_several(stage: Stage) -> None:
    addresses = [f"{stage.text()}@example.com" for _ in range(3)]
    with stage.fault():
        outcomes = await _outcomes(stage.native.email.send(letter(*addresses)), 3)
    _say_of_each(stage, addresses, outcomes)


async def _omni_to_several(stage: Stage) -> None:
    task_id = await stage.native_aside.omni.create_task(transactional_task())
    numbers = [stage.number(), "+37251000001", stage.number()]
    contacts = [OmniRecipient(phone=number) for number in numbers]
    with stage.fault():
        outcomes = await _outcomes(stage.native.omni.send(task_id, contacts=contacts), 3)
    _say_of_each(stage, [each.removeprefix("+") for each in numbers], outcomes, refused=1)


async def _bulk(stage: Stage) -> None:
    texts = [stage.text() for _ in range(3)]
    numbers = [stage.number(), "+37251000001", stage.number()]
    omnimessages = [
        Omnimessage(to=number, messages=[SMS(text=each)])
        for number, each in zip(numbers, texts, strict=True)
    ]
    with stage.fault():
        outcomes = await _outcomes(stage.native.send_bulk(omnimessages), 3)
    _say_of_each(stage, texts, outcomes, refused=1)


async def _outcomes(call: Awaitable[Any], count: int) -> list[Outcome]:
    try:
        results = await call
    except NotSentError:
        return [Outcome.NOT_SENT] * count
    except OutcomeUnknownError:
        return [Outcome.UNKNOWN] * count
    if isinstance(results, OmniAnswers):
        results = results.results
    return [_outcome_in(result) for result in results]


def _say_of_each(
    stage: Stage, marks: list[str], outcomes: list[Outcome], *, refused: int | None = None
) -> None:
    if len(outcomes) != len(marks):
        stage.problems.append(f"{len(outcomes)} results for {len(marks)}")
        return
    for place, (mark, outcome) in enumerate(zip(marks, outcomes, strict=True)):
        normally = Outcome.NOT_SENT if place == refused else Outcome.ACCEPTED
        stage.says(f"message {mark}", outcome, stage.taken(mark), normally=normally)


# --- Files, lists, contacts -----------------------------------------------------------------------


async def _upload_a_file(stage: Stage) -> None:
    """A file of several pieces, read from the disk while it is sent."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "news.txt")
        path.write_bytes(b"Hello " * 50_000)
        files = _devino(stage).files
        with stage.fault():
            uploaded = await stage.makes(
                "file", stage.native.email.upload(path), lambda: len(files)
            )
        if uploaded is not None and uploaded.file_id not in files.ids:
            stage.problems.append("the uploaded file has another id")


async def _create_list(stage: Stage) -> None:
    lists = _devino(stage).book.lists
    with stage.fault():
        list_id = await stage.makes(
            "list", stage.native.address_book.create_list("People"), lambda: len(lists)
        )
    if list_id is not None and list_id not in lists:
        stage.problems.append("the list has another id")


async def _upload_contacts(stage: Stage) -> None:
    """Five contacts in three calls, of which the vendor refuses the fourth: the list has it."""
    list_id = await stage.native_aside.address_book.create_list("People")
    numbers = [stage.number().removeprefix("+") for _ in range(5)]
    await stage.native_aside.address_book.upload_contacts(
        list_id, [NewContact(phone=numbers[3])]
    ).__anext__()
    held = _devino(stage).book.lists[list_id].contacts

    def kept(number: str, before: int) -> Taken:
        return lambda: sum(contact.phone == number for contact in held.values()) - before

    contacts = [NewContact(phone=number) for number in numbers]
    with stage.fault():
        uploading = stage.native.address_book.upload_contacts(
            list_id, contacts, batch_size=_PAGE, duplicate_check_field="phone"
        )
        results = [result async for result in uploading]
    if [result.contact for result in results] != contacts:
        stage.problems.append("the results are not those of the contacts")
    for number, result in zip(numbers, results, strict=False):
        is_known = number == numbers[3]
        normally = Outcome.NOT_SENT if is_known else Outcome.ACCEPTED
        stage.says(
            f"contact {number}", result.outcome, kept(number, int(is_known)), normally=normally
        )


async def _delete_lists(stage: Stage) -> None:
    """Two lists that are there, and one that is not."""
    create = stage.native_aside.address_book.create_list
    ids = [await create("People"), "404", await create("Others")]
    lists = _devino(stage).book.lists
    with stage.fault():
        outcomes = await _outcomes(stage.native.address_book.delete_lists(ids), 3)

    def deleted(list_id: str) -> Taken:
        return lambda: int(list_id != "404" and list_id not in lists)

    for list_id, outcome in zip(ids, outcomes, strict=True):
        normally = Outcome.NOT_SENT if list_id == "404" else Outcome.ACCEPTED
        stage.says(f"deletion of {list_id}", outcome, deleted(list_id), normally=normally)


# --- Pages ----------------------------------------------------------------------------------------

Rows: TypeAlias = Callable[[Any], AsyncIterator[Any]]


async def _five_sms(client: Any) -> Rows:
    for place in range(5):
        await client.sms.send([text(f"7903123456{place}")])
    return lambda asked: asked.sms.detail(sent_from=FROM, sent_to=TO, page_size=_PAGE)


async def _five_letters(client: Any) -> Rows:
    for place in range(5):
        await client.email.send(letter(f"n{place}@example.com"))
    return lambda asked: asked.email.detail(sent_from=FROM, sent_to=TO, page_size=_PAGE)


async def _five_lists(client: Any) -> Rows:
    for place in range(5):
        await client.address_book.create_list(f"List {place}")
    return lambda asked: asked.address_book.lists(page_size=_PAGE)


async def _five_contacts(client: Any) -> Rows:
    list_id = await client.address_book.create_list("People")
    contacts = [NewContact(phone=f"7903123456{place}") for place in range(5)]
    async for _ in client.address_book.upload_contacts(list_id, contacts):
        pass
    return lambda asked: asked.address_book.contacts(list_id, page_size=_PAGE)


async def _five_tasks(client: Any) -> Rows:
    for _ in range(5):
        await client.omni.create_task(transactional_task())
    return lambda asked: asked.omni.tasks(page_size=_PAGE)


def _paged(prepare: Callable[[Any], Awaitable[Rows]]) -> Operation:
    """Five rows, two on a page."""

    async def operation(stage: Stage) -> None:
        rows = await prepare(stage.native_aside)
        stage.vendor.emulator.clock.advance(timedelta(minutes=1))
        right = [row async for row in rows(stage.native_aside)]
        if len(right) < 5:
            stage.problems.append(f"{len(right)} rows instead of 5")
        came: list[Any] = []
        with stage.fault():
            try:
                async for row in rows(stage.native):
                    came.append(row)  # noqa: PERF401 - what came before an error counts
            except ReadError as error:
                stage.fails_to_read(error)
                right = right[: len(came)]
            else:
                stage.right += 1
        if came != right:
            stage.problems.append(f"rows came that are not the right ones: {came!r}")

    return operation


NATIVE_OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "messente": {
        **{
            f"client.{name}": _call(name, call)
            for name, call in MESSENTE_CALLS.items()
            if name != "cancel"
        },
        "client.send_bulk of several": _bulk,
    },
    "devino": {
        **{
            f"client.{name}": _call(name, call)
            for name, call in DEVINO_CALLS.items()
            if name not in {"address_book.delete_lists", "address_book.create_list"}
        },
        "client.sms.send of several": _sms_of_several,
        "client.email.send to several": _letter_to_several,
        "client.omni.send to several": _omni_to_several,
        "client.email.upload of a file": _upload_a_file,
        "client.address_book.create_list": _create_list,
        "client.address_book.upload_contacts of several": _upload_contacts,
        "client.address_book.delete_lists": _delete_lists,
        "client.sms.detail by pages": _paged(_five_sms),
        "client.email.detail by pages": _paged(_five_letters),
        "client.address_book.lists by pages": _paged(_five_lists),
        "client.address_book.contacts by pages": _paged(_five_contacts),
        "client.omni.tasks by pages": _paged(_five_tasks),
    },
}
"""By the name of the vendor and of the call."""
