"""Faults of the broker, which holds nothing that may not be lost. None of them may double an event."""

import contextlib
import random
import signal
import time
from collections.abc import Iterator

from celery import Celery
from redis import Redis, RedisError

from tests.faults.kinds import Kind
from tests.faults.scene import Scene
from tests.faults.stack import WORKERS, Variation

QUEUES = ("fresh", "troubled", "control")
DELIVER = "deliveries.deliver"
SOON, WAITING_WITHIN = 0.5, 4.0
HANDED_OUT_AGAIN = b'"redelivered": true'

# One step for the broker: what waits cannot be taken in between.
FLUSH_IF_ANY_WAIT = """
local waiting = 0
for _, queue in ipairs(KEYS) do waiting = waiting + redis.call('LLEN', queue) end
if waiting > 0 then redis.call('FLUSHALL') end
return waiting
"""


def flush(scene: Scene, _: random.Random) -> int:
    """As soon as a message waits in a queue: with it a wake or a sweep is lost."""
    with scene.stack.broker() as broker:
        if lose_messages(broker, SOON):
            return 1
        # Idle workers take each at once: they stand still until there is one.
        with scene.stack.frozen(*WORKERS, "troubled"):
            return lose_messages(broker, WAITING_WITHIN)


def lose_messages(broker: Redis, within: float) -> int:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if broker.eval(FLUSH_IF_ANY_WAIT, len(QUEUES), *QUEUES):
            return 1
        time.sleep(0.001)
    return 0


def restart(scene: Scene, _: random.Random) -> int:
    scene.stack.tell("valkey", signal.SIGTERM)
    return gone_and_back(scene)


def kill(scene: Scene, _: random.Random) -> int:
    scene.stack.kill("valkey")
    return gone_and_back(scene)


def gone_and_back(scene: Scene) -> int:
    gone = scene.stack.wait_for(lambda: not scene.stack.running("valkey"), 10)
    scene.stack.wait_for(scene.stack.broker_answers, 10)
    return gone


def be_down(scene: Scene, _: random.Random) -> int:
    with scene.stack.away("valkey"):
        scene.stack.kill("valkey")
        scene.stack.wait(30)
        gone = not scene.stack.broker_answers()
    scene.stack.wait_for(scene.stack.broker_answers, 10)
    return gone


def fall_silent(scene: Scene, dice: random.Random) -> int:
    """Connections stay open and new ones are taken, but nothing is answered."""
    with scene.stack.frozen("valkey"):
        scene.stack.wait(8 + 6 * dice.random())
        return not scene.stack.broker_answers()


def shuffle(scene: Scene, dice: random.Random) -> int:
    """What waits in the queues comes twice and in another order; and every connection is woken five times over."""
    doubled = 0
    with scene.stack.frozen(*WORKERS):
        scene.stack.wait(0.3 + 0.4 * dice.random())
        with contextlib.suppress(RedisError), scene.stack.broker() as broker:
            doubled = sum(double(broker, queue, dice) for queue in QUEUES)
    ids = [row[0] for row in scene.stack.rows("SELECT id FROM deliveries_connection WHERE closed_at IS NULL")] * 5
    dice.shuffle(ids)
    with Celery(broker=scene.stack.valkey.url) as app:
        for connection in ids:
            app.send_task(DELIVER, (connection,), queue=dice.choice(["fresh", "troubled"]))
    return doubled > 0


def double(broker: Redis, queue: str, dice: random.Random) -> int:
    """How many messages of that queue now come once more."""
    found = list(broker.lrange(queue, 0, -1))
    if found:
        again = found * 2
        dice.shuffle(again)
        broker.rpush(queue, *again)
    return len(found)


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


def redeliver(scene: Scene, dice: random.Random) -> int:
    """Long enough for each run and each countdown that is under way to be handed out once more."""
    end = time.monotonic() + 2 + dice.random()
    again = False
    with scene.stack.broker() as broker:
        while time.monotonic() < end:
            again = again or any(HANDED_OUT_AGAIN in message for message in broker.hvals("unacked"))
            scene.stack.wait(0.02)
    return again


KINDS = (
    Kind("broker flushed", flush, times=20),
    Kind("broker restarted", restart, times=4),
    Kind("broker killed", kill, times=5),
    Kind("broker down for 30 s", be_down),
    Kind("broker silent, half-open sockets", fall_silent),
    Kind("messages doubled and reordered", shuffle, times=12),
    Kind("visibility timeout shorter than a run", redeliver, times=3, around=short_visibility),
)
