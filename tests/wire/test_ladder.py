from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from happ_webhooks.wire.ladder import Ladder, clamp_retry_after

LADDER = Ladder.parse("5, 30, 120, 600, 1800, 3600, 7200")


def test_the_default_ladder_has_eight_tries_in_three_hours_and_43_minutes() -> None:
    assert list(LADDER.steps) == [5, 30, 120, 600, 1800, 3600, 7200]
    assert LADDER.tries == 8
    assert LADDER.total == 13355


@pytest.mark.parametrize(
    ("waited", "rung"),
    [
        (-1, 0),
        (0, 0),
        (4.99, 0),
        (5, 1),
        (34.9, 1),
        (35, 2),
        (155, 3),
        (2554, 4),
        (2555, 5),
        (6155, 6),
        (13354, 6),
        (13355, 7),
        (1e9, 7),
    ],
)
def test_a_wait_reaches_as_many_rungs_as_whole_steps_fit_into_it(waited: float, rung: int) -> None:
    assert LADDER.reached(waited) == rung


@pytest.mark.parametrize(("rung", "step"), [(0, 5), (1, 30), (6, 7200), (7, 7200), (100, 7200)])
def test_a_delay_is_its_rungs_step_give_or_take_a_fifth(rung: int, step: float) -> None:
    rng = random.Random(1)
    delays = [LADDER.delay(rung, rng) for _ in range(500)]
    assert step * 0.8 <= min(delays) < step * 0.82
    assert step * 1.18 < max(delays) <= step * 1.2
    assert LADDER.delay(rung, random.Random(2)) == LADDER.delay(rung, random.Random(2))
    assert step * 0.8 <= LADDER.delay(rung) <= step * 1.2


@pytest.mark.parametrize("text", ["", " ", "5,,30", "5,x", "0", "-1", "5,nan", "inf", ",".join(["1"] * 21)])
def test_a_bad_ladder_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z][^.]*\.$"):
        Ladder.parse(text)


steps = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=20).map(lambda values: Ladder(tuple(values)))


@settings(deadline=None)
@given(steps, st.floats(0, 1e8))
def test_reaching_never_goes_back_and_ends_at_the_top(ladder: Ladder, waited: float) -> None:
    rung = ladder.reached(waited)
    assert 0 <= rung <= ladder.reached(waited + 1) <= len(ladder.steps)
    assert sum(ladder.steps[:rung]) <= waited
    assert Ladder.parse(",".join(map(repr, ladder.steps))) == ladder


@pytest.mark.parametrize(
    ("asked", "step", "wait"),
    [(None, 30, 30), (0, 30, 30), (10, 30, 30), (60, 30, 60), (3600, 30, 3600), (86400, 30, 3600), (86400, 7200, 7200)],
)
def test_a_receiver_may_ask_for_more_than_the_step_but_not_more_than_an_hour(
    asked: float | None, step: float, wait: float
) -> None:
    assert clamp_retry_after(asked, step) == wait
