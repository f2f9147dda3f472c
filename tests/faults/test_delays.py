"""Whether sick endpoints hold up healthy ones is judged with a generous bound."""

import math

import pytest

from tests.faults.delays import ENOUGH, Delays, held_up


@pytest.mark.parametrize(
    ("alone", "beside", "problem"),
    [
        (100, 1000, ""),
        (100, 1001, "beside sick endpoints one of a hundred events waits 1001 ms, more than 1000 ms"),
        (500, 2000, ""),
        (500, 2001, "beside sick endpoints one of a hundred events waits 2001 ms, more than 2000 ms"),
    ],
)
def test_healthy_endpoints_wait_at_most_a_second_or_four_times_as_long_as_alone(
    alone: float, beside: float, problem: str
) -> None:
    assert held_up(Delays(900, 10, alone), Delays(ENOUGH, 20, beside)) == problem


@pytest.mark.parametrize("beside", [Delays(0, math.nan, math.nan), Delays(ENOUGH - 1, 20, 9000)])
def test_too_few_events_say_nothing(beside: Delays) -> None:
    assert held_up(Delays(900, 10, 100), beside) == ""
