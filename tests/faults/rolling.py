"""A rolling restart under traffic: `python -m tests.faults.rolling [--minutes M] [--rate N]`.

Process after process is told to end and started anew, as a deploy does it. Unlike a fault it excuses nothing: not one
event may be lost, doubled or out of order, and not one request to the ingest API may stay without an answer.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from tests.faults import report
from tests.faults.campaign import Campaign
from tests.faults.delays import quantile
from tests.faults.kinds import Kind
from tests.faults.receiver import Mode
from tests.faults.scene import READY_WITHIN, Scale, Scene, scene

DELIVERING = ("worker", "worker-2", "troubled", "beat")
BETWEEN_SECONDS = 1.0


@dataclass(frozen=True)
class Ended:
    """How many seconds a process took to end, from SIGTERM on."""

    name: str
    seconds: float


def deploy(stage: Scene, name: str, *, times: int = 1) -> Ended:
    """SIGTERM so many times, a tenth of a second apart; its own end, a new start; waits until it works again."""
    began = time.monotonic()
    with stage.stack.away(name):
        for _ in range(times - 1):
            stage.stack.tell(name, signal.SIGTERM)
            stage.stack.wait(0.1)
        stage.stack.end(name)
        ended = Ended(name, time.monotonic() - began)
    if not stage.stack.wait_for(lambda: not stage.stack.unready(), READY_WITHIN):
        raise AssertionError(f"{name} does not start again")
    return ended


def roll(stage: Scene, seconds: float, names: Sequence[str] = DELIVERING, times: int = 1) -> list[Ended]:
    """One process after the other, each at least once, until that much time has passed."""
    ended: list[Ended] = []
    end = time.monotonic() + seconds
    for number, name in enumerate(cycle(names)):
        if number >= len(names) and time.monotonic() >= end:
            return ended
        ended.append(deploy(stage, name, times=times))
        stage.stack.wait(BETWEEN_SECONDS)
    return ended


@dataclass(frozen=True)
class Found:
    """What came of it. `unanswered` counts requests to the ingest API that were reset or refused."""

    ended: Sequence[Ended]
    broken: Sequence[str]
    accepted: int
    doubled: int
    out_of_order: int
    unanswered: int


def rolling(seed: int, scale: Scale, restarts: Callable[[Scene], list[Ended]]) -> Found:
    """Plays the restarts on a stage of their own, and settles all accounts."""
    ended: list[Ended] = []

    def inject(stage: Scene, _: object) -> int:
        ended.extend(restarts(stage))
        return len(ended)

    with scene(seed, scale, privileged=False) as stage:
        campaign = Campaign(stage, seed, recovered_within=None)
        campaign.measure(1)
        stage.sicken()
        campaign.group(Kind("rolling restart", inject))
        campaign.finish()
        ledger = stage.ledger
        unanswered = sum(lane.unanswered for lane in stage.traffic.feeder.lanes.values())
        return Found(ended, campaign.broken, len(ledger.accepted), len(ledger.doubled), ledger.out_of_order, unanswered)


def slowest(ended: Sequence[Ended]) -> Mapping[str, float]:
    """Of each process the longest end, in seconds."""
    return {name: max(one.seconds for one in ended if one.name == name) for name in {one.name for one in ended}}


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.rolling", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long processes are restarted (1)")
    parser.add_argument("--rate", type=float, default=200.0, help="events a second (200)")
    parser.add_argument("--only", action="append", metavar="NAME", help="only these processes; web is left out else")
    parser.add_argument("--times", type=int, default=1, help="how many SIGTERMs each gets (1)")
    parser.add_argument("--slow", action="store_true", help="beside endpoints that are slow and that hang")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(words)
    scale = Scale(10, Scale.of(options.rate).pace, (Mode.SLOW, Mode.HANGING) if options.slow else ())
    names = tuple(options.only or DELIVERING)
    found = rolling(options.seed, scale, lambda stage: roll(stage, options.minutes * 60, names, options.times))
    for name, seconds in sorted(slowest(found.ended).items()):
        ends = sorted(one.seconds for one in found.ended if one.name == name)
        report.say(f"{name}: {len(ends)} restarts, ended within {quantile(ends, 0.5):.2f} s, at most {seconds:.2f} s")
    report.say(
        f"accepted {found.accepted}, doubled {found.doubled}, out of order {found.out_of_order}, "
        f"requests unanswered {found.unanswered}, {len(found.broken)} broken promises"
    )
    return 1 if found.broken or found.doubled else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
