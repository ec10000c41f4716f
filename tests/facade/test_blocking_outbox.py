"""The blocking outbox over real HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from omni_common import (
    Accepted,
    ConfigurationError,
    DeliveryReport,
    DeliveryState,
    Message,
    NotSupportedError,
    Sms,
)
from omni_common.errors import ClientClosedError, JournalError
from omni_common.outbox import EntryState
from omni_common.sandbox import Emulator, Fault
from omni_common.sync import Tracker
from omni_common.sync.outbox import Outbox


def messages(count: int, **options: datetime) -> Iterator[Message]:
    for number in range(count):
        reference = f"order-{number}"
        yield Message(f"+3725100{1000 + number}", Sms("Hi"), reference=reference, **options)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sends.db"


def test_a_campaign_is_written_down_and_sent(vendor: Emulator, url: str, path: Path) -> None:
    with Outbox(url, path) as omni:
        outcomes = list(omni.enqueue(messages(450)))
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert [outcome.message.reference for outcome in outcomes][:2] == ["order-0", "order-1"]
        omni.drain()
        assert omni.count()[EntryState.ACCEPTED] == 450
        assert omni.count_deliveries("order-1") == {(EntryState.ACCEPTED, None): 111}
        assert len(vendor.ledger) == 450
        assert omni.dispatches()
        assert omni.paused() is None
        assert omni.journal_file == path


def test_what_is_unknown_is_listed_and_sent_again_only_when_told(
    vendor: Emulator, url: str, path: Path
) -> None:
    with Outbox(url, path) as omni:
        vendor.fail_next(Fault.DROP, on="send")
        list(omni.enqueue(messages(1)))
        omni.drain()
        (lost,) = omni.entries([EntryState.UNKNOWN])
        assert lost.reference == "order-0"
        assert len(vendor.ledger) == 1
        with pytest.raises(NotSupportedError):
            omni.reconcile()
        assert omni.resend_unknown(iter(["order-0", "order-1"])) == 1
        omni.drain()
        assert len(vendor.ledger) == 2
        assert omni.count_open()[EntryState.UNKNOWN] == 0


def test_what_is_kept_is_taken_back_and_purged(vendor: Emulator, url: str, path: Path) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    with Outbox(url, path, hold=True) as omni:
        (message,) = messages(1, send_at=at)
        receipt = omni.send(message)
        assert omni.next_due() == at
        omni.drain()
        omni.cancel(receipt.id)
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert omni.purge(before=later, states=iter([EntryState.CANCELLED])) == 1
        omni.resume()
    assert len(vendor.ledger) == 0
    with pytest.raises(ClientClosedError):
        omni.count()


def test_a_forked_child_sends_nothing_and_says_so(vendor: Emulator, url: str, path: Path) -> None:
    with Outbox(url, path) as omni:
        (first, second) = messages(2)
        omni.send(first)
        child = os.fork()
        if not child:
            code = 1
            try:
                omni.send(second)
            except JournalError as error:
                code = 0 if "fork" in error.text else 2
                omni.close()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        omni.send(second)
    assert len(vendor.ledger) == 2


def test_what_a_blocking_tracker_hears_is_kept_in_the_journal(url: str, path: Path) -> None:
    with Outbox(url, path) as omni, Tracker(omni, store=omni.tracks) as tracker:
        (message,) = messages(1)
        receipt = omni.send(message)
        known = tracker.add(receipt)
        assert known.state is DeliveryState.ACCEPTED
        tracker.record(DeliveryReport(receipt.id, DeliveryState.DELIVERED))
    with Outbox(url, path) as omni, Tracker(omni, store=omni.tracks) as tracker:
        report = tracker.report(receipt.id)
        assert report is not None
        assert report.state is DeliveryState.DELIVERED
        assert omni.count_deliveries() == {(EntryState.ACCEPTED, DeliveryState.DELIVERED): 1}


def test_a_configured_outbox_is_one(url: str, path: Path) -> None:
    config = path.with_name("omni.toml")
    config.write_text(
        f'[profiles.shop]\nurl = "{url}"\n'
        '[profiles.kept]\ntype = "outbox"\njournal_file = "sends.db"\nvia = "shop"\n'
    )
    with Outbox(profile="kept", config=config) as omni:
        omni.drain()
        assert omni.journal_file == path
    with pytest.raises(ConfigurationError, match="an outbox already"):
        Outbox(None, path, profile="kept", config=config)
    with pytest.raises(ConfigurationError, match="an outbox already"):
        Outbox(profile="kept", config=config, rate=5)


def test_an_outbox_without_a_journal_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="journal_file is missing"):
        Outbox(url)
