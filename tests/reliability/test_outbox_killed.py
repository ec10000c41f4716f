"""Campaigns over an outbox that are killed again and again: none lost, none twice, all told."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.reliability.campaign import Campaign
from tests.reliability.conftest import Size
from tests.reliability.vendor_process import VendorProcess
from tests.support.figures import RecordProperty

pytestmark = pytest.mark.timeout(3_600)

SEED = 20_261_122
_ROOT = Path(__file__).parents[2]
_LONGEST_LIFE = 1.0
"""Seconds that a process lives at most, from the moment that it begins."""
_CALLS_AT_ONCE = 4
_BATCH = 10
_PAUSES = 100


def _killed(campaign: Campaign, life: float) -> bool:
    """Run *campaign*, and kill it after *life* seconds; whether that was not too late."""
    with subprocess.Popen(
        campaign.command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        try:
            process.wait(life)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
        return False


def _worked_through(campaign: Campaign) -> dict[str, int]:
    """Run *campaign* until nothing waits any more; how many messages are in each state then.

    A vendor that does not let it in, be it by a fault of the test's, pauses it each time.
    """
    counts: dict[str, int] = {}
    for _ in range(_PAUSES):
        ended = subprocess.run(
            campaign.command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        counts = json.loads(ended.stdout.splitlines()[-1])
        if not counts["queued"]:
            return counts
    raise AssertionError(f"paused {_PAUSES} times: {counts}")


def _in_state(campaign: Campaign, *states: str) -> set[str]:
    """The references of messages that the journal has in some states."""
    with closing(sqlite3.connect(campaign.journal)) as journal:
        rows = journal.execute("SELECT state, reference FROM message").fetchall()
    return {reference for state, reference in rows if state in states}


def _lives(chance: Random, number: int) -> Iterator[float]:
    return (chance.uniform(0, _LONGEST_LIFE) for _ in range(number))


@pytest.mark.parametrize(("vendor", "fault_rate"), [("messente", 0.0), ("devino", 0.05)])
def test_a_campaign_that_is_killed_again_and_again_loses_and_doubles_nothing(
    vendor: str, fault_rate: float, tmp_path: Path, size: Size, record_property: RecordProperty
) -> None:
    kills, number = size(short=4, full=200), size(short=400, full=20_000)
    with VendorProcess() as vendors:
        url = vendors.open(vendor, fault_rate=fault_rate, seed=SEED)
        campaign = Campaign(
            url=f"{url}&timeout=2&bulk_timeout=2&batch_size={_BATCH}",
            journal=str(tmp_path / "campaign.db"),
            messages=number,
            rate=200,
        )
        chance, claimed, killed = Random(SEED), set[str](), 0
        began = time.monotonic()
        for life in _lives(chance, kills):
            killed += _killed(campaign, life)
            if Path(campaign.journal).exists():
                claimed |= _in_state(campaign, "claimed")
        counts = _worked_through(campaign)
        truth = vendors.close(url)
    taken = Counter(each.text for each in truth.taken)
    accepted, unknown = _in_state(campaign, "accepted"), _in_state(campaign, "unknown")
    record_property(
        "killed campaigns",
        {
            "messages": number,
            "killed": killed,
            **counts,
            "unknown and taken": sum(taken[each] for each in unknown),
            "claimed at a kill": len(claimed),
            "seconds": round(time.monotonic() - began),
        },
    )
    assert {*accepted, *unknown, *_in_state(campaign, "refused")} == {*campaign.references()}
    assert all(taken[each] == 1 for each in accepted), "accepted, and not taken once"
    assert all(taken[each] <= 1 for each in unknown), "sent twice"
    assert {*taken} <= accepted | unknown, "taken, and called not sent"
    if not fault_rate:
        assert unknown <= claimed, "unknown, and was never being sent when it was killed"
        assert len(unknown) <= killed * _CALLS_AT_ONCE * _BATCH
        assert len(accepted) >= 0.95 * number
