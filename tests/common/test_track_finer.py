"""The finer points of what is known of a message: two sayings of one rank, one id, one name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import astuple, evolve

from omni_common.message import Channel
from omni_common.report import (
    DeliveryFault,
    DeliveryReport,
    DeliveryState as S,
    PartReport,
    Price,
)
from omni_common.track import Track
from tests.support.sayings import ID, known, posted, receipt, told

VIBER, SMS = Channel.VIBER, Channel.SMS
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_of_a_new_track_nothing_is_known() -> None:
    assert astuple(Track()) == ("", None, (), False, (), (), ())
    assert Track().report() == DeliveryReport("", S.ACCEPTED)


def test_a_message_is_named_as_its_receipt_names_it() -> None:
    assert Track.of_receipt(receipt(SMS)).id == ID
    assert Track.of_report(told((SMS, S.SENT))).id == ID
    renamed = evolve(told((SMS, S.SENT)), id="messente:2")
    assert known(receipt(SMS), renamed).id == ID
    assert known(told((SMS, S.SENT)), renamed).id == "messente:2"
    assert known(receipt(VIBER, SMS), posted("unknown", S.DELIVERED)).id == ID


def test_two_parts_of_one_channel_are_one_channel() -> None:
    report = known(receipt(SMS, SMS))
    assert [(part.channel, part.state) for part in report.parts] == [(SMS, S.ACCEPTED)]
    assert report.channels == ()
    report = known(told((SMS, S.SENT), (SMS, S.DELIVERED)))
    assert [(part.channel, part.state) for part in report.parts] == [(SMS, S.DELIVERED)]


def test_who_names_more_channels_knows_more_of_their_order() -> None:
    """By its letters `viber` comes last, and a list of it alone behind one of two."""
    first = told((VIBER, S.SENT))
    assert known(receipt(SMS, VIBER), first).channels == (SMS, VIBER)
    assert known(evolve(first, channels=(SMS, VIBER))).channels == (SMS, VIBER)
    assert known(receipt(SMS, VIBER), receipt(VIBER, SMS)).channels == (VIBER, SMS)


@pytest.mark.parametrize("channel", [SMS, None])
def test_what_is_said_of_the_message_names_the_channel_that_was_named(
    channel: Channel | None,
) -> None:
    said = DeliveryReport(ID, S.DELIVERED, channel=channel)
    assert known(said).channel == channel
    assert known(receipt(VIBER, SMS), said).channel == channel


def test_a_track_shows_of_channels_what_looks_like_one() -> None:
    odd = DeliveryReport(ID, S.SENT, channels=("sms", "said by 37251234567"))
    assert "order=(sms, <19 characters>)" in repr(Track.of_report(odd))


def test_a_channel_says_more_than_a_message_that_got_as_far() -> None:
    whole = DeliveryReport(ID, S.SENT, at=NOON)
    report = known(receipt(VIBER, SMS), posted(VIBER, S.SENT, at=NOON + MINUTE), whole)
    assert (report.state, report.channel, report.at) == (S.SENT, VIBER, NOON + MINUTE)


def test_what_is_said_of_no_channel_is_kept_whichever_part_it_is_of() -> None:
    by_id = [
        DeliveryReport.of_parts(ID, [PartReport("unknown", state, id)])
        for state, id in ((S.DELIVERED, "1"), (S.SENT, "2"), (S.READ, "0"))
    ]
    report = known(*(evolve(each, partial=True) for each in by_id))
    assert (report.state, [part.channel for part in report.parts]) == (S.READ, ["unknown"])


def test_what_is_said_of_some_channels_and_of_the_message_are_two_things() -> None:
    some, whole = told(("unknown", S.EXPIRED)), DeliveryReport(ID, S.SENT)
    report = known(receipt(VIBER, SMS), some, whole)
    assert (report.state, report.is_final) == (S.SENT, False)
    both = told(("unknown", S.EXPIRED), ("unknown", S.UNDELIVERED))
    report = known(receipt(VIBER, SMS), both, whole)
    assert (report.state, report.is_final) == (S.UNDELIVERED, True)


def said(**part: Any) -> DeliveryReport:
    """That a message expired, and something besides."""
    return DeliveryReport.of_parts(ID, [evolve(PartReport(SMS, S.EXPIRED), **part)])


@pytest.mark.parametrize(
    ("field", "kept", "left"),
    [
        ("id", "2", "1"),
        ("raw_state", "b", "a"),
        ("at", NOON, NOON + MINUTE),
        ("at", NOON - timedelta(days=99999), NOON),
        ("raw_at", "b", "a"),
        ("error", DeliveryFault("1"), DeliveryFault(None, "z")),
        ("error", DeliveryFault("2"), DeliveryFault("1", "z")),
        ("error", DeliveryFault("1", "b"), DeliveryFault("1", "a")),
        ("error", DeliveryFault("1", ""), DeliveryFault("1")),
        ("error", DeliveryFault(""), DeliveryFault(None)),
        ("price", Price(Decimal(10)), Price(Decimal(9), Decimal(1), 1, "EUR")),
        ("price", Price(Decimal("1.00")), Price(Decimal("1.0"))),
        ("price", Price(Decimal(1), Decimal(1)), Price(Decimal(1))),
        ("price", Price(Decimal(1), None, 2), Price(Decimal(1), None, 1, "EUR")),
        ("price", Price(Decimal(1), None, None, "EUR"), Price(Decimal(1))),
    ],
)
def test_of_two_sayings_the_same_one_is_kept_in_any_order(
    field: str, kept: object, left: object
) -> None:
    report = known(said(**{field: kept}), said(**{field: left}), said())
    assert repr(getattr(report.parts[0], field)) == repr(kept)
    assert report.state is S.EXPIRED


def test_a_time_that_can_be_read_comes_with_its_own_words() -> None:
    """Not with those of another saying, whose time may be a different one."""
    report = known(said(at=NOON, raw_at="a"), said(at=NOON + MINUTE, raw_at="b"), said(raw_at="c"))
    assert (report.parts[0].at, report.parts[0].raw_at) == (NOON, "a")


def test_a_price_that_is_no_amount_takes_nothing_else_along() -> None:
    odd = Price(Decimal("Infinity"), currency="EUR")
    report = known(said(price=odd, id="7", at=NOON))
    assert (report.parts[0].id, report.parts[0].at, report.price) == ("7", NOON, None)
