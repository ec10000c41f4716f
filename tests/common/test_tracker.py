"""``Tracker``: whose is what was posted, and what the store in memory keeps of it."""

from __future__ import annotations

import pytest

from omni_common import (
    Channel,
    DeliveryReport,
    DeliveryState as S,
    IncomingMessage,
    MemoryTracks,
    PartReport,
    Subscription,
    SubscriptionChanged,
    Track,
    Tracker,
)
from tests.support.following import posted, receipt

VIBER, SMS = Channel.VIBER, Channel.SMS
ONE, OMNI = "messente:1", "devino:omni:1"


@pytest.fixture
def tracker() -> Tracker:
    return Tracker()


# What is known, and of which message.


async def test_a_report_that_comes_before_the_send_has_returned_is_not_lost(
    tracker: Tracker,
) -> None:
    early = await tracker.record(posted(S.DELIVERED))
    assert early is not None
    assert early.state is S.DELIVERED
    report = await tracker.add(receipt())
    assert (report.id, report.reference, report.state) == (ONE, "order-1", S.DELIVERED)


async def test_t59_a_failure_posted_early_is_an_end_only_when_the_receipt_says_so(
    tracker: Tracker,
) -> None:
    report = await tracker.record(posted(S.EXPIRED))
    assert report is not None
    assert not report.is_final
    assert (await tracker.add(receipt(SMS))).is_final


async def test_nothing_is_known_of_an_id_that_was_never_heard_of(tracker: Tracker) -> None:
    assert await tracker.report("messente:7") is None


async def test_a_receipt_is_known_as_soon_as_it_is_shown(tracker: Tracker) -> None:
    report = await tracker.report(receipt(VIBER, SMS))
    assert report is not None
    assert (report.state, report.channels) == (S.ACCEPTED, (VIBER, SMS))
    assert await tracker.report(ONE) == report


async def test_a_receipt_without_a_reference_is_known_by_its_id(tracker: Tracker) -> None:
    await tracker.record(posted(S.DELIVERED))
    report = await tracker.add(receipt(reference=""))
    assert (report.state, report.reference) == (S.DELIVERED, None)


@pytest.mark.parametrize(
    "event",
    [
        IncomingMessage(provider="messente", text="Hello"),
        SubscriptionChanged(provider="devino", change=Subscription.UNSUBSCRIBED, id=ONE),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_what_is_no_delivery_report_says_nothing_of_a_message(
    tracker: Tracker, event: IncomingMessage | SubscriptionChanged
) -> None:
    assert await tracker.record(event) is None
    assert await tracker.report(ONE) is None


async def test_a_report_belongs_to_the_message_with_its_reference(tracker: Tracker) -> None:
    """Devino does not say which id the reports of a cascade's later channels have."""
    ours = receipt(VIBER, SMS, id=OMNI)
    await tracker.add(ours)
    await tracker.record(posted(S.EXPIRED, OMNI, channel=VIBER, reference="order-1"))
    report = await tracker.record(posted(S.DELIVERED, "devino:omni:77", reference="order-1"))
    assert report is not None
    assert (report.id, report.state) == (OMNI, S.DELIVERED)
    for message in (ours, OMNI):
        known = await tracker.report(message)
        assert known == report
        assert [part.state for part in known.parts] == [S.EXPIRED, S.DELIVERED]


async def test_reports_with_the_reference_may_come_before_the_receipt(tracker: Tracker) -> None:
    await tracker.record(posted(S.DELIVERED, "devino:omni:77", reference="order-1"))
    assert (await tracker.add(receipt(id=OMNI))).state is S.DELIVERED


async def test_a_report_without_an_id_belongs_to_the_providers_message_with_its_reference(
    tracker: Tracker,
) -> None:
    await tracker.add(receipt(id=OMNI))
    report = await tracker.record(posted(S.DELIVERED, "", reference="order-1", provider="devino"))
    assert report is not None
    assert (report.id, report.state) == (OMNI, S.DELIVERED)


@pytest.mark.parametrize("more", [{}, {"reference": "order-1"}, {"provider": "devino"}])
async def test_a_report_that_names_no_message_is_kept_nowhere(
    tracker: Tracker, more: dict[str, str]
) -> None:
    await tracker.add(receipt(id=OMNI))
    report = await tracker.record(posted(S.DELIVERED, "", **more))
    assert report is not None
    assert report.state is S.DELIVERED
    known = await tracker.report(OMNI)
    assert known is not None
    assert known.state is S.ACCEPTED


async def test_one_reference_at_two_providers_is_two_messages(tracker: Tracker) -> None:
    await tracker.add(receipt(id=ONE))
    await tracker.add(receipt(id=OMNI))
    await tracker.record(posted(S.DELIVERED, "devino:omni:77", reference="order-1"))
    reports = [await tracker.report(id) for id in (ONE, OMNI)]
    assert [report and report.state for report in reports] == [S.ACCEPTED, S.DELIVERED]


async def test_of_two_messages_with_one_reference_each_has_only_what_bears_its_id(
    tracker: Tracker,
) -> None:
    await tracker.add(receipt(id=OMNI))
    await tracker.record(posted(S.DELIVERED, OMNI, reference="order-1"))
    second = receipt(id="devino:omni:2")
    assert (await tracker.add(second)).state is S.ACCEPTED
    assert (await tracker.add(receipt(id=OMNI))).state is S.DELIVERED
    await tracker.record(posted(S.CLICKED, "devino:omni:77", reference="order-1"))
    assert (await tracker.add(second)).state is S.ACCEPTED
    report = await tracker.record(posted(S.READ, second.id, reference="order-1"))
    assert report is not None
    assert (report.id, report.state) == (second.id, S.READ)
    anonymous = posted(S.CLICKED, "", reference="order-1", provider="devino", channel=VIBER)
    report = await tracker.record(anonymous)
    assert report is not None
    assert (report.id, [part.channel for part in report.parts]) == ("", [VIBER])


async def test_t60_repeated_and_reordered_reports_change_nothing(tracker: Tracker) -> None:
    reports = [posted(S.READ), posted(S.SENT), posted(S.READ), posted(S.DELIVERED)]
    last = [await tracker.record(report) for report in reports][-1]
    assert last is not None
    assert last.state is S.READ


# The store in memory.


def track(id: str, state: S = S.SENT) -> Track:
    return Track.of_report(DeliveryReport.of_parts(id, [PartReport(SMS, state)]))


async def test_memory_keeps_the_latest_tracks_only() -> None:
    store = MemoryTracks(limit=3)
    for key in "abc":
        await store.merge(key, track(key))
    await store.merge("a", track("a", S.UNKNOWN))
    await store.merge("b", track("b"))  # nothing new
    await store.merge("d", track("d"))
    assert len(store) == 3
    assert [key for key in "abcd" if await store.load(key)] == ["a", "c", "d"]


async def test_memory_rather_forgets_messages_that_have_ended() -> None:
    store = MemoryTracks(limit=20)
    for number in range(5):
        await store.merge(f"ended-{number}", track("x", S.DELIVERED))
    for number in range(18):
        await store.merge(f"open-{number}", track("x"))
    assert len(store) == 20
    assert [n for n in range(5) if await store.load(f"ended-{n}")] == [3, 4]
    assert all([await store.load(f"open-{n}") for n in range(18)])
    # But not those that have only just ended, and may be waited for.
    await store.merge("open-18", track("x"))
    assert not await store.load("open-0")
    assert await store.load("ended-3")


async def test_memory_merges_and_counts_a_key_once() -> None:
    store = MemoryTracks(limit=2)
    for state in (S.SENT, S.READ, S.SENT):
        await store.merge("a", track("a", state))
    merged = await store.merge("a", track("a", S.DELIVERED))
    assert merged.report().state is S.READ
    assert merged == await store.load("a")
    assert len(store) == 1


@pytest.mark.parametrize("limit", [0, -1])
def test_memory_without_room_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        MemoryTracks(limit)
