"""``omni outbox reconcile``, as the function that carries it out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devino_async.sandbox import DevinoEmulator
from omni_common import Message, OutcomeUnknownError, Sms, connect
from omni_common.cli.account import Account
from omni_common.cli.exits import ExitCode
from omni_common.cli.outbox.reconcile import reconciled
from omni_common.errors import ConfigurationError
from omni_common.outbox import EntryState, Outbox
from omni_common.outbox.documents import message_document
from omni_common.outbox.journal import Journal
from omni_common.outbox.rows import Posting, Turn
from omni_common.sandbox import Fault, running
from tests.cli.command import Omni

TEXT = "Your order is ready"


@pytest.fixture
def emulator() -> Iterator[DevinoEmulator]:
    with running(DevinoEmulator()) as started:
        yield started


@pytest.fixture
def account(emulator: DevinoEmulator) -> Account:
    return Account(url=f"{emulator.url}?sender=Shop&account_zone=UTC")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "sends.db"


def order(number: int, text: str = TEXT) -> Message:
    return Message(f"+7903123{number:04}", Sms(text), reference=f"order-{number}")


def lose(emulator: DevinoEmulator, account: Account, journal: Path, *numbers: int) -> None:
    """Send messages that the vendor takes, and whose answers are lost."""

    async def send() -> None:
        async with Outbox(account.connect(), journal) as omni:
            for number in numbers:
                emulator.fail_next(Fault.DROP, on="send")
                with suppress(OutcomeUnknownError):
                    await omni.send(order(number))

    asyncio.run(send())


def test_what_the_vendor_has_is_accepted_and_named(
    emulator: DevinoEmulator, account: Account, journal: Path
) -> None:
    lose(emulator, account, journal, 1000, 2000)
    result = reconciled(journal, account)
    assert result.code is ExitCode.DONE
    assert sorted(result.lines) == [
        "2 accepted, 0 unknown still",
        "accepted order-1000",
        "accepted order-2000",
    ]
    assert reconciled(journal, account).document == {
        "settled": 0,
        "left": 0,
        "claimed": 0,
        "references": [],
        "error": None,
    }
    assert len(emulator.ledger) == 2
    said = f"{result!r} {result.document} {result.lines}"
    assert TEXT not in said
    assert "7903123" not in said


def test_what_a_killed_process_was_sending_is_counted_and_not_looked_for(
    emulator: DevinoEmulator, account: Account, journal: Path
) -> None:
    lose(emulator, account, journal, 1000)

    async def claim() -> None:
        killed = Journal(journal)
        now = datetime.now(UTC)
        document = message_document(order(2000))
        await killed.put(
            [Posting("order-2000", Turn(EntryState.CLAIMED, now, held=False), document)], now
        )
        await killed.close()

    asyncio.run(claim())
    result = reconciled(journal, account)
    assert result.lines[:2] == ("accepted order-1000", "1 accepted, 0 unknown still")
    assert result.lines[2].startswith("1 being sent")
    assert result.document["claimed"] == 1


def test_an_outbox_that_is_the_account_sends_nothing_meanwhile(
    emulator: DevinoEmulator, account: Account, journal: Path, tmp_path: Path
) -> None:
    lose(emulator, account, journal, 1000)

    async def enqueue() -> None:
        omni = Outbox(connect("devino://key@127.0.0.1:1?sender=Shop&max_attempts=1"), journal)
        async with omni:
            assert [outcome async for outcome in omni.enqueue([order(2000)])]

    asyncio.run(enqueue())
    config = tmp_path / "omni.toml"
    config.write_text(
        f'[profiles.shop]\nurl = "{account.url}"\n'
        f'[profiles.kept]\ntype = "outbox"\njournal_file = "{journal.name}"\nvia = "shop"\n'
    )
    result = reconciled(journal, Account(profile="kept", config=config))
    assert result.document["references"] == ["order-1000"]
    assert len(emulator.ledger) == 1


def test_a_vendor_that_cannot_be_asked_leaves_all_as_it_was(
    emulator: DevinoEmulator, account: Account, journal: Path
) -> None:
    lose(emulator, account, journal, 1000)
    nobody = Account(url="devino://key@127.0.0.1:1?sender=Shop&account_zone=UTC&max_attempts=1")
    result = reconciled(journal, nobody)
    assert result.code is ExitCode.AGAIN
    assert (result.document["settled"], result.document["left"]) == (0, None)
    assert result.document["error"]["class"] == "ReadError"
    without_zone = reconciled(journal, Account(url=f"{emulator.url}?sender=Shop"))
    assert without_zone.code is ExitCode.REFUSED
    assert "account_zone" in without_zone.complaint
    assert reconciled(journal, account).document["settled"] == 1


def test_a_journal_that_is_not_there_is_wrong_usage(account: Account, journal: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no outbox"):
        reconciled(journal, account)
    assert not journal.exists()


def test_the_command_says_what_it_found(
    omni: Omni, emulator: DevinoEmulator, account: Account, journal: Path
) -> None:
    lose(emulator, account, journal, 1000)
    ended = omni("outbox", "reconcile", str(journal), "--json", "--url", str(account.url))
    assert ended.code == 0
    assert ended.document == {
        "settled": 1,
        "left": 0,
        "claimed": 0,
        "references": ["order-1000"],
        "error": None,
    }


def test_the_command_makes_no_journal(omni: Omni, account: Account, tmp_path: Path) -> None:
    ended = omni("outbox", "reconcile", str(tmp_path / "typo.db"), "--url", str(account.url))
    assert ended.code == 64
    assert "there is no outbox" in ended.complaints
    assert list(tmp_path.iterdir()) == []
