"""Messente's own API, typed: everything its documents describe, taken by the strict emulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from messente_async import (
    SMS,
    Contradiction,
    MessenteClient,
    MessenteErrors,
    MessenteProvider,
    Omnimessage,
    OmnimessageCreated,
    Rcs,
    Status,
    Viber,
    WhatsApp,
)
from messente_async.omnimessage import Channel, from_wire, to_wire
from messente_async.rcs import (
    RcsCardContent,
    RcsCarouselCard,
    RcsContentInfo,
    RcsDialAction,
    RcsMedia,
    RcsOpenUrlAction,
    RcsRichCard,
    RcsSuggestedAction,
    RcsSuggestedReply,
    RcsSuggestion,
)
from messente_async.sandbox import Account, BulkItems, MessenteBehaviour, MessenteEmulator
from messente_async.sandbox.rules import find_problems
from messente_async.viber import (
    ViberCarousel,
    ViberCarouselButton,
    ViberCarouselItem,
    ViberTemplate,
)
from messente_async.whatsapp import (
    WhatsAppAudio,
    WhatsAppComponent,
    WhatsAppCurrency,
    WhatsAppDocument,
    WhatsAppImage,
    WhatsAppLanguage,
    WhatsAppMedia,
    WhatsAppParameter,
    WhatsAppSticker,
    WhatsAppTemplate,
    WhatsAppText,
    WhatsAppVideo,
)
from omni_common.errors import (
    AnswerLostError,
    AuthenticationError,
    CancelFailedError,
    ClientClosedError,
    InvalidMessageError,
    OutcomeUnknownError,
    RefusedError,
    UnknownMessageError,
)
from omni_common.history import OUTCOME_LOGGER
from omni_common.sandbox import Fault, SandboxClock, Scenario
from tests.messente.strategies import OMNIMESSAGES
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Line, answer

TO = "+37251000000"
URL = "https://shop.example/a.png"
NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)
LATER = datetime(2027, 1, 1, 12, tzinfo=UTC)
HELLO = Omnimessage(TO, [SMS("Hi")])

_CARD = ViberCarouselItem(
    "Shoes", URL, ViberCarouselButton("Buy", URL), ViberCarouselButton("Chat", "viber://chat")
)
_TEMPLATE = WhatsAppTemplate(
    "order",
    WhatsAppLanguage("en", "deterministic"),
    [
        WhatsAppComponent(
            type="header",
            parameters=[
                WhatsAppParameter(
                    type="document", document=WhatsAppMedia(link=URL, filename="order.pdf")
                )
            ],
        ),
        WhatsAppComponent(
            type="body",
            parameters=[
                WhatsAppParameter(
                    type="currency", currency=WhatsAppCurrency("5 EUR", "EUR", "5000")
                )
            ],
        ),
        WhatsAppComponent(
            type="button",
            sub_type="url",
            index=0,
            parameters=[WhatsAppParameter(type="text", text="42")],
        ),
    ],
)
_SUGGESTIONS = [
    RcsSuggestion(reply=RcsSuggestedReply("Yes", "yes")),
    RcsSuggestion(action=RcsSuggestedAction("Call", "call", dial_action=RcsDialAction(TO))),
    RcsSuggestion(
        action=RcsSuggestedAction(
            "Open",
            "open",
            fallback_url=URL,
            open_url_action=RcsOpenUrlAction(URL, "WEBVIEW", webview_view_mode="HALF"),
        )
    ),
]
_FILE = RcsContentInfo(URL, force_refresh=True, thumbnail_url=URL)
_RCS_CARD = RcsCardContent(
    title="Shoes", media=RcsMedia("TALL", _FILE), suggestions=_SUGGESTIONS[:1]
)
RICH: list[SMS | Viber | WhatsApp | Rcs] = [
    SMS("Hi", autoconvert="off", udh="0b00", ttl=timedelta(hours=1)),
    Viber("Sale", carousel=ViberCarousel([_CARD, _CARD])),
    Viber(template=ViberTemplate("id", "en", {"name": "Anna"})),
    WhatsApp(template=_TEMPLATE),
    WhatsApp(text=WhatsAppText("Hi", preview_url=False)),
    WhatsApp(image=WhatsAppImage(link=URL, caption="A shoe")),
    WhatsApp(video=WhatsAppVideo(id="1")),
    WhatsApp(audio=WhatsAppAudio(link=URL)),
    WhatsApp(document=WhatsAppDocument(link=URL, file_name="order.pdf")),
    WhatsApp(sticker=WhatsAppSticker(id="1", animated=True)),
    Rcs("Hi", sender="Shop", suggestions=_SUGGESTIONS),
    Rcs(sender="Shop", content_info=_FILE),
    Rcs(
        sender="Shop",
        rich_card=RcsRichCard(
            carousel_card=RcsCarouselCard(card_width="SMALL", card_contents=[_RCS_CARD] * 2)
        ),
    ),
]


# --- Sending --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", RICH, ids=[f"{n}-{each.channel}" for n, each in enumerate(RICH)]
)
async def test_what_is_sent_comes_back_from_the_strict_emulator_as_it_was(
    messente: MessenteClient, emulator: MessenteEmulator, content: SMS | Viber | WhatsApp | Rcs
) -> None:
    omnimessage = Omnimessage(
        TO,
        [content],
        dlr_url="http://127.0.0.1:9/dlr",
        text_store="sha256",
        time_to_send=LATER,
        priority="low",
    )
    created = await messente.send(omnimessage)

    (entry,) = emulator.ledger
    assert from_wire(entry.content) == omnimessage
    assert created.omnimessage_id == entry.id
    assert (created.to, [part.channel for part in created.messages]) == (TO, [content.channel])


@given(omnimessage=OMNIMESSAGES)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
def test_every_omnimessage_that_can_be_made_meets_the_vendors_rules(
    omnimessage: Omnimessage,
) -> None:
    wire = json.loads(json.dumps(to_wire(omnimessage)))
    problems = find_problems(wire, MessenteBehaviour(), Account(), NOW)

    # What a number does in the sandbox is no rule of the vendor's.
    assert [each for each in problems if each.source != "payload[to]"] == []


async def test_a_refused_omnimessage_raises(
    messente: MessenteClient, emulator: MessenteEmulator
) -> None:
    with pytest.raises(RefusedError) as caught:
        await messente.send(Omnimessage(Scenario.REFUSED.number(), [SMS("Hi")]), reference="42")

    assert (caught.value.vendor_code, caught.value.field) == ("105", "to")
    assert (caught.value.provider, caught.value.reference) == ("messente", "42")
    assert len(emulator.ledger) == 0


async def test_t70_a_lost_answer_is_unknown_unless_resending_was_asked_for(
    messente: MessenteClient, emulator: MessenteEmulator
) -> None:
    emulator.fail_next(Fault.DROP)
    with pytest.raises(AnswerLostError, match="The message 42 may have been sent"):
        await messente.send(HELLO, reference="42")
    assert len(emulator.ledger) == 1

    emulator.fail_next(Fault.DROP)
    await messente.send(HELLO, on_unknown="resend")
    assert len(emulator.ledger) == 3


async def test_a_send_without_a_name_of_its_own_leaves_no_record(
    connected: Callable[..., MessenteProvider],
    emulator: MessenteEmulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    emulator.fail_next(Fault.STALL)
    with pytest.raises(AnswerLostError):
        await connected(timeout=0.4).client.send(HELLO)

    assert [record for record in caplog.records if record.name == OUTCOME_LOGGER] == []


async def test_fields_of_tomorrow_are_sent_along(
    messente: MessenteClient, emulator: MessenteEmulator
) -> None:
    emulator.behaviour = MessenteBehaviour(accepts_unknown_fields=True)
    await messente.send(HELLO, extra={"shape": "round"})
    await messente.send_bulk([HELLO, HELLO], extras=[None, {"shape": "square"}])

    shapes = [entry.content.get("shape") for entry in emulator.ledger]
    assert shapes == ["round", None, "square"]


@pytest.mark.parametrize("word", [[], {}, "ignore", None])
async def test_what_to_do_about_the_unknown_is_one_of_two_words(
    messente: MessenteClient, emulator: MessenteEmulator, word: Any
) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        await messente.send(HELLO, on_unknown=word)

    assert caught.value.field == "on_unknown"
    assert emulator.requests == []


# --- Sending many ---------------------------------------------------------------------------------


async def test_a_bulk_call_has_an_item_for_each_omnimessage(
    messente: MessenteClient, emulator: MessenteEmulator
) -> None:
    refused = Omnimessage(Scenario.REFUSED.number(), [SMS("Hi")])
    rich = Omnimessage("+37251000009", [RICH[-1], SMS("Hi")])
    first, second, third = await messente.send_bulk([HELLO, refused, rich])

    assert isinstance(first, OmnimessageCreated)
    assert isinstance(second, MessenteErrors)
    assert isinstance(third, OmnimessageCreated)
    assert [first.omnimessage_id, third.omnimessage_id] == [each.id for each in emulator.ledger]
    assert second.errors[0].path == "to"
    assert [part.channel for part in third.messages] == [Channel.RCS, Channel.SMS]


async def test_items_out_of_order_are_contradictions(
    messente: MessenteClient, emulator: MessenteEmulator
) -> None:
    emulator.behaviour = MessenteBehaviour(bulk_items=BulkItems.ONE_SHORT)
    items = await messente.send_bulk([HELLO, HELLO])

    assert [type(item) for item in items] == [Contradiction] * 2


async def test_a_bulk_call_may_be_refused_or_lost_as_a_whole(
    messente: MessenteClient,
    connected: Callable[..., MessenteProvider],
    emulator: MessenteEmulator,
) -> None:
    with pytest.raises(InvalidMessageError, match="at least one"):
        await messente.send_bulk([])
    with pytest.raises(AuthenticationError):
        await connected(password="wrong").client.send_bulk([HELLO])
    assert len(emulator.ledger) == 0

    emulator.fail_next(Fault.GARBAGE)
    with pytest.raises(OutcomeUnknownError):
        await messente.send_bulk([HELLO, HELLO])
    assert len(emulator.ledger) == 2


async def test_a_list_that_is_emptied_under_way_still_has_its_answer(
    connected: Callable[..., MessenteProvider],
) -> None:
    given = [HELLO, HELLO]
    body = {"messages": [{"omnimessage_id": id, "to": TO} for id in "ab"]}

    async def empty_and_answer(line: Line) -> None:
        given.clear()
        await answer(201, json.dumps(body).encode())(line)

    async with FaultServer(empty_and_answer) as server:
        items = await connected(base_url=server.url).client.send_bulk(given)

    assert [type(item) for item in items] == [OmnimessageCreated] * 2


async def test_a_stalled_bulk_call_has_a_time_of_its_own(
    connected: Callable[..., MessenteProvider], emulator: MessenteEmulator
) -> None:
    emulator.fail_next(Fault.STALL)
    with pytest.raises(AnswerLostError):
        await connected(timeout=600, bulk_timeout=0.4).client.send_bulk([HELLO, HELLO])

    assert len(emulator.ledger) == 2


# --- Status and cancellation ----------------------------------------------------------------------


async def test_a_report_is_typed_channel_by_channel(
    messente: MessenteClient, clock: SandboxClock
) -> None:
    created = await messente.send(Omnimessage(TO, [RICH[-1], SMS("Hi")]))
    clock.advance(timedelta(seconds=2))
    report = await messente.status(created.omnimessage_id)

    assert (report.omnimessage_id, report.to) == (created.omnimessage_id, TO)
    assert [result.channel for result in report.statuses] == [Channel.RCS, Channel.SMS]
    assert [result.status for result in report.statuses] == [Status.DELIVRD, None]
    assert report.statuses[0].timestamp == datetime(2027, 1, 1, 9, 0, 2, tzinfo=UTC)


async def test_a_scheduled_omnimessage_is_cancelled_once(
    messente: MessenteClient, emulator: MessenteEmulator
) -> None:
    created = await messente.send(Omnimessage(TO, [SMS("Hi")], time_to_send=LATER))
    await messente.cancel(created.omnimessage_id)

    assert emulator.ledger[created.omnimessage_id].cancelled_at is not None
    with pytest.raises(CancelFailedError):
        await messente.cancel(created.omnimessage_id)


@pytest.mark.parametrize("omnimessage_id", ["", "..", " "])
async def test_what_cannot_be_an_id_is_unknown_before_any_request(
    messente: MessenteClient, emulator: MessenteEmulator, omnimessage_id: str
) -> None:
    for call in (messente.status, messente.cancel):
        with pytest.raises(UnknownMessageError):
            await call(omnimessage_id)
    assert emulator.requests == []


async def test_an_id_of_nobodys_is_unknown(messente: MessenteClient) -> None:
    with pytest.raises(UnknownMessageError, match="does not know the message 5k2n") as caught:
        await messente.status("5k2n")

    assert (caught.value.vendor_code, len(caught.value.attempts)) == ("101", 1)


# --- Its life -------------------------------------------------------------------------------------


async def test_a_client_is_closed_by_its_context_and_stays_closed(
    emulator: MessenteEmulator,
) -> None:
    client = MessenteClient(emulator.username, emulator.password, base_url=emulator.base_url)
    async with client as entered:
        assert entered is client
        await client.send(HELLO)
    await client.close()

    with pytest.raises(ClientClosedError):
        await client.send(HELLO)
    with pytest.raises(ClientClosedError):
        await client.send_bulk([HELLO])
    assert len(emulator.requests) == 1
