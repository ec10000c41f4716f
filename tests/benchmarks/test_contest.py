from __future__ import annotations

from collections import Counter

from hypothesis import given, strategies as st

from benchmarks.contest import Spread, Standing, Turn, in_turn, ratios

SECONDS = st.floats(min_value=1e-3, max_value=1e3)


def standing(*seconds: float, done: int = 1) -> Standing:
    return Standing(turns=[Turn(done=done, seconds=each, cpu_seconds=each / 2) for each in seconds])


def test_a_spread_holds_the_median_the_least_and_the_most() -> None:
    assert Spread.of([5.0, 1.0, 3.0]) == Spread(3.0, 1.0, 5.0)
    assert Spread.of([4.0, 1.0]) == Spread(2.5, 1.0, 4.0)
    assert Spread.of([]) is None


@given(st.lists(SECONDS, min_size=1))
def test_a_spread_does_not_depend_on_the_order_of_rounds(figures: list[float]) -> None:
    spread = Spread.of(figures)
    assert spread == Spread.of(reversed(figures))
    assert spread is not None
    assert spread.low <= spread.median <= spread.high


def test_a_cost_is_microseconds_for_each_operation() -> None:
    measured = standing(1.0, 3.0, 2.0, done=1000)
    assert measured.costs == [1000.0, 3000.0, 2000.0]
    assert measured.cost == Spread(2000.0, 1000.0, 3000.0)
    assert measured.cpu_costs == [500.0, 1500.0, 1000.0]


def test_the_cost_can_be_that_of_the_processor() -> None:
    turn = Turn(done=10, seconds=1.0, cpu_seconds=0.5)
    assert Standing(turns=[turn], by_cpu=True).costs == [50_000.0]


def test_the_growth_is_the_most_of_all_turns() -> None:
    turns = [Turn(done=1, seconds=1.0, cpu_seconds=1.0, growth=growth) for growth in (3, None, 7)]
    assert Standing(turns=turns).growth == 7
    assert standing(1.0).growth is None


def test_ratios_are_of_the_same_round() -> None:
    # A busy machine made both slow in the second round, and neither slower than the other.
    assert ratios([2.0, 20.0, 2.0], [1.0, 10.0, 1.0]) == [2.0, 2.0, 2.0]


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1))
def test_a_ratio_turned_round_is_its_inverse(pairs: list[tuple[float, float]]) -> None:
    one, other = zip(*pairs, strict=True)
    for forth, back in zip(ratios(one, other), ratios(other, one), strict=True):
        assert abs(forth * back - 1) < 1e-9


def test_rounds_begin_with_another_contestant_each() -> None:
    assert [in_turn("ABC", number) for number in range(4)] == [
        ["A", "B", "C"],
        ["B", "C", "A"],
        ["C", "A", "B"],
        ["A", "B", "C"],
    ]
    assert in_turn([], 3) == []


@given(st.integers(1, 9))
def test_everybody_has_every_place_equally_often(count: int) -> None:
    rounds = [in_turn(range(count), number) for number in range(count)]
    for place in range(count):
        assert Counter(order[place] for order in rounds) == Counter(range(count))
