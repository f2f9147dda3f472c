"""Anything in any order: people, platform, endpoint, broker, clock and crashes against the promises, step by step."""

from typing import ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from happ_webhooks.wire.outcome import INTERNAL, TIMEOUT, Outcome
from tests.model import profiles
from tests.model.breaking import How, Strike, between_statements
from tests.model.endpoint import answered
from tests.model.follow import follow, settle
from tests.model.truth import check
from tests.model.world import World, Worlds

CHATS = ["a", "b", "c"]
ANSWERS = {
    "200": answered(200),
    "500": answered(500),
    "401": answered(401),
    "410": answered(410),
    "429, wait 100 s": answered(429, 100),
    "503, wait 3 s": answered(503, 3),
    "no answer": Outcome(error=TIMEOUT, response_ms=5000),
    "a bug of ours": Outcome(error=INTERNAL),
}
SECONDS = [1, 3, 9, 12, 50, 62, 130, 300]


class Delivering(RuleBasedStateMachine):
    """One workspace. What must hold is in tests/model: watch (each POST), follow (each visit), truth (each moment)."""

    worlds: ClassVar[Worlds]
    world: World

    @initialize(width=st.sampled_from([1, 1, 1, 8]), connected=st.sampled_from([True, True, True, False]))
    def begin(self, width: int, connected: bool) -> None:
        self.world = self.worlds.new(width=width)
        self.world.on_visit = follow
        if connected:
            self.world.connect()

    @rule(chats=st.lists(st.sampled_from(CHATS), min_size=1, max_size=6))
    def record(self, chats: list[str]) -> None:
        self.world.record(*chats)

    @rule(chat=st.sampled_from(CHATS))
    def record_twice(self, chat: str) -> None:
        self.world.record(chat, sources=["the same"])

    @rule(who=st.sampled_from([*CHATS, "ping", ""]), answer=st.sampled_from(sorted(ANSWERS)))
    def the_endpoint_answers(self, who: str, answer: str) -> None:
        self.world.answers[who] = ANSWERS[answer]

    @rule()
    def the_endpoint_is_well(self) -> None:
        self.world.answers.clear()

    @rule(seconds=st.sampled_from(SECONDS))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    @rule()
    def a_courier_comes(self) -> None:
        if self.world.wakes:
            self.world.deliver(self.world.wakes.popleft())

    @rule()
    def couriers_come_until_nothing_is_due(self) -> None:
        self.world.run_wakes()

    @rule()
    def the_clock_of_ops_strikes(self) -> None:
        self.world.sweep()
        self.world.run_countdowns()
        self.world.run_wakes()

    @rule(at=st.integers(1, 16), how=st.sampled_from(list(How)))
    def a_courier_breaks_off(self, at: int, how: How) -> None:
        if self.world.wakes:
            self.world.deliver(self.world.wakes.popleft(), Strike(at, how))

    @precondition(lambda self: self.world.wakes)
    @rule(at=st.integers(1, 6), what=st.sampled_from(["record", "disconnect", "connect", "change_settings"]))
    def something_happens_between_two_statements_of_a_courier(self, at: int, what: str) -> None:
        chats = ["a", "b"] if what == "record" else []
        connection_id = self.world.wakes.popleft()
        with between_statements(at, lambda: getattr(self.world, what)(*chats)):
            self.world.deliver(connection_id, disturbed=True)

    @precondition(lambda self: self.world.wakes)
    @rule()
    def a_wake_is_lost(self) -> None:
        self.world.wakes.pop()

    @precondition(lambda self: self.world.wakes)
    @rule()
    def a_wake_comes_twice(self) -> None:
        self.world.wakes.append(self.world.wakes[0])

    @rule()
    def the_broker_forgets_everything(self) -> None:
        self.world.wakes.clear()
        self.world.countdowns.clear()

    @rule()
    def connect(self) -> None:
        self.world.connect()

    @rule()
    def change_settings(self) -> None:
        self.world.change_settings()

    @rule()
    def disconnect(self) -> None:
        self.world.disconnect()

    @rule()
    def a_person_pings(self) -> None:
        self.world.test_ping()

    @rule(
        what=st.sampled_from(["disconnect", "connect", "change_settings", "test_ping"]),
        seconds=st.sampled_from([0, 0.51, 4]),
    )
    def a_person_acts_in_the_middle_of_the_next_post(self, what: str, seconds: float) -> None:
        def happens() -> None:
            getattr(self.world, what)()
            self.world.clock.advance(seconds)

        self.world.during_post = happens

    @rule(chat=st.sampled_from(CHATS))
    def an_event_comes_in_the_middle_of_the_next_post(self, chat: str) -> None:
        def happens() -> None:
            self.world.record(chat)

        self.world.during_post = happens

    @rule(before=st.booleans())
    def the_courier_freezes_at_its_next_post_and_another_comes(self, before: bool) -> None:
        def happens() -> None:
            self.world.breaks += 1
            self.world.clock.advance(9)
            self.world.sweep()
            self.world.run_wakes()

        setattr(self.world, "before_post" if before else "during_post", happens)

    @invariant()
    def every_promise_holds(self) -> None:
        check(self.world)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            settle(self.world)
            self.world.forget()


@pytest.mark.timeout(1200)
def test_whatever_happens_in_whatever_order_every_promise_holds(made: Worlds) -> None:
    Delivering.worlds = made
    run_state_machine_as_test(Delivering, settings=profiles.chosen())
