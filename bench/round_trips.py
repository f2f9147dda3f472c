"""Bare Celery round trips at a steady rate: a message out, a task run, its answer back."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

from celery import Celery
from redis import Redis

from bench.stage.pace import steadily
from bench.stage.stage import Stage
from config.demo import child
from config.demo.folder import CHECKOUT

QUEUE, ANSWERS = "noop", "noop-answers"
# As the product's worker in the Procfile.
WORKER = "worker --pool threads --concurrency 64 --without-gossip --without-mingle --without-heartbeat"


@contextlib.contextmanager
def worker(stage: Stage) -> Iterator[None]:
    """The worker of the task that does nothing, while the block runs."""
    log = stage.folder / "noop.log"
    command = ["-m", "celery", "-A", "bench.noop", *WORKER.split(), "--queues", QUEUE]
    running = child.launch(sys.executable, command, environment=os.environ, log=log, folder=CHECKOUT)
    try:
        _times(stage, 10, 1)
        yield
    finally:
        running.kill()
        running.wait()


def times(stage: Stage, rate: float, seconds: float) -> list[float]:
    """Seconds from the call that sends a task to its answer, of each."""
    return _times(stage, rate, seconds)


def _times(stage: Stage, rate: float, seconds: float) -> list[float]:
    sent: dict[int, float] = {}
    took: list[float] = []
    with Redis.from_url(stage.broker_url, socket_timeout=60) as broker, _publisher(stage) as app:
        broker.delete(ANSWERS)

        def send(number: int) -> None:
            sent[number] = time.monotonic()
            app.send_task("noop", (number,), queue=QUEUE)

        def listen() -> None:
            while len(took) < int(rate * seconds) and (answer := broker.blpop([ANSWERS], timeout=45)):
                took.append(time.monotonic() - sent[int(answer[1])])

        listener = threading.Thread(target=listen)
        listener.start()
        steadily(rate, seconds, send)
        listener.join()
    if len(took) < int(rate * seconds):
        raise RuntimeError(f"{len(took)} answers to {int(rate * seconds)} tasks.")
    return took


def _publisher(stage: Stage) -> Celery:
    return Celery("publisher", broker=stage.broker_url, set_as_current=False)
