"""A report of a message that may have been sent, or may not, says that it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from omni_common import Tracker
from omni_common.errors import AnswerLostError
from omni_common.exchange import OnUnknown
from omni_common.message import Channel, Email, Message, Recipient, Sms, Viber
from omni_common.outbox import Outbox
from omni_common.outbox.entry import EntryState
from omni_common.outbox.heard import proven_sent, receipt_heard
from omni_common.outbox.journal import Journal
from omni_common.receipt import Part, Receipt
from omni_common.report import DeliveryReport, DeliveryState as S, PartReport
from omni_common.track import Track, reference_key
from tests.outbox.anything import lines
from tests.outbox.journals import NUMBER, at, message, receipt
from tests.outbox.outboxes import sent, states
from tests.outbox.tracks import ID, KEY, report, settled_as, track, tracks_of
from tests.support.providers import MemoryProvider, StatusProvider


async def states_of(journal: Journal) -> dict[str, EntryState]:
    return {each.reference: each.state for each in await journal.select(EntryState)}


# What proves it, and what does not.


@given(st.sampled_from(["messente", "devino", "a reference b"]), lines)
def test_a_report_with_the_vendors_id_proves_it_whatever_the_reference(
    provider: str, reference: str
) -> None:
    key = reference_key(provider, reference)
    assert proven_sent(key, track(id=f"{provider}:7"), provider) == reference


@pytest.mark.parametrize(
    ("key", "heard"),
    [
        (ID, track()),
        (KEY, evolve(track(), heard=False)),
        (KEY, track(id="")),
        (KEY, track(id="messente:")),
        (KEY, track(id="messente")),
        (KEY, track(id="devino:1")),
        (KEY, track(id="outbox:order-1")),
        ("devino reference order-1", track()),
        ("devino reference order-1", track(id="devino:1")),
        ("messente", track()),
    ],
    ids=[
        *("by its id", "a receipt alone", "no id", "an empty id", "no id at all"),
        *("another's id", "the outbox's own id", "another's reference", "of another altogether"),
        "no reference",
    ],
)
def test_anything_else_proves_nothing(key: str, heard: Track) -> None:
    assert proven_sent(key, heard, "messente") is None


def test_the_receipt_has_what_the_message_and_the_report_say() -> None:
    sent = Message(
        Recipient(NUMBER, "anna@example.com"),
        [Viber("Hi", sender="Shop"), Sms("Hi", sender="Info"), Email("Hi", subject="Hi")],
        reference="order-1",
    )
    parts = [
        PartReport("sms", S.SENT, id="part-1"),
        PartReport("viber", S.UNDELIVERED),
        PartReport("unknown", S.SENT, id="part-2"),
    ]
    heard = receipt_heard(sent, Track.of_report(DeliveryReport.of_parts(ID, parts)), "messente")
    assert (heard.id, heard.provider, heard.reference) == (ID, "messente", "order-1")
    assert (heard.to, heard.attempts, heard.raw) == (NUMBER, (), None)
    assert heard.parts == (
        Part(Channel.VIBER, None, "Shop"),
        Part(Channel.SMS, "part-1", "Info"),
        Part(Channel.EMAIL, None, None),
    )


def test_the_receipt_of_an_email_is_to_its_address() -> None:
    sent = Message(Recipient(NUMBER, "anna@example.com"), Email("Hi", subject="Hi"))
    assert receipt_heard(sent, track(), "messente").to == "anna@example.com"


# What becomes of the message.


async def test_a_message_that_is_unknown_is_accepted_with_the_vendors_id(journal: Journal) -> None:
    await settled_as(journal, "order-1", EntryState.UNKNOWN)
    await settled_as(journal, "order-2", EntryState.UNKNOWN)
    before = await journal.find("order-1")
    assert before is not None
    assert before.error is not None
    await journal.merge_track(KEY, track(S.SENT), "messente", at(5))
    entry = await journal.find("order-1")
    assert entry is not None
    assert (entry.state, entry.changed, entry.error) == (EntryState.ACCEPTED, at(5), None)
    assert entry.receipt == evolve(
        receipt("order-1", ID), parts=(Part(Channel.SMS, "part-1", None),)
    )
    assert (await states_of(journal))["order-2"] is EntryState.UNKNOWN


@pytest.mark.parametrize("state", sorted(set(EntryState) - {EntryState.UNKNOWN}))
async def test_a_message_in_any_other_state_is_left_as_it_is(
    journal: Journal, state: EntryState
) -> None:
    await settled_as(journal, "order-1", state)
    before = await journal.find("order-1")
    assert before is not None
    assert before.state is state
    await tracks_of(journal).merge(KEY, track(id="messente:2"))
    assert await journal.find("order-1") == before


@pytest.mark.parametrize(
    ("key", "heard"),
    [
        ("devino reference order-1", track(id="devino:1")),
        ("devino reference order-1", track()),
        (KEY, track(id="devino:1")),
        (KEY, track(id="")),
        (KEY, Track.of_receipt(receipt("order-1"))),
        (ID, track()),
        ("messente reference order-7", track()),
    ],
    ids=[
        *("another's", "another's reference", "another's id", "no id", "no report", "no reference"),
        "another message",
    ],
)
async def test_what_does_not_prove_it_leaves_it_unknown(
    journal: Journal, key: str, heard: Track
) -> None:
    await settled_as(journal, "order-1", EntryState.UNKNOWN)
    store = tracks_of(journal)
    assert await store.merge(key, heard) == heard
    assert await states_of(journal) == {"order-1": EntryState.UNKNOWN}
    assert await store.load(key) == heard


async def test_a_message_that_became_unknown_later_is_accepted_by_a_repetition(
    journal: Journal,
) -> None:
    store = tracks_of(journal)
    await store.merge(KEY, track())
    await settled_as(journal, "order-1", EntryState.UNKNOWN)
    await store.merge(KEY, track())
    assert await states_of(journal) == {"order-1": EntryState.ACCEPTED}


async def test_a_report_without_an_id_proves_it_if_one_before_had_the_id(journal: Journal) -> None:
    store = tracks_of(journal)
    await store.merge(KEY, track(S.SENT))
    await settled_as(journal, "order-1", EntryState.UNKNOWN)
    await store.merge(KEY, track(id=""))
    entry = await journal.find("order-1")
    assert entry is not None
    assert entry.receipt is not None
    assert entry.receipt.id == ID


async def test_a_message_that_cannot_be_read_is_left_as_it_is(journal: Journal, path: Path) -> None:
    await settled_as(journal, "order-1", EntryState.UNKNOWN)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE message SET document = 'kestrel'")
    before = await journal.find("order-1")
    store = tracks_of(journal)
    assert await store.merge(KEY, track()) == await store.load(KEY) == track()
    assert await journal.find("order-1") == before


async def test_a_track_that_cannot_be_read_leaves_the_message_unknown(
    journal: Journal, path: Path
) -> None:
    await settled_as(journal, "order-1", EntryState.UNKNOWN)
    store = tracks_of(journal)
    await store.merge(KEY, track(id=""))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE track SET document = 'kestrel'")
    with pytest.raises(Exception, match="cannot be read"):
        await store.merge(KEY, track())
    assert await states_of(journal) == {"order-1": EntryState.UNKNOWN}


# What an outbox makes of it.


async def interrupted(omni: Outbox, provider: MemoryProvider) -> None:
    """Send a message whose outcome is not known."""
    provider.failures["order-1"] = AnswerLostError("lost")
    with pytest.raises(AnswerLostError):
        await omni.send(message("order-1"))


async def test_the_vendor_is_asked_for_it_from_then_on(path: Path) -> None:
    provider = StatusProvider([report(S.READ, "memory:7")])
    async with Outbox(provider, path) as omni:
        await interrupted(omni, provider)
        assert (await omni.status("outbox:order-1")).state is S.UNKNOWN
        assert provider.asked == []
        await Tracker(store=omni.tracks).record(report(S.SENT, "memory:7"))
        found = await omni.status("outbox:order-1")
        assert (found.id, found.state) == ("outbox:order-1", S.READ)
        assert len(provider.asked) == 1


async def test_handed_over_again_it_has_its_receipt_and_is_not_sent_again(path: Path) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        await interrupted(omni, provider)
        await Tracker(store=omni.tracks).record(report(S.SENT, "memory:7"))
        again = [
            await omni.send(message("order-1")),
            await omni.send(message("order-1"), on_unknown="resend"),
        ]
        assert [each.id for each in again] == ["memory:7", "memory:7"]
        assert again[0].parts == (Part(Channel.SMS, "part-1", None),)
        known = await Tracker(omni, store=omni.tracks).report(again[0])
        assert known.state is S.SENT
    assert sent(provider) == ["order-1"]
    assert await states(path) == {"order-1": "accepted"}


async def test_a_report_while_it_is_sent_leaves_it_to_its_sender(path: Path) -> None:
    class TellingProvider(MemoryProvider):
        async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
            await Tracker(store=omni.tracks).record(report(S.SENT, "memory:7"))
            return await super().send(message, on_unknown=on_unknown)

    provider = TellingProvider()
    async with Outbox(provider, path) as omni:
        receipt = await omni.send(message("order-1"))
        assert receipt.id == "memory:order-1"
        assert await omni.send(message("order-1")) == evolve(receipt, raw=None)


async def test_a_report_of_another_provider_with_the_same_reference_is_none_of_it(
    path: Path,
) -> None:
    provider = MemoryProvider()
    async with Outbox(provider, path) as omni:
        await interrupted(omni, provider)
        await Tracker(store=omni.tracks).record(report(S.SENT, "devino:omni:7"))
        with pytest.raises(AnswerLostError):
            await omni.send(message("order-1"))


# A report that comes before it is known that nothing is known.


class ReportingProvider(MemoryProvider):
    """Its vendor reports what it takes before the answer is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker: Tracker | None = None

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        await super().send(message, on_unknown=on_unknown)
        assert self.tracker is not None
        await self.tracker.record(report(id="memory:1", reference=message.reference))
        raise AnswerLostError("lost", reference=message.reference)


async def test_what_was_reported_while_it_was_being_sent_is_accepted(path: Path) -> None:
    provider = ReportingProvider()
    async with Outbox(provider, path) as omni:
        provider.tracker = Tracker(store=omni.tracks)
        async for _ in omni.enqueue([message("order-1")]):
            pass
        await omni.drain()
        with pytest.raises(AnswerLostError):
            await omni.send(message("order-2"))
        assert (await omni.send(message("order-2"))).id == "memory:1"
    assert sent(provider) == ["order-1", "order-2"]
    assert await states(path) == {"order-1": "accepted", "order-2": "accepted"}


async def test_what_was_reported_before_the_process_was_killed_is_accepted(path: Path) -> None:
    journal = Journal(path)
    await settled_as(journal, "order-1", EntryState.CLAIMED)
    await settled_as(journal, "order-2", EntryState.CLAIMED)
    await tracks_of(journal, "memory").merge(
        reference_key("memory", "order-1"), track(id="memory:1")
    )
    assert await states_of(journal) == dict.fromkeys(["order-1", "order-2"], EntryState.CLAIMED)
    await journal.close()
    async with Outbox(MemoryProvider(), path):
        pass
    assert await states(path) == {"order-1": "accepted", "order-2": "unknown"}
