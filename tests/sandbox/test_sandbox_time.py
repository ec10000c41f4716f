"""The emulators' clock, what numbers mean, and the ledger: all without a socket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from omni_common.errors import ConfigurationError
from omni_common.sandbox import (
    Ledger,
    LedgerEntry,
    SandboxClock,
    Scenario,
    StateChange,
    scenario_of,
)

START = datetime(2027, 1, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STEPS = st.lists(st.timedeltas(timedelta(), timedelta(days=9)), max_size=9)


@given(STEPS)
def test_a_frozen_clock_shows_its_start_and_what_it_was_advanced_by(steps: list[timedelta]) -> None:
    clock = SandboxClock(START, frozen=True)
    for step in steps:
        clock.advance(step)
    assert clock.now() == START + sum(steps, timedelta())


def test_a_running_clock_follows_real_time_and_can_still_be_advanced() -> None:
    clock = SandboxClock()
    before = datetime.now(UTC)
    assert abs(clock.now() - before) < timedelta(seconds=30)
    clock.advance(timedelta(days=2))
    assert clock.now() - before >= timedelta(days=1, hours=23)
    assert not clock.is_frozen


def test_a_fast_clock_reaches_a_moment_sooner() -> None:
    moment = START + timedelta(hours=10)
    slow = SandboxClock(START).seconds_until(moment)
    fast = SandboxClock(START, speed=100).seconds_until(moment)
    assert slow is not None
    assert fast is not None
    assert slow == pytest.approx(36_000, abs=30)
    assert fast == pytest.approx(360, abs=30)


def test_a_frozen_clock_never_reaches_a_moment_by_itself() -> None:
    clock = SandboxClock(START, frozen=True)
    assert clock.seconds_until(START + SECOND) is None
    clock.advance(SECOND)
    assert clock.seconds_until(START + SECOND) == 0


def test_whoever_watches_a_clock_is_told_of_each_jump_until_it_stops_watching() -> None:
    clock = SandboxClock(START, frozen=True)
    seen: list[datetime] = []
    unwatch = clock.watch(lambda: seen.append(clock.now()))
    clock.advance(SECOND)
    unwatch()
    unwatch()
    clock.advance(SECOND)
    assert seen == [START + SECOND]


def test_a_clock_refuses_what_makes_no_time() -> None:
    with pytest.raises(ConfigurationError, match="aware"):
        SandboxClock(START.replace(tzinfo=None))
    with pytest.raises(ConfigurationError, match="speed"):
        SandboxClock(speed=0)
    with pytest.raises(ConfigurationError, match="backwards"):
        SandboxClock().advance(-SECOND)


@given(st.sampled_from(Scenario), st.from_regex(r"\+[1-9][0-9]{2,10}", fullmatch=True))
def test_the_last_four_digits_decide_in_any_country(scenario: Scenario, prefix: str) -> None:
    assert scenario_of(scenario.number(prefix)) is scenario
    assert scenario_of(f"customer{scenario.value}@example.com") is scenario


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_every_other_number_is_delivered(number: str) -> None:
    special = number[-4:] in {scenario.value for scenario in Scenario}
    assert special or scenario_of(number) is Scenario.DELIVERED


def entry(id: str = "1", to: str = "+37251000000", **changes: object) -> LedgerEntry:
    given = {"text": "Hello", "channels": ("sms",), "accepted_at": START, **changes}
    return LedgerEntry(id=id, to=to, **given)  # type: ignore[arg-type]


def test_a_ledger_finds_messages_by_recipient_with_or_without_plus() -> None:
    ledger = Ledger()
    for written in (entry("1"), entry("2", "37251000000"), entry("3", "+37252000000")):
        ledger.write(written)
    assert [found.id for found in ledger.find(to="+37251000000")] == ["1", "2"]
    assert ledger.count(to="37252000000") == 1
    assert ledger.count() == len(ledger) == 3


def test_a_ledger_finds_text_wherever_it_was_sent() -> None:
    ledger = Ledger()
    ledger.write(entry("1", text="Order 42"))
    ledger.write(entry("2", content={"messages": [{"options": {"ref": "order-42-b"}}, 42]}))
    assert [found.id for found in ledger.find(text="42-b")] == ["2"]
    assert ledger.count(text="42") == 2
    assert ledger.count(text="43") == 0


def test_writing_an_entry_again_replaces_it_in_its_place() -> None:
    ledger = Ledger()
    for written in (entry("1"), entry("2"), entry("1", cancelled_at=START)):
        ledger.write(written)
    assert [found.id for found in ledger] == ["1", "2"]
    assert ledger["1"].cancelled_at == START
    assert ledger.get("3") is None


def test_what_has_become_of_a_message_follows_from_the_time_asked_about() -> None:
    changes = tuple(
        StateChange(START + step * SECOND, "sms", state)
        for step, state in ((1, "sent"), (2, "delivered"))
    )
    message = entry(plan=changes)
    states = [message.state(START + step * SECOND) for step in range(4)]
    assert states == [None, "sent", "delivered", "delivered"]
    assert message.history(START + SECOND) == changes[:1]


def test_neither_ledger_nor_entry_prints_whom_it_is_for_or_what_it_says() -> None:
    ledger = Ledger()
    ledger.write(entry(content={"text": "Hello"}, callback_url="https://example.com/token"))
    shown = f"{ledger!r} {ledger['1']!r}"
    assert "1 messages" in shown
    for hidden in ("Hello", "51000000", "token"):
        assert hidden not in shown
