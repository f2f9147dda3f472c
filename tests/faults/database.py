"""Faults of PostgreSQL. A courier that cannot record may have sent what nobody wrote down: promise 5."""

import contextlib
import random
import signal

from tests.faults.kinds import Kind
from tests.faults.scene import Scene
from tests.faults.small_disk import filled
from tests.faults.sql import DatabaseAway

TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def restart(scene: Scene, _: random.Random) -> None:
    scene.stack.tell("postgres", signal.SIGINT)
    scene.stack.wait_for(lambda: not scene.stack.running("postgres"), 20)
    scene.stack.wait_for(scene.stack.database_answers, 20)


def kill(scene: Scene, dice: random.Random) -> None:
    """The whole server at once, or one backend, after which it recovers by itself."""
    backends = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    if dice.random() < 0.5:
        scene.stack.kill("postgres")
    else:
        with contextlib.suppress(DatabaseAway, ProcessLookupError):
            scene.stack.kill_backend(dice.choice(scene.stack.rows(backends))[0])
    scene.stack.wait(0.2)
    scene.stack.wait_for(scene.stack.database_answers, 20)


def be_down(scene: Scene, _: random.Random) -> None:
    with scene.stack.away("postgres"):
        scene.stack.kill("postgres")
        scene.stack.wait(20)
    scene.stack.wait_for(scene.stack.database_answers, 20)


def terminate(scene: Scene, _: random.Random) -> None:
    scene.stack.rows(TERMINATE)


def fill_disk(scene: Scene, dice: random.Random) -> None:
    """A server that gives up on a full disk is started again until there is room."""
    assert scene.disk is not None
    with filled(scene.disk):
        scene.stack.wait(2 + 3 * dice.random())
    scene.stack.wait_for(scene.stack.database_answers, 20)


def has_no_disk(scene: Scene) -> str:
    return "" if scene.disk else "a small disk cannot be mounted here"


KINDS = (
    Kind("database restarted", restart, times=2, doubles=True),
    Kind("database killed", kill, times=2, apart=3.0, doubles=True),
    Kind("database down for 20 s", be_down, doubles=True),
    Kind("database connections terminated", terminate, times=5, doubles=True),
    Kind("disk full", fill_disk, times=2, doubles=True, unable=has_no_disk),
)
