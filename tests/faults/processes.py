"""Faults of our own processes: killed, told to end, frozen, and one beat too many."""

import contextlib
import random
from collections.abc import Iterator

from tests.faults.kinds import Kind
from tests.faults.scene import Scene
from tests.faults.stack import BEAT_SENDS, PRODUCT, WORKERS

LEASE_SECONDS = 8.0
TRIES = 40


def kill_worker(scene: Scene, dice: random.Random) -> int:
    killed = dice.choice(WORKERS)
    worked = scene.is_at_work(killed)
    with scene.hitting():
        scene.stack.kill(killed)
    return worked


def kill_beat(scene: Scene, _: random.Random) -> int:
    sent = scene.stack.says_ready("beat")
    scene.stack.kill("beat")
    return sent


def kill_web(scene: Scene, _: random.Random) -> int:
    served = scene.stack.serves()
    scene.stack.kill("web")
    return served


def kill_everything(scene: Scene, _: random.Random) -> int:
    """Power is lost: database and broker, too. The broker keeps nothing."""
    worked = not scene.unready()
    with scene.hitting():
        scene.stack.kill("postgres", "valkey", *PRODUCT)
    scene.stack.wait_for(scene.stack.database_answers, 20)
    return worked


def deploy(scene: Scene, dice: random.Random) -> int:
    told = dice.choice([*WORKERS, "troubled", "web"])
    worked = told not in scene.unready()
    scene.stack.restart(told)
    return worked


def freeze_worker(scene: Scene, dice: random.Random) -> int:
    """Past its lease, so that another courier takes over before it thaws."""
    frozen = dice.choice(WORKERS)
    seconds = LEASE_SECONDS + 2 + dice.random()
    worked = scene.is_at_work(frozen)
    with freezing(scene, frozen):
        scene.stack.wait(seconds)
    return worked


@contextlib.contextmanager
def freezing(scene: Scene, worker: str) -> Iterator[None]:
    with contextlib.ExitStack() as frozen:
        with scene.hitting():
            frozen.enter_context(scene.stack.frozen(worker))
        yield


def freeze_recording_worker(scene: Scene, dice: random.Random) -> int:
    """In the midst of a transaction, and for good: nobody may wait for its locks. Thawed by `thawed_afterwards`."""
    frozen = dice.choice(WORKERS)
    for _ in range(TRIES):
        with contextlib.ExitStack() as thawing:
            thawing.enter_context(freezing(scene, frozen))
            scene.stack.wait(0.3)
            if scene.stands_in_a_recording(frozen):
                thawing.pop_all()
                return 1
        scene.stack.wait(0.2 * dice.random())
    return 0


@contextlib.contextmanager
def thawed_afterwards(scene: Scene) -> Iterator[None]:
    try:
        yield
    finally:
        scene.stack.thaw(*WORKERS)
        scene.stack.wait(2)


def two_beats(scene: Scene, dice: random.Random) -> int:
    schedule, said = str(scene.stack.folder / "second-beat-schedule"), scene.stack.log_size("second-beat")
    with scene.stack.second("beat", {"HAPP_BEAT_SCHEDULE": schedule}):
        scene.stack.wait_for(lambda: BEAT_SENDS in scene.stack.said("second-beat", said), 10)
        scene.stack.wait(3 + 2 * dice.random())
    return scene.stack.said("second-beat", said).count(BEAT_SENDS) > 1 and scene.stack.says_ready("beat")


KINDS = (
    Kind("worker killed", kill_worker, times=4),
    Kind("beat killed", kill_beat, times=6),
    Kind("web killed", kill_web, times=4),
    Kind("whole stack killed", kill_everything),
    Kind("deploy (SIGTERM)", deploy, times=4),
    Kind("worker frozen past its lease", freeze_worker),
    Kind("worker frozen for good in a recording", freeze_recording_worker, around=thawed_afterwards),
    Kind("two beats", two_beats, times=2),
)
