"""The reference of a message in the URL that its reports are posted to."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from messente_async import MessenteProvider
from omni_common import DeliveryReport, DeliveryState, InvalidMessageError, Message, Sms
from omni_common.callbacks import CallbackReceiver, Event, IncomingMessage
from omni_common.callbacks.references import asked_with, named_by
from tests.callbacks.genuine import SECRETS, genuine
from tests.callbacks.office import Office

BASE = "https://shop.example/callbacks"
REPORT = DeliveryReport("messente:1", DeliveryState.DELIVERED)
lines = st.text(min_size=1, max_size=60).filter(str.isprintable)


def named(query: str, *events: Event) -> list[str | None]:
    found = named_by(query, events)
    return [each.reference if isinstance(each, DeliveryReport) else None for each in found]


@given(reference=lines)
def test_a_report_has_the_reference_that_its_url_was_asked_with(reference: str) -> None:
    query = asked_with(f"{BASE}/messente/delivery", reference).partition("?")[2]
    assert query.isascii()
    assert named(query, REPORT) == [reference]


@given(query=st.text())
def test_any_query_is_taken(query: str) -> None:
    assert len(named_by(query, [REPORT])) == 1


@pytest.mark.parametrize(
    "query",
    [
        "",
        "reference=",
        "reference",
        "order=17",
        "Reference=17",
        "reference=17&reference=18",
        "reference=%0a17",
        "reference=%ff",
        f"reference={'x' * 1001}",
        "reference=17&" + "a=1&" * 40,
    ],
)
def test_what_is_no_reference_is_not_taken_for_one(query: str) -> None:
    assert named(query, REPORT) == [None]


def test_a_report_keeps_the_reference_that_the_vendor_said() -> None:
    assert named("reference=17", evolve(REPORT, reference="18")) == ["18"]


def test_of_reports_about_several_messages_none_is_named() -> None:
    other = evolve(REPORT, id="messente:2")
    assert named("reference=17", REPORT, other) == [None, None]
    assert named("reference=17", REPORT, evolve(REPORT, state=DeliveryState.READ)) == ["17", "17"]


def test_other_events_are_left_as_they_are() -> None:
    incoming = IncomingMessage(provider="messente")
    assert named_by("reference=17", [incoming]) == [incoming]


def test_a_receiver_hands_out_the_reference_that_stands_in_the_url(office: Office) -> None:
    post = genuine("messente.delivery")
    assert office.post(evolve(post, path=f"{post.path}?reference=order%2F17+%C3%A4")).status == 200
    (event,) = office.events
    assert isinstance(event, DeliveryReport)
    assert event.reference == "order/17 ä"


def test_an_addressed_message_has_its_reference_in_the_url_if_asked() -> None:
    receiver = CallbackReceiver(repr, secrets=SECRETS, base_url=BASE)
    message = Message("+37251000000", Sms("Hi"), reference="order 17/ä")
    can = MessenteProvider("user", "password").capabilities
    addressed = receiver.addressed(message, can, reference=True)
    assert addressed.callback_url == f"{BASE}/messente/delivery?reference=order%2017%2F%C3%A4"
    assert receiver.addressed(addressed, can, reference=True) == addressed
    with pytest.raises(InvalidMessageError, match="callback_url is set already"):
        receiver.addressed(addressed, can)
