"""Faults of PostgreSQL. A courier that cannot record may have sent what nobody wrote down: promise 5."""

import contextlib
import random
import signal

from tests.faults import killing
from tests.faults.kinds import Kind
from tests.faults.scene import Scene
from tests.faults.small_disk import filled
from tests.faults.sql import DatabaseAway

#: No POST starts longer than this after the last look at the database: then couriers have noticed.
UNNOTICED = 0.5
#: What PostgreSQL says in its log when a write found no room.
NO_ROOM = b"No space left on device"

SESSIONS = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
COURIERS = f"SELECT pid FROM pg_stat_activity WHERE {SESSIONS} AND application_name LIKE 'worker%%'"
TERMINATE = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {SESSIONS}"


def restart(scene: Scene, _: random.Random) -> int:
    with scene.hitting(UNNOTICED):
        scene.stack.tell("postgres", signal.SIGINT)
    gone = scene.stack.wait_for(lambda: not scene.stack.running("postgres"), 20)
    scene.stack.wait_for(scene.stack.database_answers, 20)
    return gone


def kill(scene: Scene, _: random.Random) -> int:
    with scene.hitting(UNNOTICED):
        scene.stack.kill("postgres")
    gone = scene.stack.wait_for(lambda: not scene.stack.running("postgres"), 5)
    scene.stack.wait_for(scene.stack.database_answers, 20)
    return gone


def kill_session(scene: Scene, dice: random.Random) -> int:
    """One courier's session alone, after which the server ends all others and recovers by itself."""
    sessions = [pid for (pid,) in scene.stack.rows(COURIERS)]
    said = scene.stack.log_size("postgres")
    if not sessions:
        return 0
    with scene.hitting(UNNOTICED):
        killing.send(dice.choice(sessions), signal.SIGKILL)
    recovers = scene.stack.wait_for(lambda: b"reinitializing" in scene.stack.said("postgres", said), 5)
    scene.stack.wait_for(scene.stack.database_answers, 20)
    return recovers


def be_down(scene: Scene, _: random.Random) -> int:
    with scene.stack.away("postgres"):
        with scene.hitting(UNNOTICED):
            scene.stack.kill("postgres")
        scene.stack.wait(20)
        gone = not scene.stack.database_answers()
    scene.stack.wait_for(scene.stack.database_answers, 20)
    return gone


def terminate(scene: Scene, _: random.Random) -> int:
    with contextlib.suppress(DatabaseAway), scene.hitting(UNNOTICED):
        return len(scene.stack.rows(TERMINATE)) > 0
    return 0


def fill_disk(scene: Scene, dice: random.Random) -> int:
    """A server that gives up on a full disk is started again until there is room."""
    assert scene.disk is not None
    said = scene.stack.log_size("postgres")
    # Which of its writes fail is not known: couriers may be hit as long as it lasts.
    with scene.hitting(UNNOTICED):
        with filled(scene.disk):
            scene.stack.wait(2 + 3 * dice.random())
        scene.stack.wait_for(scene.stack.database_answers, 20)
    return NO_ROOM in scene.stack.said("postgres", said)


def has_no_disk(scene: Scene) -> str:
    return "" if scene.disk else "a small disk cannot be mounted here"


KINDS = (
    Kind("database restarted", restart, times=4),
    Kind("database killed", kill, times=3),
    Kind("one session of the database killed", kill_session, times=3),
    Kind("database down for 20 s", be_down),
    Kind("database connections terminated", terminate, times=16),
    Kind("disk full", fill_disk, times=2, unable=has_no_disk),
)
