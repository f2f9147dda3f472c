"""A deploy is no fault: whatever is told to end gives back what it holds, and nothing arrives twice for it."""

import threading
from collections import Counter

import pytest

from config.demo.client import NoAnswerError, call
from tests.faults.feeder import Pace
from tests.faults.rolling import DELIVERING, Ended, Found, roll, rolling
from tests.faults.scene import Scale, Scene
from tests.processes import eventually

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


class OneByOne(threading.Thread):
    """Asks the ingest API again and again, each time over a connection of its own, as a proxy's default is."""

    def __init__(self, stage: Scene) -> None:
        super().__init__(daemon=True)
        self._url, self._token = f"{stage.stack.web}/api/v1/workspaces/{stage.well[0]}/events", stage.token
        self._ended = threading.Event()
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self.statuses[call("POST", self._url, {"events": []}, token=self._token, timeout=90).status] += 1
            except NoAnswerError:
                self.statuses[0] += 1

    def go_on(self) -> None:
        """Until two more were answered: of the first nobody knows when it began."""
        enough = self.statuses.total() + 2
        eventually(lambda: self.statuses.total() >= enough, 100)

    def end(self) -> None:
        self._ended.set()
        self.join(100)


@pytest.mark.timeout(300)
def test_a_web_process_that_is_told_to_end_answers_everybody_who_has_a_connection_of_their_own() -> None:
    asked: list[OneByOne] = []

    def restart(stage: Scene) -> list[Ended]:
        asked.extend(OneByOne(stage) for _ in range(2))
        for one in asked:
            one.start()
            one.go_on()
        ended = roll(stage, 0, ("web",))
        for one in asked:
            one.go_on()
            one.end()
        return ended

    found = rolling(SEED, SMALL, restart)

    # The feeder keeps its connections, and repeats what was cut off with one of them.
    assert (found.doubled, found.out_of_order, list(found.broken)) == (0, 0, [])
    for one in asked:
        assert set(one.statuses) == {422}
