"""The failure policy's counterexamples: what went wrong under earlier rules, replayed, and must not."""

import pytest

from deliveries.models import Delivery
from happ_webhooks.wire.outcome import INTERNAL, Outcome
from tests.model.endpoint import Post, answered
from tests.model.follow import follow
from tests.model.truth import Truth, check
from tests.model.world import LADDER, World

#: A stream on a dead endpoint ends after this many seconds: 1.2 ladders with their tries, and one ping's gap.
LONGEST_SILENCE = 1.2 * (LADDER.total + 5 * LADDER.tries)


@pytest.fixture(autouse=True)
def connected(world: World) -> None:
    world.on_visit = follow
    assert world.connect()


def chats(number: int) -> list[str]:
    return [f"chat_{index:02}" for index in range(number)]


def fates(world: World) -> dict[int, str]:
    truth = Truth(world)
    return {truth.deliveries[key].sequence: stands for key, stands in truth.stands.items()}


def all_delivered(world: World) -> bool:
    return set(fates(world).values()) == {"delivered"}


@pytest.mark.parametrize("number", [1, 2, 20])
def test_a_dead_endpoint_stops_after_one_ladder_however_many_chats_wait(world: World, number: int) -> None:
    world.answers[""] = answered(500)
    world.record(*chats(number))
    world.run_wakes()

    lasted = world.live(1000, until=lambda: not world.is_open)

    assert LADDER.total * 0.9 <= lasted <= LONGEST_SILENCE + 60
    assert set(fates(world).values()) == {"dropped"}
    check(world)


def test_a_short_outage_stops_no_quiet_workspace(world: World) -> None:
    world.answers[""] = answered(500)
    world.record("a")
    world.run_wakes()
    world.live(LADDER.total * 0.75)
    world.answers.clear()

    lasted = world.live(100, until=lambda: all_delivered(world))

    assert world.is_open
    assert lasted <= 66
    assert len(world.endpoint.sequences()) <= LADDER.tries + 1
    check(world)


def test_a_receiver_that_takes_two_at_a_time_after_an_outage_loses_nothing(world: World) -> None:
    world.answers[""] = answered(503)
    world.record(*chats(20))
    world.run_wakes()
    world.live(60)
    taken: list[str] = []

    def two_each_visit(post: Post) -> Outcome:
        taken.append(post.event_id)
        return answered(200 if post.is_ping or len(taken) % 3 else 503)

    world.decide = two_each_visit
    world.live(300, until=lambda: all_delivered(world))

    assert set(fates(world).values()) == {"delivered"}
    check(world)


def test_one_poison_event_in_a_quiet_workspace_is_dropped_alone(world: World) -> None:
    world.answers["poison"] = answered(500)
    world.record("poison")
    world.run_wakes()

    world.live(400, until=lambda: fates(world) == {1: "dropped"})
    world.record("a")
    world.run_wakes()

    assert fates(world) == {1: "dropped", 2: "delivered"}
    assert world.is_open
    check(world)


def test_a_brief_outage_while_a_poison_event_reaches_its_ceiling_drops_no_other(world: World) -> None:
    world.answers["poison"] = answered(500)
    world.record("poison")
    world.run_wakes()
    world.live(400, until=lambda: Delivery.objects.filter(sequence=1, rung=3).exists())
    world.live(100)
    world.answers[""] = answered(503)
    world.record("other")
    world.run_wakes()
    world.live(60)
    world.answers = {"poison": answered(500)}

    world.live(200, until=lambda: "pending" not in fates(world).values())

    assert fates(world) == {1: "dropped", 2: "delivered"}
    assert world.is_open


def test_a_bad_chat_lags_by_one_ladder_and_never_grows(world: World) -> None:
    world.answers["bad"] = answered(500)
    world.record("bad")
    world.run_wakes()
    for _ in range(12):
        world.record("bad", "good")
        world.run_wakes()
        world.live(60, step=6)

    standing = fates(world)
    assert list(standing.values()).count("pending") <= (LADDER.total * 1.5) / 60 + 2
    assert world.endpoint.sequences("good") == sorted(world.endpoint.sequences("good"))
    assert Delivery.objects.filter(chat_id="good", status="delivered", attempts=1).count() == 12
    assert world.is_open
    check(world)


def test_a_wait_that_the_receiver_asks_for_holds_for_events_and_pings_and_is_an_hour_at_most(world: World) -> None:
    world.answers[""] = answered(429, 86_400)
    world.record("a", "b")
    world.run_wakes()
    sent = len(world.endpoint.posts)

    world.live(3500, step=100)
    assert len(world.endpoint.posts) == sent
    world.answers.clear()
    world.live(200, step=20, until=lambda: all_delivered(world))

    assert all_delivered(world)
    check(world)


def test_a_fault_of_ours_burns_no_try_however_long_it_lasts(world: World) -> None:
    world.answers[""] = Outcome(error=INTERNAL)
    world.record("a", "b", "c")
    world.run_wakes()
    world.live(1000, step=50)

    assert world.is_open
    assert set(Delivery.objects.values_list("rung", "status")) == {(0, "pending")}
    world.answers.clear()
    world.live(60)
    assert all_delivered(world)
    check(world)


def test_410_to_one_event_is_a_failure_like_any_other_while_pings_are_accepted(world: World) -> None:
    world.answers["a"] = answered(410)
    world.record("a", "b")
    world.run_wakes()

    assert world.is_open
    assert fates(world) == {1: "pending", 2: "delivered"}
    # One at connect, one after the 410, and one after the early try that the second allowed.
    assert len(world.endpoint.pings) == 3
    check(world)


def test_a_password_that_was_changed_there_and_here_costs_no_event(world: World) -> None:
    world.answers[""] = answered(401)
    world.record("a", "b")
    world.run_wakes()
    world.live(30)
    world.answers.clear()

    assert world.change_settings()
    world.run_wakes()

    assert all_delivered(world)
    check(world)


def test_a_failure_that_began_before_the_settings_were_saved_moves_no_rung(world: World) -> None:
    def save() -> None:
        world.answers.clear()
        assert world.change_settings()

    world.answers["a"] = answered(401)
    world.record("a")
    world.during_post = save
    world.run_wakes()

    assert list(Delivery.objects.values_list("status", "attempts", "rung")) == [("delivered", 2, 0)]
    assert [sight.outcome.status_code for sight in world.watch.sights] == [401, 200]
    check(world)


def test_many_chats_recover_within_a_minute_and_a_moment(world: World) -> None:
    world.answers[""] = answered(503)
    world.record(*chats(20), *chats(20))
    world.run_wakes()
    world.live(120)
    world.answers.clear()

    assert world.live(200, until=lambda: all_delivered(world)) <= 66
    check(world)
