"""Messente's own Python client against the emulator: a real client that nobody here wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import messente_api
import pytest
from attrs import frozen

from messente_async.answers import read_status
from messente_async.report import Status
from messente_async.sandbox import (
    ErrorBody,
    MessenteBehaviour,
    MessenteEmulator,
    SentWord,
    UndeliveredWord,
    variants,
)
from omni_common.exchange import Answer
from omni_common.sandbox import Fault, SandboxClock, Scenario, running
from tests.support.callback_receiver import CallbackReceiver
from tests.support.messente_caller import NOWHERE

TO = "+37251000000"
URL = "https://shop.example/a.png"
NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

SMS = messente_api.SMS(text="Hi", sender="Shop")
VIBER = messente_api.Viber(text="Hi", sender="Shop", ttl=300)
CARD = messente_api.ViberCarouselItem(
    title="Shoes",
    image_url=URL,
    primary_button=messente_api.ViberCarouselButton(label="Open", action_url=URL),
)
TEMPLATE = messente_api.WhatsAppTemplate(
    name="order",
    language=messente_api.WhatsAppLanguage(code="en"),
    components=[
        messente_api.WhatsAppComponent(
            type="button",
            sub_type="url",
            index=None,
            parameters=[messente_api.WhatsAppParameter(type="text", text="42")],
        )
    ],
)
CALL = messente_api.RcsSuggestion(
    action=messente_api.RcsSuggestedAction(
        text="Call",
        postback_data="call",
        dial_action=messente_api.RcsDialAction(phone_number=TO),
    )
)
CONTENTS: dict[str, Any] = {
    "sms": SMS,
    "sms in full": messente_api.SMS(text="Hi", validity=6, udh="0b00", autoconvert="full"),
    "viber": VIBER,
    "viber with a button": messente_api.Viber(
        text="Hi", image_url=URL, button_text="Open", button_url=URL
    ),
    "viber video": messente_api.Viber(
        video=messente_api.ViberVideo(url=URL, thumbnail=URL, file_size=5, duration=60)
    ),
    "viber template": messente_api.Viber(
        template=messente_api.ViberTemplate(id="id", lang="en", params={"name": "Anna"})
    ),
    "viber carousel": messente_api.Viber(
        text="Hi", carousel=messente_api.ViberCarousel(items=[CARD, CARD])
    ),
    "whatsapp": messente_api.WhatsApp(text=messente_api.WhatsAppText(body="Hi")),
    "whatsapp template": messente_api.WhatsApp(template=TEMPLATE),
    "whatsapp document": messente_api.WhatsApp(
        document=messente_api.WhatsAppDocument(link=URL, file_name="a.pdf", id=None)
    ),
    "rcs": messente_api.Rcs(sender="Shop", text="Hi", suggestions=[CALL]),
}


@frozen
class Official:
    """The parts of Messente's client that speak to the omnichannel API."""

    messages: messente_api.OmnimessageApi
    bulk: messente_api.BulkMessagingApi
    reports: messente_api.DeliveryReportApi

    def send(self, *contents: Any, to: str = TO, **more: Any) -> Any:
        return self.messages.send_omnimessage(omnimessage(*contents, to=to, **more))

    def send_bulk(self, *numbers: str) -> list[Any]:
        """Send each of the numbers an SMS with one call; what became of each."""
        messages = [omnimessage(SMS, to=to) for to in numbers]
        answer = self.bulk.send_bulk_omnimessage(messente_api.BulkOmnimessage(messages=messages))
        return [item.actual_instance for item in answer.messages]

    def items(self, id: str) -> list[Any]:
        return self.reports.retrieve_delivery_report(id).statuses

    def words(self, id: str) -> list[str | None]:
        return [item.status and item.status.value for item in self.items(id)]


def omnimessage(*contents: Any, to: str = TO, **more: Any) -> messente_api.Omnimessage:
    parts = [messente_api.OmnimessageMessagesInner(content) for content in contents]
    return messente_api.Omnimessage(to=to, messages=parts, **more)


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(NOW, frozen=True)


@pytest.fixture
def vendor(clock: SandboxClock) -> Iterator[MessenteEmulator]:
    """Messente on loopback, on a thread of its own."""
    with running(MessenteEmulator(clock=clock)) as emulator:
        yield emulator


@pytest.fixture
def official(vendor: MessenteEmulator) -> Iterator[Official]:
    with connected(vendor, vendor.password) as official:
        yield official


@contextmanager
def connected(vendor: MessenteEmulator, password: str) -> Iterator[Official]:
    configuration = messente_api.Configuration(
        host=vendor.base_url, username=vendor.username, password=password
    )
    client = messente_api.ApiClient(configuration)
    yield Official(
        messente_api.OmnimessageApi(client),
        messente_api.BulkMessagingApi(client),
        messente_api.DeliveryReportApi(client),
    )
    client.rest_client.pool_manager.clear()


# --- Sending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTENTS)
def test_each_content_is_sent(official: Official, vendor: MessenteEmulator, name: str) -> None:
    content = CONTENTS[name]
    created = official.send(content)

    (entry,) = vendor.ledger
    assert (created.omnimessage_id, created.to) == (entry.id, TO)
    assert [(part.channel.value, part.message_id) for part in created.messages] == [
        (content.channel, entry.parts[0])
    ]
    assert entry.content["messages"] == [content.to_dict()]


def test_a_cascade_with_everything_said_about_it_is_sent(
    official: Official, vendor: MessenteEmulator
) -> None:
    created = official.send(
        VIBER,
        SMS,
        dlr_url="http://127.0.0.1:9/dlr",
        text_store=messente_api.TextStore.SHA256,
        time_to_send=NOW + HOUR,
        priority=messente_api.Priority.HIGH,
    )

    (entry,) = vendor.ledger
    assert [part.sender for part in created.messages] == ["Shop", "Shop"]
    assert entry.channels == ("viber", "sms")
    assert (entry.send_at, entry.callback_url) == (NOW + HOUR, "http://127.0.0.1:9/dlr")


def test_t6_a_bulk_call_tells_what_was_taken_from_what_was_refused(
    official: Official, vendor: MessenteEmulator
) -> None:
    first, second, third = official.send_bulk(TO, "bad", "+37251000020")

    assert [first.omnimessage_id, third.omnimessage_id] == [entry.id for entry in vendor.ledger]
    (error,) = second.errors
    assert (error.code.value, error.title.value) == ("105", "Invalid data")
    assert error.source == "payload[to]"


# --- Following ------------------------------------------------------------------------------------

LAST_WORDS: list[tuple[str | None, MessenteBehaviour, Scenario]] = [
    *[
        (word.value, MessenteBehaviour(undelivered=word), Scenario.UNDELIVERED)
        for word in UndeliveredWord
    ],
    ("DELIVRD", MessenteBehaviour(), Scenario.DELIVERED),
    ("SEEN", MessenteBehaviour(seen=True), Scenario.DELIVERED),
    ("EXPIRED", MessenteBehaviour(), Scenario.EXPIRED),
]
FIRST_WORDS: list[tuple[str | None, SentWord]] = [
    ("ACK", SentWord.ACK),
    ("ACCEPTD", SentWord.ACCEPTD),
    (None, SentWord.NONE),
]


@pytest.mark.parametrize(("word", "behaviour", "scenario"), LAST_WORDS, ids=str)
def test_every_word_for_an_end_is_read(
    official: Official,
    vendor: MessenteEmulator,
    word: str,
    behaviour: MessenteBehaviour,
    scenario: Scenario,
) -> None:
    vendor.behaviour = behaviour
    id = official.send(VIBER, to=scenario.number()).omnimessage_id
    assert official.words(id) == [None]
    vendor.clock.advance(HOUR)

    assert official.words(id) == [word]


@pytest.mark.parametrize(("word", "sent"), FIRST_WORDS)
def test_every_word_for_under_way_is_read(
    official: Official, vendor: MessenteEmulator, word: str | None, sent: SentWord
) -> None:
    vendor.behaviour = MessenteBehaviour(sent=sent)
    id = official.send(SMS).omnimessage_id
    vendor.clock.advance(SECOND)

    assert official.words(id) == [word]


def test_t48_a_cancelled_message_is_deleted_and_cannot_be_cancelled_again(
    official: Official, vendor: MessenteEmulator
) -> None:
    id = official.send(VIBER, SMS, time_to_send=NOW + HOUR).omnimessage_id
    official.messages.cancel_scheduled_message(id)

    assert vendor.ledger[id].cancelled_at == NOW
    assert official.words(id) == ["DELETED", "DELETED"]
    with pytest.raises(messente_api.exceptions.NotFoundException):
        official.messages.cancel_scheduled_message(id)


def test_no_word_that_the_client_knows_was_left_out() -> None:
    shown = {word for word, *_ in [*LAST_WORDS, *FIRST_WORDS]} | {"DELETED"}

    assert shown - {None} == {word.value for word in messente_api.Status} == set(Status)


def test_t36_t47_what_it_reads_is_what_this_library_reads(
    official: Official, vendor: MessenteEmulator
) -> None:
    id = official.send(VIBER, SMS, to=Scenario.EXPIRED.number()).omnimessage_id
    for _ in range(4):
        answer: Any = official.reports.retrieve_delivery_report_with_http_info(id)
        report = read_status(Answer(answer.status_code, answer.raw_data))

        assert report is not None
        assert (report.omnimessage_id, report.to) == (answer.data.omnimessage_id, answer.data.to)
        for mine, theirs in zip(report.statuses, answer.data.statuses, strict=True):
            assert mine.timestamp == (theirs.timestamp and theirs.timestamp.replace(tzinfo=UTC))
            assert (mine.channel, mine.status) == (theirs.channel.value, theirs.status)
            assert (mine.message_id, mine.sender) == (theirs.message_id, theirs.sender)
            assert (mine.err, mine.error) == (theirs.err, theirs.error)
            price = mine.price_info and str(mine.price_info.total_price)
            assert price == (theirs.price_info and theirs.price_info.total_price)
        vendor.clock.advance(timedelta(minutes=2))
    assert official.words(id) == ["EXPIRED", "DELIVRD"]


async def test_t36_it_reads_the_reports_that_are_posted(clock: SandboxClock) -> None:
    async with (
        CallbackReceiver() as receiver,
        MessenteEmulator(clock=clock, dlr_url=receiver.url) as vendor,
    ):
        with connected(vendor, vendor.password) as official:
            await asyncio.to_thread(official.send, SMS)
        clock.advance(HOUR)
        await vendor.settle()

    (entry,) = vendor.ledger
    reports = [messente_api.DeliveryResult.from_dict(body) for body in receiver.bodies]
    assert [report and report.status for report in reports] == ["ACK", "DELIVRD"]
    for report in reports:
        assert report is not None
        assert report.additional_properties == {"to": TO, "omnimessage_id": entry.id}
        assert report.timestamp is not None
        assert report.timestamp.tzinfo is None


# --- Errors ---------------------------------------------------------------------------------------


def errors_of(error: messente_api.ApiException) -> list[tuple[str, str, str | None]]:
    """Code, title and source of each error that the client read from an answer."""
    assert isinstance(error.data, messente_api.ErrorOmnichannel)
    assert all(item.detail for item in error.data.errors)
    return [(item.code.value, item.title.value, item.source) for item in error.data.errors]


def test_wrong_credentials_are_unauthorized(vendor: MessenteEmulator) -> None:
    with connected(vendor, "wrong") as stranger:
        calls: list[Callable[[], Any]] = [
            lambda: stranger.send(SMS),
            lambda: stranger.send_bulk(TO),
            lambda: stranger.items(NOWHERE),
            lambda: stranger.messages.cancel_scheduled_message(NOWHERE),
        ]
        for call in calls:
            with pytest.raises(messente_api.exceptions.UnauthorizedException) as caught:
                call()
            assert errors_of(caught.value) == [("103", "Unauthorized", None)]
    assert len(vendor.ledger) == 0


def test_a_wrong_message_is_a_bad_request_that_names_the_fields(official: Official) -> None:
    with pytest.raises(messente_api.exceptions.BadRequestException) as caught:
        official.send(messente_api.SMS(text="Hi", sender="Forbidden"), to="bad")

    assert errors_of(caught.value) == [
        ("105", "Invalid data", "payload[to]"),
        ("105", "Invalid data", "payload[sms][sender]"),
    ]


def test_an_empty_bulk_call_is_a_bad_request(official: Official) -> None:
    with pytest.raises(messente_api.exceptions.BadRequestException) as caught:
        official.send_bulk()

    assert errors_of(caught.value) == [("105", "Invalid data", "payload[messages]")]


def test_t51_an_id_of_nobodys_is_not_found(official: Official) -> None:
    for call in (official.items, official.messages.cancel_scheduled_message):
        with pytest.raises(messente_api.exceptions.NotFoundException) as caught:
            call(NOWHERE)
        assert errors_of(caught.value) == [("101", "Not found", None)]


def test_an_address_that_is_not_on_the_list_is_forbidden(
    official: Official, vendor: MessenteEmulator
) -> None:
    vendor.address_allowed = False
    with pytest.raises(messente_api.exceptions.ForbiddenException):
        official.send(SMS)


@pytest.mark.parametrize("body", list(ErrorBody))
@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.SERVER_ERROR, 500), (Fault.UNAVAILABLE, 503), (Fault.RATE_LIMITED, 429)],
)
def test_a_failing_vendor_raises_whatever_the_body_is(
    official: Official, vendor: MessenteEmulator, fault: Fault, status: int, body: ErrorBody
) -> None:
    vendor.behaviour = MessenteBehaviour(rate_limit_body=body, server_error_body=body)
    vendor.fail_next(fault)
    with pytest.raises(messente_api.ApiException) as caught:
        official.send(SMS)

    assert caught.value.status == status
    is_service = isinstance(caught.value, messente_api.exceptions.ServiceException)
    assert is_service is (status >= 500)


# --- What the documents leave open ----------------------------------------------------------------


def test_every_behaviour_of_the_emulator_is_one_that_the_client_can_read(
    official: Official, vendor: MessenteEmulator
) -> None:
    for name, behaviour in variants():
        vendor.behaviour = behaviour
        created = official.send(VIBER, SMS)
        assert official.send_bulk(TO, "bad"), name
        assert len(official.items(created.omnimessage_id)) in {0, 2}, name
        vendor.clock.advance(HOUR)
        assert official.words(created.omnimessage_id)[0] in {"DELIVRD", "SEEN"}, name
