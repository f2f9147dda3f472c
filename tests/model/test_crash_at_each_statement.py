"""A courier that breaks off at any of its database statements loses nothing and repeats no more than was promised.

Each scenario is a whole visit. It is run once to count its statements (a COMMIT is one), then once for each of them:
killed, or cut off from the database, before it or after it. Then the lease ends, the sweeper looks, and others go on.
"""

from collections.abc import Callable

import pytest

from tests.model import profiles
from tests.model.breaking import How, Strike
from tests.model.endpoint import answered
from tests.model.follow import follow, waits
from tests.model.truth import Truth, check
from tests.model.world import World, Worlds

#: More statements than any of these visits has.
PLENTY = 80


def successes(world: World) -> None:
    world.record("a", "b", "a", "c")


def a_failure(world: World) -> None:
    world.answers["a"] = answered(500)
    world.record("a", "b", "a")


def a_try_that_waited(world: World) -> None:
    world.answers["a"] = answered(500)
    world.record("a", "b")
    world.run_wakes()
    world.clock.advance(12)
    world.sweep()


def a_drop(world: World) -> None:
    """The last try of the ladder, of one chat among others that are accepted."""
    world.answers["a"] = answered(500)
    world.record("a", "b", "a")
    world.run_wakes()
    for seconds in (12, 50, 130):
        world.record("b")
        world.run_wakes()
        world.clock.advance(seconds)
        world.sweep()
        if seconds != 130:
            world.run_wakes()


def a_stop(world: World) -> None:
    """The last try of the ladder, nothing accepted since the second."""
    world.answers[""] = answered(500)
    world.record("a", "b", "c")
    world.run_wakes()
    for seconds in (12, 50):
        world.clock.advance(seconds)
        world.sweep()
        world.run_wakes()
    world.clock.advance(130)
    world.sweep()


def a_410_that_the_ping_confirms(world: World) -> None:
    world.answers[""] = answered(410)
    world.record("a", "b")


def a_receiver_that_asks_to_wait(world: World) -> None:
    world.answers["a"] = answered(429, 100)
    world.record("a", "b")


def an_endpoint_that_is_down(world: World) -> None:
    world.answers[""] = answered(503)
    world.record("a", "b", "c", "a")


def an_endpoint_that_is_back(world: World) -> None:
    world.answers[""] = answered(503)
    world.record("a", "b", "c", "a")
    world.run_wakes()
    world.answers.clear()
    world.clock.advance(12)
    world.sweep()


def more_comes_while_it_runs(world: World) -> None:
    def happens() -> None:
        world.record("a", "b")

    world.record("a")
    world.during_post = happens


def a_disconnect_in_the_middle(world: World) -> None:
    world.record("a", "a")
    world.during_post = world.disconnect


SCENARIOS: list[Callable[[World], None]] = [
    successes,
    a_failure,
    a_try_that_waited,
    a_drop,
    a_stop,
    a_410_that_the_ping_confirms,
    a_receiver_that_asks_to_wait,
    an_endpoint_that_is_down,
    an_endpoint_that_is_back,
    more_comes_while_it_runs,
    a_disconnect_in_the_middle,
]


def visit_of(worlds: Worlds, scenario: Callable[[World], None], strike: Strike) -> World:
    """A world in which the scenario's visit took place, and was struck."""
    world = worlds.new()
    assert world.connect()
    scenario(world)
    world.on_visit = follow
    world.wakes.clear()
    to_come = [world.during_post] if world.during_post else []
    world.during_post = (lambda: to_come.pop()()) if to_come else None
    world.deliver(world.connection_id, strike)
    check(world)
    if to_come:  # It broke off before its first POST: then it happens in the middle of another's.
        world.during_post = lambda: to_come.pop()()
    return world


def others_go_on(world: World) -> None:
    """The lease ends, a sweep finds it, and couriers come for as long as the ladder may take."""
    world.clock.advance(9)
    for _ in range(30):
        world.sweep()
        world.run_wakes()
        if not waits(world):
            break
        world.clock.advance(25)
    assert not waits(world)
    check(world)


#: Killed before a statement is killed after the one before it, nearly; being cut off differs at COMMIT most of all,
#: which tests/deliveries/test_recording_cut.py has. The suite takes one way, the long profile all.
HOWS = list(How) if profiles.is_long() else [How.KILLED_AFTER]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", HOWS, ids=lambda how: how.value)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_courier_may_break_off_at_any_statement(made: Worlds, scenario: Callable[[World], None], how: How) -> None:
    whole = visit_of(made, scenario, Strike())
    others_go_on(whole)
    expected = ends(whole)
    whole.forget()
    for at in range(1, PLENTY):
        strike = Strike(at, how)
        world = visit_of(made, scenario, strike)
        if not strike.struck:
            world.forget()
            break
        others_go_on(world)
        assert (at, ends(world)) == (at, expected)
        assert (at, sent_again(world)) <= (at, 1)
        world.forget()
    else:
        raise AssertionError("the visit has no end")
    assert at > 4


def ends(world: World) -> list[tuple[int, str]]:
    """What became of each event, by sequence."""
    truth = Truth(world)
    return sorted((truth.deliveries[key].sequence, stands) for key, stands in truth.stands.items())


def sent_again(world: World) -> int:
    """How often the event that was sent most often after its 2xx was sent again."""
    accepted = [sum(sight.outcome.accepted for sight in world.watch.posts_of(key)) for key in world.watch.accepted]
    return max(0, *accepted) - 1 if max(accepted) else 0
