"""The short form of `./run faults`: the fastest kinds, with the same ledger."""

import random
import time

import pytest

from tests.faults import broker, database, processes
from tests.faults.campaign import Campaign
from tests.faults.feeder import Pace
from tests.faults.kinds import Inject, Kind
from tests.faults.receiver import Mode
from tests.faults.scene import Scale, Scene, scene

SEED = 20260525
SMALL = Scale(well=4, pace=Pace(size=4, seconds=0.4, chats=12), sick=(Mode.FAILING, Mode.WOBBLY))


FROZEN = "worker"
IN_THE_MEANTIME: tuple[Inject, ...] = (broker.flush, database.terminate, broker.flush)
AFTERWARDS: tuple[Inject, ...] = (processes.deploy, processes.kill_worker)


def some_of_all(stage: Scene, dice: random.Random) -> int:
    """A worker at work is frozen past its lease, and the other has more to endure; returns how many hit somebody."""
    hit, began = int(stage.is_at_work(FROZEN)), time.monotonic()
    with processes.freezing(stage, FROZEN):
        for inject in IN_THE_MEANTIME:
            stage.stack.wait(2 * dice.random())
            hit += inject(stage, dice)
        stage.stack.wait(processes.LEASE_SECONDS + 1 - (time.monotonic() - began))
    for inject in AFTERWARDS:
        stage.wait_until_ready()
        stage.stack.wait(dice.random() / 2)
        hit += inject(stage, dice)
    return hit


@pytest.mark.timeout(300)
def test_every_promise_holds_over_a_freeze_flushes_lost_sessions_a_deploy_and_a_kill() -> None:
    with scene(SEED, SMALL, privileged=False) as stage:
        # How soon things recover depends on the tests beside this one.
        campaign = Campaign(stage, SEED, recovered_within=None)
        campaign.measure(1)
        stage.sicken()
        campaign.group(Kind("some of all", some_of_all))
        campaign.finish()

    tally = campaign.tallies["some of all"]
    assert campaign.broken == []
    assert (tally.lost, tally.out_of_order) == (0, 0)
    assert tally.faults == 1 + len(IN_THE_MEANTIME) + len(AFTERWARDS)
    assert tally.events > 500
