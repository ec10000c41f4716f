"""The blocking twins of the vendors' own clients over real HTTP, as scripts use them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from devino_async.address_book import NewContact
from devino_async.sandbox import DevinoEmulator
from devino_async.selection import GroupBy
from devino_async.sync import DevinoClient
from messente_async import SMS, Omnimessage
from messente_async.sandbox import MessenteEmulator
from messente_async.sync import MessenteClient
from omni_common import (
    CancelFailedError,
    ClientClosedError,
    ConfigurationError,
    InvalidMessageError,
    InvalidQueryError,
    Outcome,
    ReadError,
    UnknownMessageError,
)
from omni_common.sandbox import Fault, SandboxClock, running
from tests.support.native_calls import FROM, TO, letter, text, transactional_task


@pytest.fixture
def vendor() -> Iterator[DevinoEmulator]:
    with running(DevinoEmulator(clock=SandboxClock(frozen=True))) as emulator:
        yield emulator


@pytest.fixture
def devino(vendor: DevinoEmulator) -> Iterator[DevinoClient]:
    with DevinoClient(vendor.key, base_url=vendor.base_url) as client:
        yield client


def numbers(count: int) -> list[str]:
    return [f"7903{1_231_000 + number}" for number in range(count)]


def test_a_script_sends_and_reads_reports(devino: DevinoClient, vendor: DevinoEmulator) -> None:
    results = devino.sms.send([text(number) for number in numbers(250)])
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    vendor.clock.advance(timedelta(hours=1))
    rows = list(devino.sms.detail(sent_from=FROM, sent_to=TO, page_size=100))
    assert {row.message_id for row in rows} == {result.message_id for result in results}
    statistics = devino.sms.statistics(group_by=GroupBy.YEAR, start_date=FROM, end_date=TO)
    assert sum(count.amount or 0 for count in statistics.messages["delivered"]) == 250


def test_an_argument_may_come_from_the_same_client(
    devino: DevinoClient, vendor: DevinoEmulator
) -> None:
    devino.sms.send([text(number) for number in numbers(5)])
    vendor.clock.advance(timedelta(hours=1))
    rows = devino.sms.detail(sent_from=FROM, sent_to=TO)
    statuses = devino.sms.statuses(row.message_id for row in rows if row.message_id is not None)
    assert [status and status.status for status in statuses] == ["DELIVERED"] * 5
    ids: Any = (row.message_id for row in devino.sms.detail(sent_from=FROM, sent_to=TO))
    assert len(list(devino.sms.detail(message_ids=ids))) == 5


def test_an_upload_reads_its_source_in_the_calling_thread_a_batch_at_a_time(
    devino: DevinoClient,
) -> None:
    read_in: list[threading.Thread] = []

    def people() -> Iterator[NewContact]:
        for number in numbers(1000):
            read_in.append(threading.current_thread())
            yield NewContact(phone=number)

    list_id = devino.address_book.create_list("Customers")
    upload = devino.address_book.upload_contacts(list_id, people(), batch_size=100)
    first = list(islice(upload, 150))
    assert {result.outcome for result in first} == {Outcome.ACCEPTED}
    assert set(read_in) == {threading.current_thread()}
    assert len(read_in) == 200
    assert len(list(upload)) == 850
    contacts = devino.address_book.contacts(list_id, page_size=300)
    assert [contact.phone for contact in contacts] == numbers(1000)
    assert [lists.name for lists in devino.address_book.lists()] == ["Customers"]
    [deletion] = devino.address_book.delete_lists([list_id])
    assert deletion.outcome is Outcome.ACCEPTED
    assert list(devino.address_book.lists()) == []


def test_an_iteration_that_is_left_asks_no_further(
    devino: DevinoClient, vendor: DevinoEmulator
) -> None:
    devino.sms.send([text(number) for number in numbers(30)])
    rows = devino.sms.detail(sent_from=FROM, sent_to=TO, page_size=10)
    assert len(list(islice(rows, 15))) == 15
    asked = len(vendor.requests)
    del rows
    assert devino.sms.statuses([]) == []
    assert len(vendor.requests) == asked


def test_what_is_wrong_raises_at_the_call(devino: DevinoClient, vendor: DevinoEmulator) -> None:
    with pytest.raises(InvalidMessageError):
        devino.address_book.upload_contacts("no digits", [])
    with pytest.raises(InvalidMessageError):
        devino.address_book.upload_contacts("1", [], batch_size=0)
    with pytest.raises(InvalidQueryError):
        devino.sms.detail_page(task_id="1", limit=-1)
    with pytest.raises(InvalidQueryError):
        devino.sms.detail(task_id="1", message_ids=["1"])  # type: ignore[call-overload]
    assert vendor.requests == []


def test_letters_with_a_file_and_their_statistics(
    devino: DevinoClient, vendor: DevinoEmulator, tmp_path: Path
) -> None:
    path = tmp_path / "price list.txt"
    path.write_text("All for free")
    uploaded = devino.email.upload(path)
    assert uploaded.file_id is not None
    [result] = devino.email.send(letter())
    assert result.outcome is Outcome.ACCEPTED
    vendor.clock.advance(timedelta(hours=1))
    statistics = devino.email.statistics(
        group_by=GroupBy.MONTH, date_time_from=FROM, date_time_to=TO
    )
    assert statistics.total is not None
    assert statistics.total.sent == 1


def test_a_task_is_made_found_and_used(devino: DevinoClient) -> None:
    task_id = devino.omni.create_task(transactional_task())
    assert [task.id for task in devino.omni.tasks()] == [task_id]
    assert devino.omni.task(task_id).task_name == "Orders"


def test_an_error_is_the_async_clients_own(devino: DevinoClient, vendor: DevinoEmulator) -> None:
    vendor.fail_next(Fault.GARBAGE, times=3, on="sms_detail")
    with pytest.raises(ReadError) as caught:
        list(devino.sms.detail(sent_from=FROM, sent_to=TO))
    assert caught.value.attempts


def test_wrong_settings_show_at_once() -> None:
    with pytest.raises(ConfigurationError):
        DevinoClient()
    with pytest.raises(ConfigurationError):
        DevinoClient("key", account_zone="Mars/Olympus")


def test_a_closed_client_says_so(vendor: DevinoEmulator) -> None:
    client = DevinoClient(vendor.key, base_url=vendor.base_url)
    client.close()
    client.close()
    with pytest.raises(ClientClosedError):
        client.sms.send([text("79160000000")])
    questions: list[Callable[[], object]] = [
        client.account.current,
        lambda: client.sms.statuses(["1"]),
        lambda: next(client.omni.tasks()),
        client.omni.macros,
    ]
    for ask in questions:
        with pytest.raises(ReadError) as raised:
            ask()
        assert type(raised.value.__cause__) is ClientClosedError


def test_a_closed_messente_client_says_so() -> None:
    client = MessenteClient("user", "password")
    client.close()
    with pytest.raises(ReadError) as unread:
        client.status("632c6f3d-49d7-4a85-9e4b-1a3c5d7e9f00")
    with pytest.raises(CancelFailedError) as uncancelled:
        client.cancel("632c6f3d-49d7-4a85-9e4b-1a3c5d7e9f00")
    for raised in (unread, uncancelled):
        assert type(raised.value.__cause__) is ClientClosedError


def test_many_threads_share_a_client(devino: DevinoClient, vendor: DevinoEmulator) -> None:
    threads = [
        threading.Thread(target=lambda number=number: devino.sms.send([text(number)]))
        for number in numbers(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.to for entry in vendor.ledger) == numbers(20)


def test_messentes_client_sends_asks_and_cancels() -> None:
    with (
        running(MessenteEmulator(clock=SandboxClock(frozen=True))) as vendor,
        MessenteClient(vendor.username, vendor.password, base_url=vendor.base_url) as messente,
    ):
        now = vendor.clock.now()
        later = Omnimessage(
            to="+37251000000",
            messages=[SMS(text="Hi", sender="Shop")],
            time_to_send=now + timedelta(days=1),
        )
        sent = messente.send(later)
        assert messente.status(sent.omnimessage_id).omnimessage_id == sent.omnimessage_id
        messente.cancel(sent.omnimessage_id)
        with pytest.raises(CancelFailedError):
            messente.cancel("00000000-0000-4000-8000-000000000000")
        with pytest.raises(UnknownMessageError):
            messente.status("00000000-0000-4000-8000-000000000000")
        assert len(messente.send_bulk([later, later])) == 2
        assert isinstance(now, datetime)
        assert now.tzinfo is UTC
