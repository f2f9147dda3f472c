"""Workers on several hosts need no settings beyond the addresses: the lease makes them safe together."""

import pytest

from tests.faults import processes
from tests.faults.campaign import Campaign
from tests.faults.feeder import Pace
from tests.faults.hosts import partitioned, passed_over, two_hosts
from tests.faults.kinds import Kind
from tests.faults.links import Links
from tests.faults.scene import Scale, Scene, scene

SEED = 20260712
SMALL = Scale(well=6, pace=Pace(size=4, seconds=0.3, chats=12), sick=())
SERVED_WITHIN = 40.0


@pytest.fixture(autouse=True)
def namespaces() -> None:
    with Links.made(2) as links:
        if links is None:
            pytest.skip("network namespaces are not allowed here")


@pytest.mark.timeout(400)
def test_a_host_that_is_cut_off_is_replaced_and_its_late_results_change_nothing() -> None:
    seen = {}

    def cut_off(stage: Scene, _: object) -> int:
        seen["both at work"] = stage.stack.wait_for(lambda: stage.is_at_work("worker"), SERVED_WITHIN)
        with partitioned(stage, links):
            stage.stack.wait(processes.LEASE_SECONDS + 2)
            seen["served by the other"] = passed_over(stage, SERVED_WITHIN)
            seen["cut off"] = not stage.is_at_work("worker", within=2.0)
        seen["back at work"] = stage.stack.wait_for(lambda: stage.is_at_work("worker"), SERVED_WITHIN)
        return 1

    with scene(SEED, SMALL, privileged=True) as stage, two_hosts(stage) as links:
        campaign = Campaign(stage, SEED, recovered_within=None)
        campaign.measure(1)
        campaign.group(Kind("one of two hosts cut off", cut_off))
        campaign.finish()

    assert seen == {"both at work": True, "served by the other": True, "cut off": True, "back at work": True}
    # A result that came late would be a second successful attempt, or one session among another's: the books tell.
    assert campaign.broken == []
    assert stage.ledger.out_of_order == 0
