"""One worker is cut off, and nobody is told: packets vanish on its cable."""

import contextlib
import random
from collections.abc import Iterator

from tests.faults.database import UNNOTICED
from tests.faults.kinds import Kind
from tests.faults.processes import LEASE_SECONDS
from tests.faults.scene import Scene

BEHIND = "worker-2"
TRIES = 20


def cut_from_database(scene: Scene, dice: random.Random) -> int:
    worked, seconds = scene.is_at_work(BEHIND), 8 + 6 * dice.random()
    with cutting_from_database(scene):
        scene.stack.wait(seconds)
        return worked and not scene.is_at_work(BEHIND, within=2.0)


def cut_from_broker(scene: Scene, dice: random.Random) -> int:
    assert scene.links is not None
    worked, seconds = scene.is_at_work(BEHIND), 8 + 6 * dice.random()
    with scene.links.cut("broker"):
        scene.stack.wait(seconds)
        # Nobody wakes it any more.
        return worked and not scene.is_at_work(BEHIND, within=2.0)


def cut_recording_worker(scene: Scene, dice: random.Random) -> int:
    """In the midst of a transaction, and until its session must have ended."""
    for _ in range(TRIES):
        with cutting_from_database(scene):
            scene.stack.wait(0.3)
            if scene.stands_in_a_recording(BEHIND):
                scene.stack.wait(LEASE_SECONDS + 4)
                return 1
        scene.stack.wait(0.5 + dice.random())
    return 0


@contextlib.contextmanager
def cutting_from_database(scene: Scene) -> Iterator[None]:
    assert scene.links is not None
    with contextlib.ExitStack() as cut:
        with scene.hitting(UNNOTICED):
            cut.enter_context(scene.links.cut("database"))
        yield


def has_no_namespaces(scene: Scene) -> str:
    return "" if scene.links else "network namespaces are not allowed here"


KINDS = (
    Kind("network cut, worker from database", cut_from_database, unable=has_no_namespaces),
    Kind("network cut in the midst of a recording", cut_recording_worker, unable=has_no_namespaces),
    Kind("network cut, worker from broker", cut_from_broker, unable=has_no_namespaces),
)
