"""What a type checker sees of the public API: checked by mypy, never run.

Each line is something a user may write; ``assert_type`` holds what it must come out as.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, assert_never, assert_type

import devino_async
import devino_async.sms
import devino_async.sync
import messente_async
import messente_async.sync
import omni_common
import omni_common.sync
from omni_common import (
    Accepted,
    Capabilities,
    Channel,
    ChannelCapabilities,
    Content,
    DeliveryReport,
    DeliveryState,
    IncomingMessage,
    MemoryTracks,
    Message,
    NotSent,
    NotSentError,
    OmniError,
    OmniProvider,
    Outcome,
    OutcomeStream,
    OutcomeUnknownError,
    Part,
    Receipt,
    Recipient,
    Segments,
    SendOutcome,
    Sms,
    StatusResult,
    Subscription,
    SubscriptionChanged,
    Track,
    Tracker,
    TrackStore,
    Unknown,
    Viber,
)


def messages() -> None:
    """One content or several, and what is read back from a message."""
    message = Message("+37251000000", Sms("Hi", sender="Shop", ttl=timedelta(minutes=5)))
    Message(Recipient(phone="+37251000000", email="a@b.example"), [Viber("Hi"), Sms("Hi")])
    assert_type(message.content, tuple[Content, ...])
    assert_type(message.channels, tuple[Channel, ...])
    assert_type(message.phone, str | None)
    assert_type(message.send_at, datetime | None)
    assert_type(message.reference, str)
    assert_type(Sms("Hi").segments, Segments)
    Message("+37251000000", "Hi")  # type: ignore[arg-type]
    Message("+37251000000", Sms("Hi"), None)  # type: ignore[call-arg]
    Sms("Hi", "Shop")  # type: ignore[call-arg]


async def asynchronous(omni: OmniProvider, message: Message) -> None:
    """The shared interface, awaited."""
    assert_type(omni.capabilities, Capabilities)
    assert_type(omni.capabilities.channels, Mapping[Channel, ChannelCapabilities])
    assert_type(omni.check(message), list[NotSentError])
    receipt = await omni.send(message)
    assert_type(receipt, Receipt)
    assert_type(receipt.id, str)
    assert_type(receipt.parts, tuple[Part, ...])
    assert_type(await omni.send(message, on_unknown="resend"), Receipt)
    await omni.send(message, on_unknown="ignore")  # type: ignore[arg-type]
    report = await omni.status(receipt.id)
    assert_type(report, DeliveryReport)
    assert_type(report.state, DeliveryState)
    assert_type(report.is_final, bool)
    assert_type(await omni.wait(receipt.id, timeout=timedelta(minutes=1)), DeliveryReport)
    assert_type(omni.status_many([receipt.id]), AsyncIterator[StatusResult])
    await omni.cancel(receipt.id)
    async with omni.send_many([message]) as outcomes:
        assert_type(outcomes, OutcomeStream)
        async for outcome in outcomes:
            assert_type(outcome, SendOutcome)
            every_outcome_is_one_of_three(outcome)


def every_outcome_is_one_of_three(outcome: SendOutcome) -> None:
    """A match over the outcomes is complete with three cases."""
    match outcome:
        case Accepted(receipt=receipt):
            assert_type(receipt, Receipt)
        case NotSent(error=error):
            assert_type(error, NotSentError)
        case Unknown(error=unknown):
            assert_type(unknown, OutcomeUnknownError)
        case never:
            assert_never(never)


def blocking(message: Message) -> None:
    """The same without asyncio."""
    with omni_common.sync.connect("messente://user:password@default") as omni:
        assert_type(omni, omni_common.sync.OmniProvider)
        receipt = omni.send(message)
        assert_type(receipt, Receipt)
        assert_type(omni.status(receipt.id), DeliveryReport)
        assert_type(omni.wait(receipt.id), DeliveryReport)
        assert_type(omni.status_many([receipt.id]), Iterator[StatusResult])
        omni.cancel(receipt.id)
        with omni.send_many([message]) as outcomes:
            for outcome in outcomes:
                assert_type(outcome, SendOutcome)


class Shelf:
    """A store that a user may write: the two methods, and nothing to inherit from."""

    async def load(self, key: str) -> Track | None:
        """What is kept."""

    async def merge(self, key: str, track: Track) -> Track:
        """Keep more."""
        return track.merged(track)


async def following(omni: OmniProvider, receipt: Receipt, event: IncomingMessage) -> None:
    """A message is followed by its receipt or its id, with any store."""
    tracker = Tracker(omni, store=Shelf())
    store: TrackStore = MemoryTracks(limit=10)
    Tracker(store=store)
    Tracker(omni, MemoryTracks())  # type: ignore[call-arg]
    Tracker(store={})  # type: ignore[arg-type]
    assert_type(await tracker.add(receipt), DeliveryReport)
    assert_type(await tracker.record(event), DeliveryReport | None)
    assert_type(await tracker.report(receipt.id), DeliveryReport | None)
    report = await tracker.wait(receipt, DeliveryState.READ, timeout=timedelta(minutes=1))
    assert_type(report, DeliveryReport)
    await tracker.wait(receipt.id, timeout=60)  # type: ignore[arg-type]
    assert_type(tracker.watch(receipt.id), AsyncIterator[DeliveryReport])
    assert_type(Track.of_report(report).merged(Track.of_receipt(receipt)).report(), DeliveryReport)
    assert_type(event.text, str | None)


def following_in_threads(
    omni: omni_common.sync.OmniProvider, receipt: Receipt, event: SubscriptionChanged
) -> None:
    """The same without asyncio."""
    assert_type(event.change, Subscription)
    omni_common.sync.Tracker(store=Shelf()).close()
    with omni_common.sync.Tracker(omni) as tracker:
        assert_type(tracker, omni_common.sync.Tracker)
        assert_type(tracker.add(receipt), DeliveryReport)
        assert_type(tracker.record(event), DeliveryReport | None)
        assert_type(tracker.report(receipt), DeliveryReport)
        assert_type(tracker.report(receipt.id), DeliveryReport | None)
        report = tracker.wait(receipt, DeliveryState.READ, timeout=timedelta(minutes=1))
        assert_type(report, DeliveryReport)
        tracker.wait(receipt, timeout=60)  # type: ignore[arg-type]
        assert_type(tracker.watch(receipt), Iterator[DeliveryReport])


async def connecting() -> None:
    """Every way to a provider gives the shared interface."""
    assert_type(omni_common.connect(), OmniProvider)
    assert_type(omni_common.connect("devino://key@default"), OmniProvider)
    assert_type(omni_common.connect({"type": "devino", "key": "k"}), OmniProvider)
    assert_type(omni_common.connect(profile="shop", config="omni.toml"), OmniProvider)
    async with omni_common.connect() as omni:
        assert_type(omni, OmniProvider)


async def native() -> None:
    """The vendors' own clients, and what they answer."""
    async with devino_async.DevinoClient(key="key", timeout=5.0) as devino:
        results = await devino.sms.send(
            [devino_async.SmsMessage(sender="Shop", to="79001234567", text="Hi")]
        )
        assert_type(results, list[devino_async.SmsResult])
        assert_type(results[0].outcome, Outcome)
        statuses = await devino.sms.statuses(["1"])
        assert_type(statuses, list[devino_async.SmsStatus | None])
    async with messente_async.MessenteClient("user", "password", rate=10.0) as messente:
        created = await messente.send(
            messente_async.Omnimessage("+37251000000", [messente_async.SMS("Hi")])
        )
        assert_type(created, messente_async.OmnimessageCreated)
        assert_type(created.omnimessage_id, str)
        await messente.cancel(created.omnimessage_id)
    assert_type(devino_async.DevinoProvider("key").client, devino_async.DevinoClient)
    devino_async.DevinoClient(key="key", timeot=5.0)  # type: ignore[call-arg]
    devino_async.SmsMesage  # type: ignore[attr-defined]  # noqa: B018


async def reports(devino: devino_async.DevinoClient, begin: datetime, end: datetime) -> None:
    """Reports and the address book: iterators, pages, and the allowed ways to ask."""
    async for row in devino.sms.detail(sent_from=begin, sent_to=end, by_segments=True):
        assert_type(row, devino_async.SmsDetail)
    devino.sms.detail(message_ids=["1"], page_size=50)
    devino.sms.detail(task_id="1", trigger_id="2", sent_from=begin, sent_to=end)
    devino.sms.detail(sent_from=begin)  # type: ignore[call-overload]
    devino.sms.detail(task_id="1", message_ids=["1"])  # type: ignore[call-overload]
    devino.sms.detail(task_id="1", colour="red")  # type: ignore[call-overload]
    page = await devino.email.detail_page(task_id=1, limit=10)
    assert_type(page, devino_async.Page[devino_async.EmailDetail])
    assert_type(await devino.address_book.create_list("Customers"), str)
    people = [devino_async.NewContact(phone="79001234567")]
    async for added in devino.address_book.upload_contacts("1", people):
        assert_type(added, devino_async.ContactResult)


def blocking_clients(begin: datetime, end: datetime) -> None:
    """The twins of the vendors' clients have the same signatures, without awaiting."""
    with devino_async.sync.DevinoClient("key", account_zone="Europe/Moscow") as devino:
        message = devino_async.SmsMessage(sender="Shop", to="79001234567", text="Hi")
        assert_type(devino.sms.send([message]), list[devino_async.SmsResult])
        rows = devino.sms.detail(sent_from=begin, sent_to=end)
        assert_type(rows, Iterator[devino_async.SmsDetail])
        devino.sms.detail(sent_from=begin)  # type: ignore[call-overload]
        devino.sms.send(["Hi"])  # type: ignore[list-item]
        assert_type(devino.account.current(), devino_async.AccountInfo)
        people = [devino_async.NewContact(phone="79001234567")]
        added = devino.address_book.upload_contacts("1", people)
        assert_type(added, Iterator[devino_async.ContactResult])
    with messente_async.sync.MessenteClient("user", "password") as messente:
        assert_type(messente.status("1"), messente_async.DeliveryReportResponse)
    devino_async.sync.DevinoClient("key", session=None)  # type: ignore[call-arg]


def callbacks(body: bytes) -> None:
    """What the vendors post."""
    events = devino_async.sms.read_callbacks(body)
    assert_type(events, tuple[devino_async.SmsStatusEvent, ...])
    assert_type(events[0].state, DeliveryState)
    reports = messente_async.read_delivery_report(body)
    assert_type(reports, tuple[messente_async.DeliveryReportEvent, ...])
    assert_type(messente_async.verify_signature(body, None, "secret"), bool)


def errors(error: OmniError) -> None:
    """What an error carries."""
    assert_type(error.outcome, Outcome | None)
    assert_type(error.reference, str | None)
    assert_type(error.retry_after, timedelta | None)
    assert_type(error.raw, Any)
