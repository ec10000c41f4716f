"""What is said at the end: the table, and the exit code."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from omni_common import DeliveryState
from omni_common.cli.bulk.ending import code_of
from omni_common.cli.bulk.table import outcome_lines, row_lines
from omni_common.cli.bulk.tally import Tally
from omni_common.cli.outbox.status import Counts
from omni_common.outbox import EntryState

COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(EntryState), st.none() | st.sampled_from(DeliveryState)),
    st.integers(0, 10**9),
)


@pytest.mark.parametrize(
    ("states", "refused", "kept", "code"),
    [
        ([], 0, False, 0),
        (["accepted", "cancelled"], 0, False, 0),
        (["accepted"], 1, False, 2),
        (["refused"], 0, False, 2),
        (["expired"], 0, False, 2),
        (["refused", "queued"], 1, False, 75),
        (["claimed"], 0, False, 75),
        (["queued"], 0, True, 0),
        (["queued", "refused"], 0, True, 2),
        (["unknown", "queued", "refused"], 1, False, 3),
    ],
)
def test_the_exit_code_is_of_what_asks_for_most_attention(
    *, states: list[str], refused: int, kept: bool, code: int
) -> None:
    counts: Counts = {(EntryState(state), None): 1 for state in states}
    assert code_of(counts, refused, kept=kept) == code


@given(COUNTS)
def test_the_table_has_a_line_for_each_outcome_that_there_is(counts: Counts) -> None:
    lines = outcome_lines(counts)
    assert len(lines) == sum(1 for number in counts.values() if number)
    for (state, delivery), number in counts.items():
        if number:
            label = state.value if delivery is None else f"{state.value}, {delivery.value}"
            [line] = [line for line in lines if line.split("  ")[1] == label]
            assert f"{number:,}" in line


@given(st.lists(st.tuples(st.integers(1), st.text(max_size=3))))
def test_reasons_are_counted_in_bounded_memory(refused: list[tuple[int, str]]) -> None:
    tally = Tally()
    for _ in range(20):
        for line, reason in refused:
            tally.refuse(line, reason)
    assert tally.refused_rows == tally.rows == 20 * len(refused)
    assert len(tally.refused) <= 31
    assert all(len(reason.lines) <= 3 for reason in tally.refused.values())


def test_a_reason_names_the_first_lines() -> None:
    tally = Tally()
    for line in (4, 9, 11, 12):
        tally.refuse(line, "the column is empty")
    assert "    4: the column is empty (lines 4, 9, 11, ...)" in row_lines(tally)
