"""What a track makes of a message: channels in order, failures that end it or do not, the whole."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from omni_common.converter import dumps, loads, make_converter
from omni_common.message import Channel
from omni_common.receipt import Part, Receipt
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


def test_a_receipt_alone_is_an_accepted_message_with_its_channels() -> None:
    report = known(receipt(VIBER, SMS))
    assert (report.id, report.reference, report.state) == (ID, "order-1", S.ACCEPTED)
    assert report.channels == (VIBER, SMS)
    assert report.channel is VIBER
    assert [(part.channel, part.state, part.id) for part in report.parts] == [
        (VIBER, S.ACCEPTED, "id-of-viber"),
        (SMS, S.ACCEPTED, "id-of-sms"),
    ]
    assert not report.is_final


def test_a_receipt_without_parts_is_an_accepted_message() -> None:
    report = known(receipt())
    assert (report.state, report.parts, report.partial) == (S.ACCEPTED, (), False)


def test_t59_an_expired_first_channel_is_not_the_end() -> None:
    report = known(receipt(VIBER, SMS), posted(VIBER, S.EXPIRED))
    assert (report.state, report.channel, report.is_final) == (S.ACCEPTED, SMS, False)
    report = known(receipt(VIBER, SMS), posted(VIBER, S.EXPIRED), posted(SMS, S.DELIVERED))
    assert (report.state, report.channel, report.is_final) == (S.DELIVERED, SMS, True)


def test_the_last_channels_failure_is_the_end() -> None:
    report = known(receipt(VIBER, SMS), posted(VIBER, S.EXPIRED), posted(SMS, S.REJECTED))
    assert (report.state, report.channel, report.is_final) == (S.REJECTED, SMS, True)


def test_a_channel_that_was_not_heard_of_keeps_the_message_going() -> None:
    report = known(receipt(VIBER, SMS), posted(SMS, S.UNDELIVERED))
    assert (report.state, report.is_final) == (S.ACCEPTED, False)


def test_t60_a_late_delivered_wins_over_expired() -> None:
    late = [posted(VIBER, S.EXPIRED), posted(SMS, S.UNDELIVERED), posted(VIBER, S.DELIVERED)]
    report = known(receipt(VIBER, SMS), *late)
    assert (report.state, report.channel, report.is_final) == (S.DELIVERED, VIBER, True)


def test_t61_engagement_goes_on_after_delivered() -> None:
    report = known(posted(SMS, S.DELIVERED), posted(SMS, S.READ), posted(SMS, S.CLICKED))
    assert report.state is S.CLICKED


def test_a_failure_that_was_posted_is_no_end_while_the_channels_are_not_known() -> None:
    report = known(posted(SMS, S.EXPIRED))
    assert (report.state, report.partial, report.is_final) == (S.EXPIRED, True, False)
    for end in (receipt(SMS), told((SMS, S.EXPIRED)), posted(SMS, S.SENT, channels=(SMS,))):
        report = known(posted(SMS, S.EXPIRED), end)
        assert (report.state, report.partial, report.is_final) == (S.EXPIRED, False, True)


def test_a_post_without_parts_is_of_its_channel_only() -> None:
    post = DeliveryReport(ID, S.EXPIRED, SMS, at=NOON, partial=True)
    report = known(post)
    assert (report.state, report.at, report.partial, report.is_final) == (
        S.EXPIRED,
        NOON,
        True,
        False,
    )
    assert known(post, receipt(SMS)).is_final
    assert not known(post, receipt(VIBER, SMS)).is_final


def test_a_delivered_that_was_posted_is_an_end_by_itself() -> None:
    assert known(posted(SMS, S.DELIVERED)).is_final


def test_the_vendors_post_may_say_which_channels_there_are() -> None:
    report = known(posted(VIBER, S.EXPIRED, channels=(VIBER, SMS), reference="order-1"))
    assert (report.state, report.channel, report.reference) == (S.ACCEPTED, SMS, "order-1")
    assert report.channels == (VIBER, SMS)


def test_an_answer_that_leaves_out_channels_to_come_ends_nothing() -> None:
    """Messente's status may hold the first channels only."""
    report = known(receipt(VIBER, SMS), told((VIBER, S.EXPIRED)))
    assert (report.state, report.channel) == (S.ACCEPTED, SMS)
    report = known(told((VIBER, S.EXPIRED)), told((VIBER, S.EXPIRED), (SMS, S.SENT)))
    assert (report.state, report.channel) == (S.SENT, SMS)


def test_a_channel_beyond_those_known_counts_behind_them() -> None:
    report = known(receipt(VIBER), posted(SMS, S.SENT), posted("rcs", S.REJECTED))
    assert [part.channel for part in report.parts] == [VIBER, "rcs", SMS]


def test_a_message_that_was_taken_back_is_taken_back_with_all_its_channels() -> None:
    report = known(receipt(VIBER, SMS), told((VIBER, S.CANCELLED)))
    assert (report.state, report.is_final) == (S.CANCELLED, True)
    report = known(receipt(VIBER, SMS), told((VIBER, S.CANCELLED)), posted(SMS, S.DELIVERED))
    assert report.state is S.DELIVERED


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("channels", [(), (SMS,), (VIBER, SMS)])
def test_the_state_of_an_answer_without_parts_is_not_lost(
    state: S, channels: tuple[Channel, ...]
) -> None:
    """Providers of other authors may return an id and a state, and no more."""
    at, fault, price = NOON, DeliveryFault("7"), Price(Decimal(1))
    answer = DeliveryReport(ID, state, at=at, error=fault, price=price)
    report = known(receipt(*channels), answer)
    assert (report.state, report.is_final) == (state, state.is_final)
    if state is not S.ACCEPTED:
        assert (report.at, report.error, report.price) == (at, fault, price)
    if channels == (SMS,):
        assert [(part.channel, part.state) for part in report.parts] == [(SMS, state)]


def test_of_an_answer_without_parts_and_a_post_what_got_further_counts() -> None:
    sent = DeliveryReport(ID, S.SENT)
    assert known(sent, posted(SMS, S.DELIVERED)).state is S.DELIVERED
    report = known(sent, posted(VIBER, S.EXPIRED))
    assert (report.state, report.is_final) == (S.EXPIRED, False)
    ended = DeliveryReport(ID, S.UNDELIVERED)
    report = known(ended, posted(VIBER, S.SENT))
    assert (report.state, report.is_final) == (S.UNDELIVERED, True)


def test_a_state_that_the_parts_do_not_give_is_the_providers_own_word() -> None:
    answer = evolve(told((VIBER, S.SENT), (SMS, S.ACCEPTED)), state=S.REJECTED)
    report = known(receipt(VIBER, SMS), answer)
    assert (report.state, report.is_final) == (S.REJECTED, True)


@pytest.mark.parametrize("state", [S.SENT, S.REJECTED, S.DELIVERED])
@pytest.mark.parametrize("channels", [(), (SMS,)])
def test_what_is_said_without_a_channel_is_said_of_the_only_one(
    state: S, channels: tuple[Channel, ...]
) -> None:
    report = known(receipt(*channels), told(("unknown", state)))
    assert (report.state, report.is_final) == (state, state.is_final)
    assert [part.channel for part in report.parts] == list(channels or ["unknown"])


def test_a_post_without_a_channel_is_about_the_only_one() -> None:
    report = known(receipt(SMS), posted("unknown", S.UNDELIVERED, at=NOON))
    assert (report.state, report.channel, report.is_final) == (S.UNDELIVERED, SMS, True)
    assert report.at == NOON
    assert len(report.parts) == 1


def test_a_post_without_a_channel_may_help_a_cascade_and_ends_nothing() -> None:
    cascade = receipt(VIBER, SMS)
    report = known(cascade, posted("unknown", S.DELIVERED))
    assert (report.state, report.is_final) == (S.DELIVERED, True)
    assert known(cascade, posted("unknown", S.SENT)).state is S.SENT
    report = known(cascade, posted("unknown", S.UNDELIVERED))
    assert (report.state, report.is_final) == (S.ACCEPTED, False)
    # Nor does it keep a message going whose channels have all failed.
    failed = [posted(VIBER, S.EXPIRED), posted(SMS, S.EXPIRED)]
    report = known(cascade, *failed, posted("unknown", S.SENT))
    assert (report.state, report.channel, report.is_final) == (S.EXPIRED, SMS, True)
    assert [part.channel for part in report.parts] == [VIBER, SMS, "unknown"]


def unnamed(state: S, id: str | None, **more: Any) -> DeliveryReport:
    """News of a channel that is only known by the id of its part."""
    report = DeliveryReport.of_parts(ID, [PartReport("unknown", state, id)])
    return evolve(report, partial=True, **more)


def test_a_post_without_a_channel_is_about_the_part_with_its_id() -> None:
    """Messente's channel may be null, beside the id of a message of one channel."""
    cascade, expired = receipt(VIBER, SMS), posted(VIBER, S.EXPIRED)
    report = known(cascade, expired, unnamed(S.UNDELIVERED, "id-of-sms"))
    assert (report.state, report.channel, report.is_final) == (S.UNDELIVERED, SMS, True)
    assert [(part.channel, part.id) for part in report.parts] == [
        (VIBER, "id-of-viber"),
        (SMS, "id-of-sms"),
    ]
    report = known(cascade, expired, unnamed(S.DELIVERED, "id-of-sms"))
    assert (report.state, report.channel, len(report.parts)) == (S.DELIVERED, SMS, 2)
    report = known(cascade, unnamed(S.EXPIRED, "id-of-viber"), unnamed(S.SENT, "id-of-sms"))
    assert [part.state for part in report.parts] == [S.EXPIRED, S.SENT]


def test_the_id_of_a_part_may_be_told_by_a_report_too() -> None:
    named = DeliveryReport.of_parts(ID, [PartReport(VIBER, S.SENT, "7")])
    report = known(evolve(named, partial=True), unnamed(S.DELIVERED, "7"))
    assert [(part.channel, part.state) for part in report.parts] == [(VIBER, S.DELIVERED)]


def test_an_id_that_no_part_has_or_more_than_one_ends_nothing() -> None:
    expired = posted(VIBER, S.EXPIRED)
    for id in ("another", "", None):
        report = known(receipt(VIBER, SMS), expired, unnamed(S.UNDELIVERED, id))
        assert (report.state, report.is_final) == (S.ACCEPTED, False)
    parts = (Part(VIBER, "7"), Part(SMS, "7"))
    both = Receipt(ID, "messente", "order-1", "+37251234567", parts)
    report = known(both, expired, unnamed(S.UNDELIVERED, "7"))
    assert (report.state, report.is_final) == (S.ACCEPTED, False)


def test_posts_without_a_channel_are_kept_apart_by_the_ids_of_their_parts() -> None:
    early = [unnamed(S.EXPIRED, "id-of-viber"), unnamed(S.UNDELIVERED, "id-of-sms")]
    report = known(*early)
    assert (report.state, report.is_final, len(report.parts)) == (S.EXPIRED, False, 1)
    report = known(*early, receipt(VIBER, SMS))
    assert (report.state, report.channel, report.is_final) == (S.UNDELIVERED, SMS, True)


def test_an_answer_whose_channels_have_no_names_counts_for_as_many_as_it_has() -> None:
    both = told(("unknown", S.EXPIRED), ("unknown", S.UNDELIVERED))
    report = known(receipt(VIBER, SMS), both)
    assert (report.state, report.is_final) == (S.UNDELIVERED, True)
    report = known(receipt(VIBER, SMS), told(("unknown", S.EXPIRED)))
    assert (report.state, report.is_final) == (S.ACCEPTED, False)
    report = known(told(("unknown", S.EXPIRED), ("unknown", S.ACCEPTED)))
    assert not report.is_final


def test_the_earliest_time_of_a_state_is_when_the_channel_got_there() -> None:
    for state in (S.DELIVERED, S.EXPIRED):
        report = known(
            receipt(SMS),
            posted(SMS, state, at=NOON + MINUTE),
            posted(SMS, state, at=NOON),
            posted(SMS, state),
            posted(SMS, S.SENT, at=NOON - MINUTE),
        )
        assert report.at == NOON


def test_what_only_one_report_knows_is_kept() -> None:
    part = PartReport(SMS, S.EXPIRED, id="7", raw_state="EXPIRED")
    priced = evolve(part, state=S.SENT, raw_state="ACK", price=Price(Decimal("0.1")))
    reports = [
        evolve(part, at=NOON, raw_at="noon"),
        evolve(part, id=None, error=DeliveryFault("2", "expired")),
        priced,
    ]
    report = known(*(DeliveryReport.of_parts(ID, [each]) for each in reports))
    assert report.parts == (
        evolve(
            part,
            at=NOON,
            raw_at="noon",
            error=DeliveryFault("2", "expired"),
            price=Price(Decimal("0.1")),
        ),
    )
    assert report.price == Price(Decimal("0.1"))


def test_the_fault_of_a_state_that_was_left_behind_is_not_the_messages() -> None:
    expired = posted(SMS, S.EXPIRED)
    expired = evolve(expired, parts=(evolve(expired.parts[0], error=DeliveryFault("2")),))
    assert known(expired, posted(SMS, S.DELIVERED)).error is None


def test_two_receipts_under_one_reference_are_both_remembered() -> None:
    tracks = [Track.of_receipt(receipt(SMS, id=f"messente:{n}")) for n in range(3)]
    track = tracks[2].merged(tracks[1]).merged(tracks[0])
    assert track.receipts == ("messente:0", "messente:1")


def test_whether_anything_but_a_receipt_is_known_can_be_told() -> None:
    assert not Track.of_receipt(receipt(SMS)).heard
    assert Track.of_receipt(receipt(SMS)).merged(Track.of_report(told((SMS, S.ACCEPTED)))).heard


def test_what_a_careless_provider_says_can_be_merged_too() -> None:
    naive = PartReport("sms", S.SENT, at=datetime(2027, 1, 1), price=Price(Decimal("NaN")))  # noqa: DTZ001
    aware = PartReport(SMS, S.SENT, at=NOON, price=Price(Decimal(1)))
    report = known(*(DeliveryReport.of_parts(ID, [part]) for part in (naive, aware)))
    assert (report.channel, report.at, report.price) == (SMS, NOON, Price(Decimal(1)))
    assert isinstance(report.channel, Channel)
    nameless = DeliveryReport.of_parts(ID, [PartReport("", S.SENT)])
    assert known(nameless).parts[0].channel == "unknown"


@pytest.mark.parametrize("odd", ["NaN", "sNaN", "Infinity"])
def test_a_price_for_each_segment_that_is_no_amount_is_dropped_alone(odd: str) -> None:
    part = PartReport(SMS, S.SENT, price=Price(Decimal(1), per_segment=Decimal(odd), segments=2))
    track = Track.of_report(DeliveryReport.of_parts(ID, [part]))
    assert track.merged(track) == track
    assert track.report().price == Price(Decimal(1), segments=2)


FULL = Track.of_receipt(receipt(VIBER, SMS)).merged(
    Track.of_report(
        DeliveryReport.of_parts(
            ID,
            [
                PartReport(
                    VIBER,
                    S.EXPIRED,
                    "7",
                    raw_state="EXPIRED",
                    at=NOON.astimezone(timezone(timedelta(hours=3))),
                    error=DeliveryFault("2", "expired"),
                    price=Price(Decimal("0.10"), Decimal("0.05"), 2, "EUR"),
                ),
                PartReport("rcs", S.CANCELLED),
            ],
            raw={"to": "+37251234567"},
        )
    )
)


def test_a_track_holds_nothing_raw_and_pickles() -> None:
    assert pickle.loads(pickle.dumps(FULL)) == FULL  # noqa: S301 - our own
    assert hash(FULL) == hash(FULL.merged(FULL))
    assert b"1234567" not in pickle.dumps(FULL)
    assert "1234567" not in repr(FULL)


def test_a_track_can_be_written_as_json() -> None:
    converter = make_converter(forbid_extra_keys=True, omit_if_default=True)
    converter.register_structure_hook(Channel | str, lambda value, _: value)
    written = dumps(converter.unstructure(FULL))
    assert converter.structure(loads(written), Track) == FULL
    assert converter.structure(loads(written), Track).merged(FULL).report() == FULL.report()
