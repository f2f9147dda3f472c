"""Two hosts with a worker each, which bear one name and disagree about the time; web, database and broker elsewhere."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace

from tests.faults import clock
from tests.faults.database import UNNOTICED
from tests.faults.links import ENDS, Links
from tests.faults.scene import READY_WITHIN, Scene, behind
from tests.faults.stack import Variation

NAME = ("unshare", "--uts", "/bin/sh", "-c", 'hostname "$0" && exec "$@"', "same-name")
AHEAD_SECONDS = 90


def on_host(links: Links, scene: Scene, offset: int) -> Variation:
    """How a worker starts there. Its clock is right where libfaketime is missing."""
    there = behind(links, scene.stack)
    false_time = {}
    if clock.library() is not None:
        file = scene.stack.folder / f"faketime-{links.number}"
        file.write_text(f"{offset:+d}")
        false_time = clock.variables(file)
    return replace(there, prefix=(*there.prefix, *NAME), variables={**there.variables, **false_time})


@contextlib.contextmanager
def two_hosts(scene: Scene) -> Iterator[Links]:
    """Both workers move to hosts of their own; gives the cables of the one whose clock is ahead, `worker`."""
    with Links.made(1) as links:
        assert links is not None
        assert scene.links is not None
        links.reach(scene.links, "receiver")
        moves = {"worker": on_host(links, scene, AHEAD_SECONDS), "worker-2": on_host(scene.links, scene, 0)}
        for name, variation in moves.items():
            scene.stack.usual[name] = variation
            scene.stack.restart(name)
        if not scene.stack.wait_for(lambda: not scene.stack.unready(), READY_WITHIN):
            raise AssertionError(f"on hosts of their own these do not start: {scene.stack.unready()}")
        yield links


@contextlib.contextmanager
def partitioned(scene: Scene, links: Links) -> Iterator[None]:
    """Database and broker are gone for that host, and what it sends still arrives: the worst of both."""
    with contextlib.ExitStack() as cuts:
        with scene.hitting(UNNOTICED):
            for end in ENDS[:2]:
                cuts.enter_context(links.cut(end))
        yield


def passed_over(scene: Scene, seconds: float) -> bool:
    """Whether within that time the other host serves everybody, from what comes in from now on."""
    now = time.monotonic()
    return scene.stack.wait_for(lambda: scene.is_caught_up(now), seconds)
