"""Faults of our own processes: killed, told to end, frozen, and one beat too many."""

import contextlib
import random
import signal
from collections.abc import Iterator

from tests.faults.kinds import Kind
from tests.faults.scene import Scene
from tests.faults.stack import PRODUCT, WORKERS

LEASE_SECONDS = 8.0
TRIES = 40


def kill_worker(scene: Scene, dice: random.Random) -> None:
    scene.stack.kill(dice.choice(WORKERS))


def kill_beat(scene: Scene, _: random.Random) -> None:
    scene.stack.kill("beat")


def kill_web(scene: Scene, _: random.Random) -> None:
    scene.stack.kill("web")


def kill_everything(scene: Scene, _: random.Random) -> None:
    """Power is lost: database and broker, too. The broker keeps nothing."""
    scene.stack.kill("postgres", "valkey", *PRODUCT)
    scene.stack.wait_for(scene.stack.database_answers, 20)


def deploy(scene: Scene, dice: random.Random) -> None:
    scene.stack.restart(dice.choice([*WORKERS, "troubled", "web"]))


def freeze_worker(scene: Scene, dice: random.Random) -> None:
    """Past its lease, so that another courier takes over before it thaws."""
    frozen = dice.choice(WORKERS)
    scene.stack.tell(frozen, signal.SIGSTOP)
    scene.stack.wait(LEASE_SECONDS + 2 + dice.random())
    scene.stack.tell(frozen, signal.SIGCONT)


def freeze_recording_worker(scene: Scene, dice: random.Random) -> None:
    """In the midst of a transaction, and for good: nobody may wait for its locks. Thawed by `thawed_afterwards`."""
    frozen = dice.choice(WORKERS)
    for _ in range(TRIES):
        scene.stack.tell(frozen, signal.SIGSTOP)
        scene.stack.wait(0.3)
        if scene.somebody_stands_in_a_recording():
            return
        scene.stack.tell(frozen, signal.SIGCONT)
        scene.stack.wait(0.2 * dice.random())
    scene.stack.tell(frozen, signal.SIGSTOP)


@contextlib.contextmanager
def thawed_afterwards(scene: Scene) -> Iterator[None]:
    try:
        yield
    finally:
        for worker in WORKERS:
            scene.stack.tell(worker, signal.SIGCONT)
        scene.stack.wait(2)


def two_beats(scene: Scene, dice: random.Random) -> None:
    schedule = str(scene.stack.folder / "second-beat-schedule")
    with scene.stack.second("beat", {"HAPP_BEAT_SCHEDULE": schedule}):
        scene.stack.wait(4 + 2 * dice.random())


KINDS = (
    Kind("worker killed", kill_worker, times=3, apart=3.0, doubles=True),
    Kind("beat killed", kill_beat, times=3, apart=2.0),
    Kind("web killed", kill_web, times=3, apart=3.0),
    Kind("whole stack killed", kill_everything, doubles=True),
    Kind("deploy (SIGTERM)", deploy, times=3),
    Kind("worker frozen past its lease", freeze_worker, doubles=True),
    Kind("worker frozen for good in a recording", freeze_recording_worker, doubles=True, around=thawed_afterwards),
    Kind("two beats", two_beats),
)
