from __future__ import annotations

from typing import Any

import pytest

from benchmarks.arena import WorkFailedError, play
from benchmarks.case import Case, Contestant, Plan, Setting
from benchmarks.contest import Standing
from tests.benchmarks import players


def contestant(work: Setting, **more: Any) -> Contestant:
    return Contestant(**{"name": work.__qualname__, "work": work, "count": 4, **more})


def case(*contestants: Contestant, counted: bool = False) -> Case:
    return Case(
        name="test",
        title="a test",
        unit="message",
        contestants=contestants,
        reference=contestants[0].name,
        warm=2,
        counted=counted,
    )


def played(*contestants: Contestant, counted: bool = False) -> dict[str, Standing]:
    told: list[str] = []
    return dict(play(case(*contestants, counted=counted), Plan(rounds=2), told.append))


def test_everybody_has_a_turn_in_every_round() -> None:
    standings = played(contestant(players.idle), contestant(players.loud))
    for name in ("idle", "loud"):
        assert [turn.done for turn in standings[name].turns] == [4, 4]
        assert all(turn.seconds > 0 for turn in standings[name].turns)


def test_a_missing_peer_is_told_with_the_reason_and_the_others_play() -> None:
    lacking = contestant(players.loud, needs=("no_such_library",))
    standings = played(contestant(players.idle), lacking)
    assert standings["loud"].missing == "No module named 'no_such_library'"
    assert not standings["loud"].turns
    assert len(standings["idle"].turns) == 2


def test_a_module_can_be_hidden_from_a_contestant() -> None:
    options = {"module": "wave"}
    hidden = contestant(players.blind, without=("wave",), options=options)
    assert len(played(hidden)["blind"].turns) == 2
    with pytest.raises(WorkFailedError, match="blind did 0 of 2"):
        played(contestant(players.blind, options=options))


def test_who_does_less_than_asked_has_failed() -> None:
    with pytest.raises(WorkFailedError, match="idle did 3 of 4"):
        played(contestant(players.idle, options={"allowed": 3}))


def test_who_ends_has_failed_and_the_others_are_ended(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WorkFailedError, match="failing ended"):
        played(contestant(players.idle), contestant(players.failing))
    assert "this is what it says" in capfd.readouterr().err


def test_the_responder_counts_what_was_sent() -> None:
    standings = played(contestant(players.sends), counted=True)
    assert [turn.done for turn in standings["sends"].turns] == [4, 4]


def test_who_sends_more_than_it_says_has_failed() -> None:
    with pytest.raises(WorkFailedError, match="careless says 4, but the responder counted 5"):
        played(contestant(players.careless), counted=True)


def test_work_that_is_never_sent_has_failed() -> None:
    with pytest.raises(WorkFailedError, match="idle says 4, but the responder counted 0"):
        played(contestant(players.idle), counted=True)


@pytest.mark.parametrize(
    ("plan", "size", "rounds"),
    [
        (Plan(), 2000, 7),
        (Plan(quick=True), 200, 2),
        (Plan(scale=0.5, rounds=3), 1000, 3),
        (Plan(scale=1e-9), 1, 7),
    ],
)
def test_a_plan_says_how_much_is_measured(plan: Plan, size: int, rounds: int) -> None:
    assert (plan.size(2000), plan.rounds_of(7)) == (size, rounds)
