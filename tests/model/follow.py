"""Following couriers: a visit leaves what the reference says, and from any state everything is settled in the end."""

from deliveries.models import Delivery
from tests.model.breaking import Strike
from tests.model.snapshot import differences, snapshot
from tests.model.truth import Truth, check
from tests.model.watch import Visit
from tests.model.world import World

#: Seconds within which an endpoint that is well has everything: the longest pause, a lease, and the rarest wake.
SETTLED_WITHIN = 900


def follow(visit: Visit, strike: Strike | None) -> None:
    """Raises AssertionError if the database is not what the reference made of the visit's answers.

    A courier that broke off may have recorded the first of its answers, and not the others: any of these states will
    do. Nothing is said of a visit in whose middle something happened that the reference does not know of.
    """
    if visit.disturbed or not visit.strict:
        return
    found = snapshot(visit.connection_id)
    if strike is None or not strike.struck:
        told = differences(visit.reference, found)
    else:
        candidates = [differences(before, found) for before in visit.before]
        told = min(candidates, key=len)
    assert not told, "\n".join(told)


def settle(world: World) -> None:
    """The endpoint is well and the broker works: all that waits is delivered. Raises AssertionError if not."""
    world.answers.clear()
    world.decide = None
    world.during_post = world.before_post = None
    started = world.clock.now()
    while waits(world):
        assert world.clock.now() - started < SETTLED_WITHIN, "something is never settled"
        world.clock.advance(5)
        world.sweep()
        world.run_countdowns()
        world.run_wakes()
        check(world)
    was_open = [
        owed.id for owed in world.watch.accepted.values() if world.is_open and owed.generation == world.generation
    ]
    stands = Truth(world).stands
    assert {stands[key] for key in was_open} <= {"delivered", "dropped"}


def waits(world: World) -> bool:
    """Whether a delivery is not settled yet, in the table itself."""
    return Delivery.objects.filter(workspace_id=world.workspace_id, status="pending").exists()
