"""Faults of the broker, which holds nothing that may not be lost. None of them may double an event."""

import contextlib
import random
import signal
from collections.abc import Iterator

from celery import Celery
from redis import RedisError

from tests.faults.kinds import Kind
from tests.faults.scene import Scene
from tests.faults.stack import WORKERS, Variation

QUEUES = ("fresh", "troubled", "control")
DELIVER = "deliveries.deliver"


def flush(scene: Scene, _: random.Random) -> None:
    with scene.stack.broker() as broker:
        broker.flushall()


def restart(scene: Scene, _: random.Random) -> None:
    scene.stack.tell("valkey", signal.SIGTERM)
    scene.stack.wait_for(lambda: not scene.stack.running("valkey"), 10)
    scene.stack.wait_for(scene.stack.broker_answers, 10)


def kill(scene: Scene, _: random.Random) -> None:
    scene.stack.kill("valkey")
    scene.stack.wait_for(lambda: not scene.stack.running("valkey"), 10)
    scene.stack.wait_for(scene.stack.broker_answers, 10)


def be_down(scene: Scene, _: random.Random) -> None:
    with scene.stack.away("valkey"):
        scene.stack.kill("valkey")
        scene.stack.wait(30)
    scene.stack.wait_for(scene.stack.broker_answers, 10)


def fall_silent(scene: Scene, dice: random.Random) -> None:
    """Connections stay open and new ones are taken, but nothing is answered."""
    scene.stack.tell("valkey", signal.SIGSTOP)
    scene.stack.wait(8 + 6 * dice.random())
    scene.stack.tell("valkey", signal.SIGCONT)


def shuffle(scene: Scene, dice: random.Random) -> None:
    """What waits in the queues comes twice and in another order; and every connection is woken five times over."""
    for worker in WORKERS:
        scene.stack.tell(worker, signal.SIGSTOP)
    scene.stack.wait(0.3 + 0.4 * dice.random())
    with contextlib.suppress(RedisError), scene.stack.broker() as broker:
        for queue in QUEUES:
            found = broker.lrange(queue, 0, -1) * 2
            dice.shuffle(found)
            if found:
                broker.rpush(queue, *found)
    for worker in WORKERS:
        scene.stack.tell(worker, signal.SIGCONT)
    ids = [row[0] for row in scene.stack.rows("SELECT id FROM deliveries_connection WHERE closed_at IS NULL")] * 5
    dice.shuffle(ids)
    with Celery(broker=scene.stack.valkey.url) as app:
        for connection in ids:
            app.send_task(DELIVER, (connection,), queue=dice.choice(["fresh", "troubled"]))


@contextlib.contextmanager
def short_visibility(scene: Scene) -> Iterator[None]:
    """All workers acknowledge late, and the broker hands a message out again after a second: runs take longer."""
    names = (*WORKERS, "troubled")
    for name in names:
        usual = scene.stack.usual.get(name, Variation())
        variables = {**usual.variables, "DJANGO_SETTINGS_MODULE": "tests.faults.short_visibility"}
        scene.stack.restart(name, Variation(usual.prefix, variables))
    try:
        yield
    finally:
        for name in names:
            scene.stack.restart(name)


def redeliver(scene: Scene, dice: random.Random) -> None:
    """Long enough for each run and each countdown that is under way to be handed out once more."""
    scene.stack.wait(2 + dice.random())


KINDS = (
    Kind("broker flushed", flush, times=6),
    Kind("broker restarted", restart, times=2),
    Kind("broker killed", kill, times=3),
    Kind("broker down for 30 s", be_down),
    Kind("broker silent, half-open sockets", fall_silent),
    Kind("messages doubled and reordered", shuffle, times=4),
    Kind("visibility timeout shorter than a run", redeliver, times=3, around=short_visibility),
)
