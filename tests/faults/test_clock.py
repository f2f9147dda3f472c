"""Whether a worker noticed that its clock was moved is read from its log."""

import logging
import time
from logging.config import DictConfigurator
from types import SimpleNamespace
from typing import cast

import pytest

from config.logs import logging_of
from tests.faults.clock import HOUR, is_off
from tests.faults.scene import Scene

STAMP = "%Y-%m-%dT%H:%M:%S"


def worker_says(log: str) -> Scene:
    stack = SimpleNamespace(said=lambda _name, _since: log.encode(), log_size=lambda _name: len(log))
    return cast("Scene", SimpleNamespace(stack=stack))


@pytest.mark.parametrize("offset", [HOUR, -HOUR, 0])
def test_the_last_line_of_the_log_tells_how_far_off_the_clock_is(offset: int) -> None:
    was, now = (time.strftime(STAMP, time.gmtime(time.time() + ahead)) for ahead in (7 * HOUR, offset))
    scene = worker_says(f"{was}.123456Z [info     ] one [celery]\n{now}.456789Z [info     ] two [celery]\n  more\n")
    assert is_off(scene, offset)
    assert not any(is_off(scene, other) for other in {HOUR, -HOUR, 0} - {offset})


def test_a_worker_that_says_nothing_has_noticed_nothing() -> None:
    assert not is_off(worker_says(""), HOUR)


def test_a_line_is_read_as_the_product_writes_it() -> None:
    formatter = DictConfigurator({}).configure_formatter(logging_of("console", "info")["formatters"]["line"])
    record = logging.makeLogRecord({"name": "celery", "levelno": logging.INFO, "levelname": "INFO", "msg": "ready"})
    scene = worker_says(f"{formatter.format(record)}\n")
    assert is_off(scene, 0)
    assert not is_off(scene, HOUR)
