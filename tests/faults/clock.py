"""The wall clock of the one worker jumps by an hour, both ways. libfaketime reads the offset from a file."""

import contextlib
import os
import random
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tests.faults.broker import flush
from tests.faults.kinds import Kind
from tests.faults.scene import Scene
from tests.faults.stack import Variation

SLEEPS = Path(__file__).resolve().parent / "false_time"
LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"
HOUR = 3600
OTHERS = ("worker-2", "troubled")
HELD, SERVED_WITHIN = 12.0, 15.0
STAMP = re.compile(rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z) ", re.MULTILINE)


def library() -> Path | None:
    return next(iter(sorted(Path("/").glob(LIBRARIES.lstrip("/")))), None)


def offset_file(scene: Scene) -> Path:
    return scene.stack.folder / "faketime"


def variables(offset: Path) -> dict[str, str]:
    """Under which a process takes it to be so much later or earlier; the monotonic clock stays true."""
    return {
        "LD_PRELOAD": str(library()),
        "PYTHONPATH": f"{SLEEPS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        # Else the waits of many threads, by the monotonic clock, take several times as long and all of a core.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }


@contextlib.contextmanager
def alone_under_false_time(scene: Scene) -> Iterator[None]:
    """One worker runs under libfaketime, its clock right at first, and all others are away: everything is its work."""
    offset_file(scene).write_text("+0")
    scene.stack.restart("worker", Variation(variables=variables(offset_file(scene))))
    try:
        with scene.stack.away(*OTHERS):
            for name in OTHERS:
                scene.stack.end(name)
            yield
    finally:
        scene.stack.restart("worker")


def jump(scene: Scene, dice: random.Random) -> int:
    """To an hour ahead and back to the truth, then an hour behind and back; returns how many of these it noticed."""
    first = dice.choice([HOUR, -HOUR])
    return sum(_jump(scene, offset) for offset in (first, -first))


def _jump(scene: Scene, offset: int) -> int:
    """Held, while wakes get lost: only the sweeps that this worker runs bring them again."""
    offset_file(scene).write_text(f"{offset:+d}")
    noticed = scene.stack.wait_for(lambda: is_off(scene, offset), 5)
    began = time.monotonic()
    lost, lost_at = flush(scene, random.Random()), time.monotonic()
    if not scene.stack.wait_for(lambda: scene.is_caught_up(lost_at), SERVED_WITHIN):
        raise AssertionError(f"a worker whose clock is {offset:+d} s off does not serve after {SERVED_WITHIN:.0f} s")
    scene.stack.wait(HELD - (time.monotonic() - began))
    offset_file(scene).write_text("+0")
    returned = scene.stack.wait_for(lambda: is_off(scene, 0), 5)
    return noticed and returned and lost


def is_off(scene: Scene, offset: int) -> bool:
    """Whether the worker's last word bears a time that far from ours."""
    stamps = STAMP.findall(scene.stack.said("worker", max(0, scene.stack.log_size("worker") - 4096)))
    told = told_at(stamps[-1]) if stamps else 0.0
    return abs(told - time.time() - offset) < HOUR / 60


def told_at(stamp: bytes) -> float:
    """A log's time, which is UTC, as seconds."""
    return datetime.fromisoformat(stamp.decode()).timestamp()


def has_no_library(_: Scene) -> str:
    return "" if library() else "libfaketime is not installed (apt-get install libfaketime)"


KINDS = (Kind("clock jumps by an hour", jump, around=alone_under_false_time, unable=has_no_library),)
