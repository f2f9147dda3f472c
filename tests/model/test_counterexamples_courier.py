"""The courier's counterexamples: the shortest ways to lose, repeat or misdirect an event, replayed, and must not."""

import time

import pytest
from django.db import connection as database
from django.db import transaction

from deliveries.courier.lease import RELEASE
from deliveries.models import Connection, Delivery
from happ_webhooks.history.events import lock_workspace
from tests.model.breaking import How, Strike, between_statements, elsewhere
from tests.model.endpoint import answered
from tests.model.follow import follow
from tests.model.truth import check
from tests.model.world import World, Worlds
from tests.processes import eventually


@pytest.fixture(autouse=True)
def connected(world: World) -> None:
    world.on_visit = follow
    assert world.connect()


def statuses(world: World) -> list[str]:
    found = Delivery.objects.filter(workspace_id=world.workspace_id).order_by("sequence")
    return list(found.values_list("status", flat=True))


def freeze(world: World) -> None:
    """The courier is frozen past its lease; the sweeper brings another."""
    world.breaks += 1
    world.clock.advance(9)
    world.sweep()
    world.run_wakes()


#: Whether another session waits for a lock of this one's.
SOMEBODY_WAITS = """
SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""


def somebody_waits() -> bool:
    with database.cursor() as cursor:
        cursor.execute(SOMEBODY_WAITS)
        return bool(cursor.fetchone()[0])


def test_a_disconnect_waits_for_the_intake_before_it(world: World) -> None:
    with transaction.atomic():
        world.record("a")
        disconnecting = elsewhere(world.disconnect)
        eventually(somebody_waits)
    disconnecting.join()
    world.sweep()

    assert statuses(world) == ["cancelled"]
    check(world)


def test_an_intake_waits_for_the_disconnect_before_it_and_owes_nothing(world: World) -> None:
    """It has seen the connection open: what it owed to that would count for nobody."""
    states: list[str] = []
    with transaction.atomic():
        world.disconnect()
        recording = elsewhere(lambda: states.extend(each.state for each in world.record("a")))
        eventually(somebody_waits)
    recording.join()

    assert states == ["recorded"]
    assert statuses(world) == []
    check(world)


def test_an_intake_waits_for_the_connect_before_it_and_owes_to_it(world: World) -> None:
    """By one statement alone it would look with the eyes of the moment in which it began to wait."""
    states: list[str] = []
    with transaction.atomic():
        assert world.connect()
        recording = elsewhere(lambda: states.extend(each.state for each in world.record("a")))
        eventually(somebody_waits)
    recording.join()
    world.run_wakes()

    assert states == ["queued"]
    assert list(Delivery.objects.values_list("status", "connection_id")) == [("delivered", world.connection_id)]
    check(world)


def test_a_stop_that_waits_for_the_workspace_holds_no_lock_that_intake_needs(world: World) -> None:
    world.on_visit = None
    world.answers[""] = answered(410)
    world.record("a")
    with transaction.atomic():
        lock_workspace(world.workspace_id)
        stopping = elsewhere(world.run_wakes)
        eventually(somebody_waits)
        # Not even for a moment: the other order would be a deadlock, which PostgreSQL ends after a second.
        with database.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        assert [accepted.state for accepted in world.record("b")] == ["queued"]
    stopping.join()
    world.run_wakes()

    assert not world.is_open
    check(world)


def test_an_event_that_comes_while_a_failed_chat_waits_is_not_left_to_its_countdown(world: World) -> None:
    def comes() -> None:
        world.record("b")

    world.answers["a"] = answered(500)
    world.record("a")
    world.during_post = comes
    world.deliver(world.wakes.popleft())

    world.run_wakes()

    assert statuses(world) == ["pending", "delivered"]
    check(world)


@pytest.mark.parametrize("fails", [False, True], ids=["nothing waits", "a try waits"])
@pytest.mark.parametrize("at", range(1, 7))
def test_an_event_that_comes_between_any_two_statements_of_a_courier_is_not_left_behind(
    world: World, at: int, fails: bool
) -> None:
    world.answers = {"a": answered(500)} if fails else {}
    world.record("a")
    with between_statements(at, lambda: world.record("b")):
        world.deliver(world.wakes.popleft(), disturbed=True)

    world.run_wakes()

    assert statuses(world) == ["pending" if fails else "delivered", "delivered"]
    check(world)


@pytest.mark.parametrize("fails", [False, True], ids=["nothing waits", "a try waits"])
def test_an_event_that_comes_just_before_a_courier_gives_its_lease_back_wakes_another(
    world: World, fails: bool
) -> None:
    world.answers = {"a": answered(500)} if fails else {}
    world.record("a")
    with between_statements(1, lambda: world.record("b"), matches=lambda sql: sql == RELEASE):
        world.deliver(world.wakes.popleft(), disturbed=True)
    assert world.endpoint.sequences() == [1]

    world.run_wakes()

    assert world.endpoint.sequences() == [1, 2]
    check(world)


def test_a_wake_of_an_earlier_connection_is_not_taken_for_one_of_the_next(world: World) -> None:
    world.record("a")
    assert world.connect()
    world.record("b")

    world.run_wakes()

    assert world.endpoint.sequences() == [2]
    check(world)


def test_a_courier_of_an_earlier_connection_keeps_nobody_from_the_next(world: World) -> None:
    def reconnect() -> None:
        assert world.connect()
        world.record("b")

    world.record("a")
    world.during_post = reconnect
    world.deliver(world.wakes.popleft())
    world.run_wakes()
    world.sweep()

    assert statuses(world) == ["cancelled", "delivered"]
    check(world)


def test_a_courier_that_thaws_after_its_lease_sends_nothing_that_another_delivered(world: World) -> None:
    world.record("a", "b")
    world.before_post = lambda: freeze(world)
    world.deliver(world.wakes.popleft())

    assert sorted(world.endpoint.sequences()) == [1, 2]
    assert statuses(world) == ["delivered", "delivered"]
    check(world)


@pytest.mark.parametrize("reconnects", [False, True], ids=["disconnected", "connected anew"])
@pytest.mark.parametrize("seconds", [0.51, 9])
def test_a_courier_that_thaws_half_a_second_after_a_disconnect_sends_nothing(
    world: World, reconnects: bool, seconds: float
) -> None:
    def happens() -> None:
        if reconnects:
            assert world.connect()
        else:
            world.disconnect()
        world.clock.advance(seconds)

    world.record("a", "b")
    world.before_post = happens
    world.deliver(world.wakes.popleft())

    assert world.endpoint.sequences() == []
    check(world)


def test_an_answer_that_comes_after_the_lease_is_recorded_by_nobody_and_moves_nothing(world: World) -> None:
    world.record("a", "a")
    world.answers["a"] = answered(500)

    def happens() -> None:
        world.answers.clear()
        freeze(world)

    world.during_post = happens
    world.deliver(world.wakes.popleft())

    assert world.endpoint.sequences() == [1, 1, 2]
    assert list(Delivery.objects.values_list("status", "attempts", "rung")) == [("delivered", 1, 0)] * 2
    assert Connection.objects.get().failures_in_row == 0
    check(world)


@pytest.mark.parametrize("seconds", [0.51, 4])
def test_a_courier_does_not_go_on_for_a_connection_that_closed_under_it(world: World, seconds: float) -> None:
    def happens() -> None:
        world.disconnect()
        world.clock.advance(seconds)

    world.record("a", "b", "c")
    world.during_post = happens
    world.deliver(world.wakes.popleft())

    assert world.endpoint.sequences() == [1]
    check(world)


@pytest.mark.parametrize("reconnects", [False, True], ids=["disconnected", "connected anew"])
def test_half_a_second_after_its_end_nothing_of_a_connection_leaves_by_any_of_eight_threads(
    made: Worlds, reconnects: bool
) -> None:
    wide = made.new(width=8)
    assert wide.connect()
    Connection.objects.filter(workspace_id=wide.workspace_id).update(window=8)
    at_the_end: list[int] = []

    def happens() -> None:
        if reconnects:
            assert wide.connect()
        else:
            wide.disconnect()
        wide.clock.advance(0.51)
        at_the_end.append(len(wide.endpoint.events))

    wide.record(*(f"chat_{number}" for number in range(40)))
    wide.during_post = happens
    wide.deliver(wide.wakes.popleft())

    # What took up its order before the end may still leave: as many as there are threads, no more.
    assert len(wide.endpoint.events) <= at_the_end[0] + 8 < 40
    check(wide)


def test_settings_saved_in_the_middle_of_a_run_hold_for_the_next_post(world: World) -> None:
    def happens() -> None:
        assert world.change_settings()
        world.clock.advance(4)

    world.record("a", "b", "c")
    world.during_post = happens
    world.run_wakes()

    first, *others = [post.url for post in world.endpoint.events]
    assert first == "https://shop.example.com/1/1"
    assert set(others) == {"https://shop.example.com/1/2"}
    assert statuses(world) == ["delivered"] * 3
    check(world)


def test_settings_saved_while_the_last_try_fails_wake_somebody(world: World) -> None:
    def happens() -> None:
        world.answers.clear()
        assert world.change_settings()

    world.answers["a"] = answered(500)
    world.record("a")
    world.during_post = happens
    world.deliver(world.wakes.popleft())
    world.run_wakes()

    assert statuses(world) == ["delivered"]
    check(world)


def test_settings_saved_while_a_head_waits_make_it_due_at_once(world: World) -> None:
    world.answers["a"] = answered(500)
    world.record("a")
    world.run_wakes()
    world.answers.clear()
    assert world.change_settings()

    world.run_wakes()

    assert statuses(world) == ["delivered"]
    check(world)


def test_after_a_kill_another_courier_has_everything_within_eleven_seconds(world: World) -> None:
    world.record("a", "b")
    world.deliver(world.wakes.popleft(), Strike(2, How.KILLED_AFTER))

    assert world.live(60, until=lambda: statuses(world) == ["delivered"] * 2) <= 12.5
    check(world)


def test_after_a_lost_wake_a_courier_comes_within_seven_seconds(world: World) -> None:
    world.record("a")
    world.wakes.clear()

    assert world.live(60, until=lambda: statuses(world) == ["delivered"]) <= 7.5
    check(world)


def test_an_event_does_not_wait_for_the_countdown_of_another(world: World) -> None:
    world.answers["a"] = answered(500)
    world.record("a")
    world.run_wakes()
    assert len(world.countdowns) == 1
    world.record("b")

    world.run_wakes()

    assert statuses(world) == ["pending", "delivered"]
    check(world)


def test_a_busy_failing_workspace_leaves_one_countdown_not_many(world: World) -> None:
    world.answers["a"] = answered(500)
    world.record("a")
    for _ in range(6):
        world.record("b")
        world.run_wakes()

    assert len(world.countdowns) == 1
    check(world)


def test_a_wake_that_comes_twice_is_turned_away_while_a_courier_is_at_work(world: World) -> None:
    def happens() -> None:
        world.deliver(world.connection_id)

    world.record("a", "b")
    world.during_post = happens
    world.run_wakes()

    assert world.endpoint.sequences() == [1, 2]
    check(world)


def test_a_signature_is_dated_by_the_database_however_wrong_the_workers_clock_is(world: World) -> None:
    world.clock.advance(3600)
    world.record("a")
    world.run_wakes()

    dated = int(world.endpoint.events[0].headers["webhook-timestamp"])
    assert abs(dated - world.clock.now()) < 5
    assert dated - time.time() > 3500


def test_an_early_try_moves_no_rung_and_there_is_one_of_a_rung(world: World) -> None:
    world.answers["a"] = answered(500)
    world.record("a")
    world.run_wakes()
    for _ in range(3):
        world.clock.advance(1)
        world.test_ping()
        world.run_wakes()

    assert list(Delivery.objects.values_list("attempts", "rung", "early_spent")) == [(2, 1, True)]
    check(world)


def test_an_event_of_a_failing_chat_waits_for_its_head(world: World) -> None:
    world.answers["a"] = answered(500)
    world.record("a")
    world.run_wakes()
    world.record("a", "b")
    world.run_wakes()

    assert world.endpoint.sequences() == [1, 3]
    assert statuses(world) == ["pending", "pending", "delivered"]
    check(world)
