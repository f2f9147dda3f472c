"""A deploy is no fault: whatever is told to end gives back what it holds, and nothing arrives twice for it."""

from collections import Counter

import pytest

from tests.faults.feeder import Pace
from tests.faults.rolling import DELIVERING, Found, roll, rolling
from tests.faults.scene import Scale

SEED = 20260711
SMALL = Scale(well=5, pace=Pace(size=8, seconds=0.4, chats=12), sick=())


def lost_or_doubled(found: Found) -> tuple[int, int, int, list[str]]:
    return found.doubled, found.out_of_order, found.unanswered, list(found.broken)


@pytest.mark.timeout(300)
def test_a_rolling_restart_loses_nothing_doubles_nothing_and_keeps_the_order() -> None:
    found = rolling(SEED, SMALL, lambda stage: roll(stage, 0))

    assert lost_or_doubled(found) == (0, 0, 0, [])
    assert Counter(one.name for one in found.ended) == Counter(DELIVERING)
    assert found.accepted > 300


@pytest.mark.timeout(300)
def test_a_second_sigterm_changes_nothing() -> None:
    found = rolling(SEED, SMALL, lambda stage: roll(stage, 0, ("worker",), times=2))

    assert lost_or_doubled(found) == (0, 0, 0, [])


@pytest.mark.timeout(300)
def test_a_web_process_that_is_told_to_end_answers_what_it_took() -> None:
    found = rolling(SEED, SMALL, lambda stage: roll(stage, 0, ("web",)))

    assert lost_or_doubled(found) == (0, 0, 0, [])
