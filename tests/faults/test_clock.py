"""Whether a worker noticed that its clock was moved is read from its log."""

import time
from types import SimpleNamespace
from typing import cast

import pytest

from tests.faults.clock import HOUR, is_off
from tests.faults.scene import Scene

STAMP = "%Y-%m-%d %H:%M:%S"


def worker_says(log: str) -> Scene:
    stack = SimpleNamespace(said=lambda _name, _since: log.encode(), log_size=lambda _name: len(log))
    return cast("Scene", SimpleNamespace(stack=stack))


@pytest.mark.parametrize("offset", [HOUR, -HOUR, 0])
def test_the_last_line_of_the_log_tells_how_far_off_the_clock_is(offset: int) -> None:
    was, now = (time.strftime(STAMP, time.gmtime(time.time() + ahead)) for ahead in (7 * HOUR, offset))
    scene = worker_says(f"{was},123 INFO celery.app.trace Task one\n{now},456 INFO celery.app.trace Task two\n  more\n")
    assert is_off(scene, offset)
    assert not any(is_off(scene, other) for other in {HOUR, -HOUR, 0} - {offset})


def test_a_worker_that_says_nothing_has_noticed_nothing() -> None:
    assert not is_off(worker_says(""), HOUR)
