"""The wall clock of one worker jumps by an hour, both ways. libfaketime reads the offset from a file."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

from tests.faults.kinds import Kind
from tests.faults.scene import Scene
from tests.faults.stack import Variation

LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"
HOUR = 3600


def library() -> Path | None:
    return next(iter(sorted(Path("/").glob(LIBRARIES.lstrip("/")))), None)


def offset_file(scene: Scene) -> Path:
    return scene.stack.folder / "faketime"


@contextlib.contextmanager
def under_false_time(scene: Scene) -> Iterator[None]:
    """One worker runs under libfaketime, its clock right at first; the monotonic clock stays true."""
    offset_file(scene).write_text("+0")
    variables = {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(offset_file(scene)),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    scene.stack.restart("worker", Variation(variables=variables))
    try:
        yield
    finally:
        scene.stack.restart("worker")


def jump(scene: Scene, dice: random.Random) -> None:
    """To an hour ahead or behind, and back to the truth."""
    offset_file(scene).write_text(dice.choice([f"+{HOUR}", f"-{HOUR}"]))
    scene.stack.wait(2 + dice.random())
    offset_file(scene).write_text("+0")
    scene.stack.wait(1 + dice.random())


def has_no_library(_: Scene) -> str:
    return "" if library() else "libfaketime is not installed (apt-get install libfaketime)"


KINDS = (Kind("clock jumps by an hour", jump, times=3, around=under_false_time, unable=has_no_library),)
