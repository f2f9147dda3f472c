"""The failure policy alone: pure rules, a table and a search for counterexamples."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliveries.policy import Policy
from deliveries.standing import Health, Standing, Try, Verdict
from happ_webhooks.wire.ladder import Ladder
from happ_webhooks.wire.outcome import Outcome

LADDER = Ladder((5, 30, 120, 600, 1800, 3600, 7200))
START = datetime(2026, 5, 25, 11, 30, tzinfo=UTC)
OK = Outcome(status_code=200)
REFUSED = Outcome(error="REFUSED")
DENIED = Outcome(status_code=401, error="HTTP_401")


class Steady(random.Random):
    """No jitter, so that times are exact."""

    def uniform(self, a: float, b: float) -> float:
        return 1.0


POLICY = Policy(LADDER, 5.0, Steady())


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def event(**values: object) -> Standing:
    return Standing(**{"chat": "telegram:1", "recorded_at": START, **values})  # type: ignore[arg-type]


def failure(seconds: float, outcome: Outcome = DENIED, **values: object) -> Try:
    return Try(**{"outcome": outcome, "started_at": after(seconds), "now": after(seconds), **values})  # type: ignore[arg-type]


def climb(standing: Standing, health: Health, tries: int) -> tuple[list[float], Verdict]:
    """Fails at every rung's own time, with the endpoint accepting pings between; the times and the last verdict."""
    times, verdict, at = [], Verdict.RETRY, START
    for _ in range(tries):
        times.append((at - START).total_seconds())
        health.last_accepted_at = at
        second = after(times[1]) if len(times) > 1 else None
        health.last_accepted_at = at - timedelta(seconds=1)
        verdict = POLICY.judge(standing, health, failure(times[-1], second_attempt_at=second))
        at = standing.next_attempt_at or at
    return times, verdict


def test_an_event_is_tried_eight_times_in_three_hours_and_forty_three_minutes() -> None:
    times, verdict = climb(event(), Health(), 8)

    assert times == [0, 5, 35, 155, 755, 2555, 6155, 13355]
    assert verdict is Verdict.DROP
    assert LADDER.tries == 8


def test_at_the_ceiling_the_stream_stops_if_nothing_was_accepted_since_the_second_try() -> None:
    standing = event(rung=7, attempts=7, failing_since=START, next_attempt_at=after(100))
    health = Health(last_accepted_at=after(4), failing_since=after(6))

    assert POLICY.judge(standing, health, failure(200, second_attempt_at=after(5))) is Verdict.STOP


def test_an_early_try_moves_no_rung_and_there_is_one_for_each_rung() -> None:
    standing = event(rung=2, attempts=2, last_attempt_at=START, next_attempt_at=after(120))
    health = Health(heads_due_at=after(10))
    assert standing.due_at(health) == after(10)

    assert POLICY.judge(standing, health, failure(11)) is Verdict.RETRY

    assert (standing.rung, standing.attempts, standing.next_attempt_at) == (2, 3, after(120))
    health.heads_due_at = after(50)
    assert standing.due_at(health) == after(120)


def test_the_try_at_its_own_time_moves_the_rung_and_frees_the_next_early_one() -> None:
    standing = event(rung=2, attempts=3, early_spent=True, last_attempt_at=after(11), next_attempt_at=after(120))

    POLICY.judge(standing, Health(), failure(120))

    assert (standing.rung, standing.early_spent, standing.next_attempt_at) == (3, False, after(240))


def test_a_failure_that_began_before_settings_were_saved_is_free() -> None:
    standing = event()
    health = Health(heads_due_at=after(3))

    POLICY.judge(standing, health, failure(1, stale=True))

    assert (standing.rung, standing.attempts, standing.early_spent) == (0, 1, False)
    assert standing.due_at(health) == after(3)


def test_three_failures_in_a_row_ask_for_a_ping() -> None:
    health = Health()
    for number in range(3):
        assert health.next_ping_at is None
        POLICY.judge(event(chat=f"telegram:{number}"), health, failure(number))
    assert health.next_ping_at == after(2)


def test_an_accepted_ping_makes_every_waiting_head_due_and_ends_the_row() -> None:
    health = Health(failures_in_row=3, failing_since=START, next_ping_at=START)

    POLICY.judge_ping(health, failure(10, OK))

    assert health == Health(heads_due_at=after(10), last_accepted_at=after(10))


def test_unanswered_pings_go_after_each_step_of_the_ladder_at_most_a_minute_apart() -> None:
    health, gaps, at = Health(next_ping_at=START), [], 0.0
    for _ in range(5):
        POLICY.judge_ping(health, failure(at, REFUSED))
        assert health.next_ping_at is not None
        gaps.append((health.next_ping_at - after(at)).total_seconds())
        at += gaps[-1]
    assert gaps == [5, 30, 60, 60, 60]
    assert health.down_since == START


def test_an_accepted_event_while_down_asks_for_a_ping_before_the_others_go() -> None:
    health = Health(down_since=START, failures_in_row=5, next_ping_at=after(60))

    assert POLICY.judge(event(), health, failure(20, OK)) is Verdict.DELIVERED

    assert (health.down_since, health.heads_due_at, health.next_ping_at) == (None, None, after(20))


@pytest.mark.parametrize(
    ("asked", "rung", "expected"),
    [(1, 0, 5), (100, 0, 100), (9999, 0, 3600), (9999, 6, 7200), (None, 1, 30)],
)
def test_retry_after_is_clamped_and_holds_for_the_whole_endpoint(
    asked: float | None, rung: int, expected: float
) -> None:
    health, standing = Health(), event(rung=rung, attempts=rung, next_attempt_at=START if rung else None)

    POLICY.judge(standing, health, failure(0, Outcome(status_code=429, error="HTTP_429", retry_after=asked)))

    assert standing.next_attempt_at == after(expected)
    assert health.paused_until == (None if asked is None else after(expected))


def test_of_several_that_asked_to_wait_the_longest_wait_holds() -> None:
    health = Health()
    for asked in (600, 60):
        POLICY.judge(event(), health, failure(0, Outcome(status_code=429, error="HTTP_429", retry_after=asked)))
    assert health.paused_until == after(600)


def test_events_of_three_chats_dropped_in_a_row_stop_the_stream() -> None:
    health, verdicts = Health(), []
    for number in (1, 1, 2, 3):
        health.last_accepted_at = after(100)  # the endpoint accepts pings
        standing = event(chat=f"telegram:{number}", rung=7, attempts=7, failing_since=START, next_attempt_at=after(200))
        verdicts.append(POLICY.judge(standing, health, failure(200, second_attempt_at=after(5))))
    assert verdicts == [Verdict.DROP, Verdict.DROP, Verdict.DROP, Verdict.STOP]


def test_an_accepted_event_between_the_drops_starts_the_count_anew() -> None:
    health = Health(dropped_chats=["telegram:1", "telegram:2"], last_accepted_at=START)
    POLICY.judge(event(), health, failure(1, OK))
    assert health.dropped_chats == []


def test_nothing_accepted_for_one_fifth_more_than_the_ladder_stops_the_stream() -> None:
    limit = 1.2 * (LADDER.total + 8 * 5)
    for seconds, verdict in ((limit - 1, Verdict.RETRY), (limit, Verdict.STOP)):
        health = Health(failing_since=START, next_ping_at=after(seconds))
        assert POLICY.judge_ping(health, failure(seconds, REFUSED)) is verdict


def test_time_in_which_happ_was_away_does_not_count_as_silence() -> None:
    health = Health(failing_since=START, next_ping_at=after(60))

    assert POLICY.judge_ping(health, failure(60 + 5 * 3600, REFUSED)) is Verdict.RETRY

    assert health.failing_since == after(5 * 3600)


def test_our_own_fault_moves_no_rung_and_stops_nothing() -> None:
    standing = event(rung=7, attempts=9, failing_since=START, next_attempt_at=START)
    health = Health(failing_since=START)

    assert POLICY.judge(standing, health, failure(10**6, REFUSED, own_fault=True)) is Verdict.RETRY

    assert standing.rung == 7
    assert standing.next_attempt_at == after(10**6 + 7200)


def test_an_internal_outcome_is_no_try_of_the_endpoint() -> None:
    standing, health = event(), Health()

    assert POLICY.judge(standing, health, failure(0, Outcome(error="INTERNAL"))) is Verdict.RETRY

    assert (standing.rung, standing.next_attempt_at) == (0, after(30))
    assert health == Health()


@pytest.mark.parametrize(
    ("waited", "head_rung", "expected"), [(4, 8, 0), (5, 8, 1), (36, 8, 2), (10**6, 8, 7), (10**6, 3, 3)]
)
def test_the_next_of_a_chat_starts_at_the_rung_its_wait_has_reached(
    waited: float, head_rung: int, expected: int
) -> None:
    assert POLICY.inherited_rung(START, after(waited), head_rung) == expected
    standing = event()
    POLICY.judge(
        standing, Health(last_accepted_at=after(1)), failure(waited, inherited=expected, inherited_since=START)
    )
    assert standing.rung == expected + 1


def test_an_answer_to_old_settings_says_nothing_of_the_new_ones() -> None:
    health = Health()
    gone = Outcome(status_code=410, error="HTTP_410", retry_after=3600)

    assert POLICY.judge_ping(health, failure(0, gone, stale=True), gone=True) is Verdict.RETRY
    assert POLICY.judge(event(), health, failure(0, gone, stale=True)) is Verdict.RETRY

    assert health == Health()


def test_a_2xx_that_was_on_the_wire_does_not_lift_what_the_receiver_asked_for() -> None:
    health = Health(paused_until=after(60))
    POLICY.judge(event(), health, failure(1, OK))
    assert health.paused_until == after(60)


def test_many_late_tries_move_the_silence_by_one_absence_and_never_into_the_future() -> None:
    health = Health(failing_since=START, last_attempt_at=START)
    for number in range(5):
        standing = event(rung=1, attempts=1, failing_since=START, next_attempt_at=after(30))
        POLICY.judge(standing, health, failure(3600 + number))
    assert health.failing_since == after(3570)


def test_an_internal_outcome_shortens_no_wait() -> None:
    standing = event(rung=5, attempts=5, failing_since=START, last_attempt_at=START, next_attempt_at=after(3600))
    POLICY.judge(standing, Health(heads_due_at=after(1)), failure(2, Outcome(error="INTERNAL")))
    assert standing.next_attempt_at == after(3600)


def test_410_asks_for_a_ping_at_once_and_a_second_410_stops_the_stream() -> None:
    health, gone = Health(), Outcome(status_code=410, error="HTTP_410")
    assert POLICY.judge(event(), health, failure(0, gone)) is Verdict.RETRY
    assert health.next_ping_at == START
    assert POLICY.judge_ping(Health(), failure(0, gone)) is Verdict.RETRY
    assert POLICY.judge_ping(Health(), failure(0, gone), gone=True) is Verdict.STOP


STEPS = st.lists(st.tuples(st.sampled_from(["own", "early", "ping"]), st.booleans()), max_size=120)


@given(STEPS)
def test_nothing_is_dropped_before_its_ladder_has_run_whatever_flaps(steps: list[tuple[str, bool]]) -> None:
    standing, health, at, starts = event(), Health(), START, []
    for kind, accepted in steps:
        at += timedelta(seconds=1)
        if kind == "ping":
            POLICY.judge_ping(health, Try(outcome=OK if accepted else REFUSED, started_at=at, now=at))
            continue
        due = standing.next_attempt_at or at
        at = max(at, due) if kind == "own" else at
        if at < due and not standing.may_go_early(health):
            continue
        starts.append(at)
        second = starts[1] if len(starts) > 1 else None
        a_try = Try(outcome=DENIED, started_at=at, now=at, second_attempt_at=second)
        if POLICY.judge(standing, health, a_try) in {Verdict.DROP, Verdict.STOP}:
            assert at - START >= timedelta(seconds=LADDER.total)
            assert standing.rung == LADDER.tries or health.failing_since is not None
            return
        assert standing.attempts <= 2 * standing.rung + 1
