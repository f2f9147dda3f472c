"""The short form of `./run faults`: the fastest kinds, with the same ledger."""

import random

import pytest

from tests.faults import broker, database, processes
from tests.faults.campaign import Campaign
from tests.faults.feeder import Pace
from tests.faults.kinds import Kind
from tests.faults.receiver import Mode
from tests.faults.scene import Scale, Scene, scene

SEED = 20260525
SMALL = Scale(well=4, pace=Pace(size=4, seconds=0.4, chats=12), sick=(Mode.FAILING, Mode.WOBBLY))


def some_of_all(stage: Scene, dice: random.Random) -> None:
    for inject in (broker.flush, database.terminate, processes.deploy, broker.flush, processes.kill_worker):
        inject(stage, dice)
        stage.stack.wait(dice.random())
    processes.freeze_worker(stage, dice)


@pytest.mark.timeout(300)
def test_every_promise_holds_over_a_flush_lost_sessions_a_deploy_a_kill_and_a_freeze() -> None:
    with scene(SEED, SMALL, privileged=False) as stage:
        # How soon things recover depends on the tests beside this one.
        campaign = Campaign(stage, SEED, recovered_within=None)
        campaign.measure(1)
        stage.sicken()
        campaign.group(Kind("some of all", some_of_all, doubles=True))
        campaign.finish()

    tally = campaign.tallies["some of all"]
    assert campaign.broken == []
    assert (tally.lost, tally.out_of_order) == (0, 0)
    assert tally.events > 500
