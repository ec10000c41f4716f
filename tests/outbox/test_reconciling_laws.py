"""Which unknown message is which row: laws that hold for all messages and all lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from attrs import evolve
from hypothesis import example, given, strategies as st

from omni_common.message import Channel
from omni_common.outbox.reconciling import REACH, Doubt, found_again, periods
from omni_common.sent import SentAs, SentMessage
from tests.outbox.journals import NOON

# Few of each, so that much of what is drawn is alike.
_people = st.sampled_from(["+37251000001", "+37251000002"])
_senders = st.sampled_from(["Shop", "Bank"])
_texts = st.sampled_from(["Hello", "Hello "])
_likenesses = st.builds(SentAs, _people, st.just(Channel.SMS), _senders, _texts)
_moments = st.integers(-60, 60).map(lambda hours: NOON + timedelta(hours=hours))
_rows = st.builds(
    SentMessage,
    st.integers(1, 9).map(lambda number: f"devino:sms:{number}"),
    _people,
    st.sampled_from([Channel.SMS, Channel.SMS, Channel.VIBER]),
    _senders | st.none(),
    _texts | st.none(),
    _moments | st.none(),
)
_claimed = st.sets(st.integers(1, 9).map(lambda number: f"devino:sms:{number}"), max_size=3)


@st.composite
def _doubts(draw: st.DrawFn) -> list[Doubt]:
    drawn = draw(
        st.lists(
            st.tuples(_likenesses, st.lists(_moments, min_size=1, max_size=2), st.booleans()),
            max_size=5,
        )
    )
    return [
        Doubt(number, f"order-{number}", likeness, tuple(moments), lost=lost)
        for number, (likeness, moments, lost) in enumerate(drawn, start=1)
    ]


def may_be(doubt: Doubt, row: SentMessage) -> bool:
    """Whether nothing shows that *row* is another message."""
    near = row.at is None or any(abs(row.at - moment) <= REACH for moment in doubt.moments)
    return near and row.sent_as == doubt.sent_as


def expected(
    doubts: Sequence[Doubt], rows: Sequence[SentMessage], claimed: set[str]
) -> dict[int, SentMessage]:
    """What is meant, said as plainly as can be."""
    distinct = [row for row in set(rows) if row.id not in claimed]
    same_id = {row.id: [each for each in distinct if each.id == row.id] for row in distinct}
    # One of two rows with the same id is wrong, so that neither tells when it was sent.
    free = [row if len(same_id[row.id]) == 1 else evolve(row, at=None) for row in distinct]
    found = {}
    for doubt in doubts:
        candidates = [row for row in free if may_be(doubt, row)]
        if len(candidates) == 1 and doubt.lost and candidates[0].at is not None:
            others = [each for each in doubts if each.id != doubt.id]
            if not any(may_be(other, candidates[0]) for other in others):
                found[doubt.id] = candidates[0]
    return found


HELLO = SentAs("+37251000001", Channel.SMS, "Shop", "Hello")
DOUBT = Doubt(1, "order-1", HELLO, (NOON,))
ROW = SentMessage("devino:sms:1", "+37251000001", Channel.SMS, "Shop", "Hello", NOON)


@given(_doubts(), st.lists(_rows, max_size=8), _claimed)
@example([DOUBT], [ROW], set())
@example([DOUBT], [ROW, ROW], set())
@example([DOUBT], [ROW], {ROW.id})
@example([DOUBT, evolve(DOUBT, id=2)], [ROW], set())
@example([DOUBT, evolve(DOUBT, id=2)], [ROW, evolve(ROW, id="devino:sms:2")], set())
@example([DOUBT], [ROW, evolve(ROW, id="devino:sms:2")], set())
@example([DOUBT], [ROW, evolve(ROW, id="devino:sms:2", at=None)], set())
@example([DOUBT], [evolve(ROW, at=None)], set())
@example([DOUBT], [evolve(ROW, at=NOON + REACH)], set())
@example([DOUBT], [evolve(ROW, at=NOON + REACH + REACH.resolution)], set())
@example([DOUBT], [ROW, evolve(ROW, text="Goodbye")], set())
@example([evolve(DOUBT, lost=False)], [ROW], set())
def test_what_is_found_is_what_leaves_no_doubt(
    doubts: list[Doubt], rows: list[SentMessage], claimed: set[str]
) -> None:
    found = found_again(doubts, rows, claimed)
    assert found == expected(doubts, rows, claimed)
    assert len({row.id for row in found.values()}) == len(found)  # never two to one row
    assert not claimed & {row.id for row in found.values()}


def test_the_plainest_case_is_found() -> None:
    assert found_again([DOUBT], [ROW], ()) == {1: ROW}


@given(st.data(), _doubts(), st.lists(_rows, max_size=8), _claimed)
def test_neither_order_nor_repetition_matters(
    data: st.DataObject, doubts: list[Doubt], rows: list[SentMessage], claimed: set[str]
) -> None:
    shuffled = data.draw(st.permutations(doubts * 2)), data.draw(st.permutations(rows * 2))
    assert found_again(*shuffled, claimed) == found_again(doubts, rows, claimed)


@given(_doubts(), st.lists(_rows, max_size=8), st.lists(_rows, max_size=8), _claimed)
def test_rows_that_differ_in_anything_change_nothing(
    doubts: list[Doubt], rows: list[SentMessage], more: list[SentMessage], claimed: set[str]
) -> None:
    others = [
        evolve(row, id=f"another:{number}")
        for number, row in enumerate(more)
        if not any(may_be(doubt, row) for doubt in doubts)
    ]
    assert found_again(doubts, [*others, *rows], claimed) == found_again(doubts, rows, claimed)


@given(_doubts(), st.lists(_rows, max_size=8), _claimed)
def test_a_second_run_finds_nothing_new(
    doubts: list[Doubt], rows: list[SentMessage], claimed: set[str]
) -> None:
    found = found_again(doubts, rows, claimed)
    left = [doubt for doubt in doubts if doubt.id not in found]
    assert found_again(left, rows, claimed | {row.id for row in found.values()}) == {}


@given(_doubts(), _doubts(), st.lists(_rows, max_size=8), _claimed)
def test_more_messages_in_doubt_never_let_more_of_the_first_be_found(
    doubts: list[Doubt], more: list[Doubt], rows: list[SentMessage], claimed: set[str]
) -> None:
    others = [evolve(doubt, id=-doubt.id) for doubt in more]
    found = found_again([*doubts, *others], rows, claimed)
    before = found_again(doubts, rows, claimed)
    assert {id: row for id, row in found.items() if id > 0}.items() <= before.items()


_ENDS = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]


@given(st.lists(_moments | st.sampled_from(_ENDS), max_size=6), _moments)
def test_the_vendor_is_asked_about_all_that_can_be_reached_and_nothing_twice(
    moments: list[datetime], row: datetime
) -> None:
    asked = periods(moments)
    inside = [after <= row <= before for after, before in asked]
    assert sum(inside) == any(abs(row - moment) <= REACH for moment in moments)
    ends = [end for period in asked for end in period]
    assert ends == sorted(ends)
    assert len(set(ends)) == len(ends)
