"""Every message's outcome, as the client tells it, against what the vendor truly took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

import pytest
from attrs import evolve, frozen

from omni_common import (
    Accepted,
    Message,
    NotSent,
    NotSentError,
    OutcomeUnknownError,
    Receipt,
    SendOutcome,
    Sms,
    Unknown,
)
from tests.reliability.accounting import Audit
from tests.reliability.conftest import Size
from tests.reliability.many_messages import WAYS, Way, by_tasks, messages_for
from tests.reliability.vendor_process import Taken, VendorProcess
from tests.support.emulated_vendor import VENDORS
from tests.support.figures import RecordProperty

SEED = 5
OPTIONS = "&timeout=2&bulk_timeout=4&response_limit=1000000"
OWN_OPTIONS = {"messente": "", "devino": "&email_sender=shop%40shop.example"}
MESSAGES = {
    "send": 24_000,
    "send_many": 40_000,
    "blocking send": 10_000,
    "blocking send_many": 16_000,
}
UNDER_FIRE = 8_000
"""Messages of the runs in which faults are common, or doubles allowed."""


@pytest.fixture(scope="module")
def vendors() -> Iterator[VendorProcess]:
    with VendorProcess() as process:
        yield process


@frozen
class Run:
    """Sends many messages over a vendor that fails, and looks at what came of each."""

    vendors: VendorProcess
    size: Size

    def figures(
        self, vendor: str, way: Way, count: int, rate: float, **audit: bool
    ) -> dict[str, int]:
        """What came of *count* messages, in the full size, where *rate* of all exchanges fail."""
        url = self.vendors.open(vendor, fault_rate=rate, seed=SEED)
        messages = messages_for(vendor, self.size(short=160, full=count), SEED)
        batch = self.size(short=2, full=20)
        options = f"{OPTIONS}&batch_size={batch}{OWN_OPTIONS[vendor]}"
        outcomes = way(url + options, messages)
        truth = self.vendors.close(url)
        found = Audit(messages, outcomes, truth.taken, **audit)
        assert not found.violations, f"seed {SEED}: {found.violations[:10]}"
        assert truth.faults > rate * truth.exchanges / 3, truth.happened
        figures = found.figures | {"exchanges": truth.exchanges, "faults": truth.faults}
        certain = self.size(short=3, full=4)  # the last needs many faults
        teeth = ("accepted", "not sent", "unknown", "of these taken")[:certain]
        assert all(figures[each] for each in teeth), figures
        return figures


@pytest.fixture
def run(vendors: VendorProcess, size: Size) -> Run:
    return Run(vendors, size)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_each_message_has_the_outcome_that_the_ledger_shows(
    vendor: str, way: str, run: Run, record_property: RecordProperty
) -> None:
    figures = run.figures(vendor, WAYS[way], MESSAGES[way], 0.1)
    record_property(f"accounting, {vendor}, {way}", figures)


@pytest.mark.parametrize("way", ["send", "send_many"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_so_it_has_where_three_of_ten_exchanges_fail(
    vendor: str, way: str, run: Run, record_property: RecordProperty
) -> None:
    figures = run.figures(vendor, WAYS[way], UNDER_FIRE, 0.3)
    record_property(f"accounting, {vendor}, {way}, 30 % faults", figures)


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_resent_is_taken_no_more_often_than_it_left(
    vendor: str, run: Run, record_property: RecordProperty
) -> None:
    resending: Way = partial(by_tasks, on_unknown="resend")
    rate = run.size(short=3, full=1) / 10  # of a few messages enough must fail
    figures = run.figures(vendor, resending, UNDER_FIRE, rate, resends=True)
    record_property(f"accounting, {vendor}, send with on_unknown=resend", figures)
    assert figures["taken again"] > 0  # or the flag does nothing


# The audit itself: an honest account passes, and each kind of lie is found.

MESSAGE = Message("+37251000000", Sms("#m1#"), reference="1")
OTHER = Message("+37251000000", Sms("#m2#"), reference="2")
TAKEN = Taken("id-1", "37251000000", "#m1#")
ACCEPTED = Accepted(MESSAGE, Receipt("messente:id-1", "messente", "1", "+37251000000"))
REFUSED = NotSent(MESSAGE, NotSentError("no"))
UNKNOWN = Unknown(MESSAGE, OutcomeUnknownError("who knows"))
Told: TypeAlias = tuple[list[SendOutcome], list[Taken]]


@pytest.mark.parametrize("taken", [[], [TAKEN]], ids=["not taken", "taken"])
def test_the_audit_lets_an_unknown_message_be_taken_once_or_not(taken: list[Taken]) -> None:
    assert not Audit([MESSAGE], [UNKNOWN], taken).violations


def test_the_audit_finds_nothing_in_an_honest_account() -> None:
    assert not Audit([MESSAGE], [ACCEPTED], [TAKEN]).violations
    assert not Audit([MESSAGE], [REFUSED], []).violations


@pytest.mark.parametrize(
    "told",
    [
        lambda: ([ACCEPTED], []),
        lambda: ([ACCEPTED], [TAKEN, evolve(TAKEN, id="id-2")]),
        lambda: ([ACCEPTED], [evolve(TAKEN, id="id-2")]),
        lambda: ([ACCEPTED], [evolve(TAKEN, to="37251000001")]),
        lambda: ([ACCEPTED], [evolve(TAKEN, text="#m2#")]),
        lambda: ([REFUSED], [TAKEN]),
        lambda: ([UNKNOWN], [TAKEN, evolve(TAKEN, id="id-2")]),
        lambda: ([ACCEPTED, ACCEPTED], [TAKEN]),
        lambda: ([], []),
        lambda: ([evolve(ACCEPTED, message=OTHER)], [TAKEN]),
        lambda: ([evolve(ACCEPTED, receipt=evolve(ACCEPTED.receipt, reference="2"))], [TAKEN]),
        lambda: ([REFUSED], [Taken("id-9", "37251000009", "never asked for")]),
    ],
    ids=[
        *("lost", "twice", "foreign id", "foreign number", "foreign text"),
        *("refused and taken", "unknown and twice", "two outcomes", "no outcome"),
        *("out of order", "foreign reference", "unasked"),
    ],
)
def test_the_audit_finds_each_kind_of_lie(told: Callable[[], Told]) -> None:
    outcomes, taken = told()
    assert Audit([MESSAGE], outcomes, taken).violations
