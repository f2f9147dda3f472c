"""One worker is cut off, and nobody is told: packets vanish on its cable."""

import random

from tests.faults.kinds import Kind
from tests.faults.processes import LEASE_SECONDS
from tests.faults.scene import Scene

TRIES = 20


def cut_from_database(scene: Scene, dice: random.Random) -> None:
    _cut(scene, "database", dice)


def cut_from_broker(scene: Scene, dice: random.Random) -> None:
    _cut(scene, "broker", dice)


def _cut(scene: Scene, end: str, dice: random.Random) -> None:
    assert scene.links is not None
    with scene.links.cut(end):
        scene.stack.wait(8 + 6 * dice.random())


def cut_recording_worker(scene: Scene, dice: random.Random) -> None:
    """In the midst of a transaction, and until its session must have ended."""
    assert scene.links is not None
    for _ in range(TRIES):
        with scene.links.cut("database"):
            scene.stack.wait(0.3)
            if scene.somebody_stands_in_a_recording():
                scene.stack.wait(LEASE_SECONDS + 4)
                return
        scene.stack.wait(0.5 + dice.random())


def has_no_namespaces(scene: Scene) -> str:
    return "" if scene.links else "network namespaces are not allowed here"


KINDS = (
    Kind("network cut, worker from database", cut_from_database, doubles=True, unable=has_no_namespaces),
    Kind(
        "network cut in the midst of a recording",
        cut_recording_worker,
        doubles=True,
        unable=has_no_namespaces,
    ),
    Kind("network cut, worker from broker", cut_from_broker, unable=has_no_namespaces),
)
