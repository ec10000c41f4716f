from __future__ import annotations

from benchmarks.contest import Spread, Standing, Turn
from benchmarks.goals import Goal, extra, faster, growth, net_times, ran, speed, times

MISSING = Standing(missing="not installed")


def standing(*microseconds: float, growth: int | None = None) -> Standing:
    return Standing(
        turns=[
            Turn(done=1, seconds=each / 1e6, cpu_seconds=0.0, growth=growth)
            for each in microseconds
        ]
    )


def near(spread: Spread | None) -> tuple[float, float, float] | None:
    if spread is None:
        return None
    return round(spread.median, 6), round(spread.low, 6), round(spread.high, 6)


def test_speed_is_against_the_fastest_of_several() -> None:
    standings = {"own": standing(10, 10), "slow": standing(90, 90), "fast": standing(30, 20)}
    assert near(speed("own", against=("slow", "fast"))(standings)) == (2.5, 2.0, 3.0)


def test_a_missing_peer_is_not_the_fastest() -> None:
    standings = {"own": standing(10), "slow": standing(90), "fast": MISSING}
    assert near(speed("own", against=("slow", "fast"))(standings)) == (9.0, 9.0, 9.0)
    assert speed("own", against=("fast",))(standings) is None
    assert speed("fast", against=("own",))(standings) is None


def test_costs_are_compared_round_by_round() -> None:
    standings = {"own": standing(30, 50), "other": standing(20, 25), "bare": standing(10, 15)}
    assert near(times("own", against="other")(standings)) == (1.75, 1.5, 2.0)
    assert near(extra("own", over="other")(standings)) == (17.5, 10.0, 25.0)
    assert near(net_times("own", against="other", over="bare")(standings)) == (2.75, 2.0, 3.5)


def test_what_is_missing_has_no_figure() -> None:
    standings = {"own": MISSING, "other": standing(20), "bare": standing(10)}
    assert times("own", against="other")(standings) is None
    assert extra("own", over="other")(standings) is None
    assert net_times("own", against="other", over="bare")(standings) is None
    assert growth("own")(standings) is None
    assert ran("own")(standings) is None


def test_growth_is_in_megabytes_and_a_run_is_counted() -> None:
    standings = {"own": standing(1, 1, growth=3_500_000)}
    assert near(growth("own")(standings)) == (3.5, 3.5, 3.5)
    assert near(ran("own")(standings)) == (2.0, 2.0, 2.0)


def test_a_goal_is_judged_by_the_median() -> None:
    standings = {"own": standing(10, 10, 10), "other": standing(9, 20, 30)}
    assert faster("own", "other", least=2).judge(standings).met is True
    assert faster("own", "other", least=2.1).judge(standings).met is False
    cost = times("own", against="other")
    assert Goal(text="cost", figure=cost, most=0.5).judge(standings).met is True
    assert Goal(text="cost", figure=cost, most=0.4).judge(standings).met is False


def test_without_a_figure_or_a_limit_there_is_no_verdict() -> None:
    standings = {"own": standing(10), "other": MISSING}
    assert faster("own", "other", least=2).judge(standings).met is None
    assert faster("own", "own").judge(standings).met is None
