"""The checks of a faults run can fail: each finds the fault it is there for, and only that."""

import dataclasses

import pytest

from tests.faults.books import Row, interleaved, judge
from tests.faults.ledger import Accepted, Arrival, Doubled, Ledger, Window

QUEUED = Accepted("evt_1", 1, "ws_1", "chat_1", "queued", asked_at=10.0, answered_at=10.1)
ARRIVAL = Arrival(10.2, "ws_1", "chat_1", 1, "evt_1", "evt_1", "digest", 200)
DELIVERED = Row("evt_1", "digest", "delivered", counted=1, attempts=1, numbers=1, successes=1)


def event(sequence: int, at: float, chat: str = "chat_1") -> Arrival:
    return dataclasses.replace(
        ARRIVAL, at=at, sequence=sequence, chat=chat, id=f"evt_{sequence}", header_id=f"evt_{sequence}"
    )


@pytest.fixture
def ledger() -> Ledger:
    """One event was accepted and has arrived, as it should."""
    ledger = Ledger()
    ledger.accept(QUEUED)
    ledger.arrive(ARRIVAL)
    return ledger


def test_what_arrived_as_promised_breaks_nothing(ledger: Ledger) -> None:
    ledger.arrive(event(2, at=11))
    assert ledger.broken == []
    assert ledger.doubled == []
    assert ledger.missing(accepted_before=99, workspaces=["ws_1"]) == []
    assert judge(DELIVERED, ledger) == []


def test_a_lost_event_is_missing() -> None:
    ledger = Ledger()
    ledger.accept(QUEUED)
    assert ledger.missing(accepted_before=99, workspaces=["ws_1"]) == [QUEUED]
    assert ledger.missing(accepted_before=10.1, workspaces=["ws_1"]) == []
    assert ledger.missing(accepted_before=99, workspaces=["ws_2"]) == []


def test_an_event_that_arrived_before_its_answer_is_not_missing() -> None:
    ledger = Ledger()
    ledger.arrive(ARRIVAL)
    ledger.accept(QUEUED)
    assert ledger.missing(accepted_before=99, workspaces=["ws_1"]) == []


def test_an_event_recorded_for_nobody_is_not_missing() -> None:
    ledger = Ledger()
    ledger.accept(dataclasses.replace(QUEUED, state="recorded"))
    assert ledger.missing(accepted_before=99, workspaces=["ws_1"]) == []


def test_a_reordered_event_breaks_the_order_of_its_chat_alone(ledger: Ledger) -> None:
    ledger.arrive(event(4, at=11))
    ledger.arrive(event(3, at=12, chat="chat_2"))
    assert ledger.out_of_order == 0
    ledger.arrive(event(2, at=13))
    assert ledger.out_of_order == 1
    assert ledger.broken == ["out of order: 2 came after 4 in ('ws_1', 'chat_1')"]


def test_an_event_that_comes_again_breaks_no_order(ledger: Ledger) -> None:
    ledger.arrive(event(2, at=11))
    ledger.arrive(dataclasses.replace(ARRIVAL, at=12))
    assert ledger.out_of_order == 0


def test_an_event_that_comes_again_with_other_bytes_is_altered(ledger: Ledger) -> None:
    ledger.arrive(dataclasses.replace(ARRIVAL, at=11, digest="other"))
    assert ledger.broken == ["altered: evt_1 came again with other bytes"]


def test_an_event_under_another_webhook_id_is_altered() -> None:
    ledger = Ledger()
    ledger.arrive(dataclasses.replace(ARRIVAL, header_id="evt_9"))
    assert ledger.broken == ["altered: evt_1 came with the webhook-id evt_9"]


def test_an_event_sent_again_after_its_2xx_is_doubled(ledger: Ledger) -> None:
    ledger.arrive(dataclasses.replace(ARRIVAL, at=11))
    assert ledger.doubled == [Doubled("evt_1", "ws_1", arrived_at=10.2, accepted_at=10.2, again_at=11)]


@pytest.mark.parametrize("status", [None, 500])
def test_an_event_sent_again_after_a_failure_is_not_doubled(status: int | None) -> None:
    ledger = Ledger()
    ledger.arrive(dataclasses.replace(ARRIVAL, status=status))
    ledger.arrive(dataclasses.replace(ARRIVAL, at=11))
    assert ledger.doubled == []
    ledger.arrive(dataclasses.replace(ARRIVAL, at=12))
    assert ledger.doubled == [Doubled("evt_1", "ws_1", arrived_at=11, accepted_at=11, again_at=12)]


def test_an_event_answered_late_counts_from_its_answer() -> None:
    ledger = Ledger()
    ledger.arrive(dataclasses.replace(ARRIVAL, status=None))
    ledger.take("evt_1", 11.7)
    ledger.arrive(dataclasses.replace(ARRIVAL, at=12))
    assert ledger.doubled == [Doubled("evt_1", "ws_1", arrived_at=10.2, accepted_at=11.7, again_at=12)]


KILLED_AT = 20.0
MOMENT = Window(start=KILLED_AT, end=KILLED_AT)


@pytest.mark.parametrize(
    ("arrived_at", "accepted_at", "excused"),
    [
        (19.4, 19.4, False),
        (19.6, 19.6, True),
        (20.2, 20.2, True),
        (20.3, 20.3, False),
        (19.0, 21.5, True),
        (20.3, 21.5, False),
        (19.0, 19.4, False),
    ],
    ids=[
        "recorded",
        "unrecorded",
        "on-the-way",
        "sent-after",
        "unanswered",
        "sent-after-and-slow",
        "slow-and-recorded",
    ],
)
def test_only_what_a_courier_had_not_recorded_when_it_was_hit_may_come_twice(
    arrived_at: float, accepted_at: float, *, excused: bool
) -> None:
    ledger = Ledger(doubled=[Doubled("evt_1", "ws_1", arrived_at, accepted_at, again_at=30)])
    assert ledger.unexcused([MOMENT]) == ([] if excused else ledger.doubled)


@pytest.mark.parametrize(("at", "excused"), [(19.4, False), (25.2, True), (25.3, False)])
def test_a_fault_whose_moment_is_not_known_excuses_as_long_as_it_lasts(at: float, *, excused: bool) -> None:
    ledger = Ledger(doubled=[Doubled("evt_1", "ws_1", at, at, again_at=30)])
    assert ledger.unexcused([Window(start=20, end=25)]) == ([] if excused else ledger.doubled)


def test_a_broken_promise_is_handed_out_once(ledger: Ledger) -> None:
    ledger.breach("ingest answered 500")
    assert ledger.take_broken() == ["ingest answered 500"]
    ledger.breach("ingest answered 404")
    assert ledger.take_broken() == ["ingest answered 404"]
    assert ledger.take_broken() == []


def test_without_a_fault_that_hits_couriers_nothing_excuses_a_doubled_event() -> None:
    ledger = Ledger(doubled=[Doubled("evt_1", "ws_1", 20, 20, again_at=30)])
    assert ledger.unexcused([]) == ledger.doubled
    assert ledger.unexcused([], since=1) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (DELIVERED._replace(event="evt_9"), "LOST: evt_9 is in the history, and nobody was told so"),
        (DELIVERED._replace(status=None, counted=None), "LOST: evt_1 was answered queued, and is owed to nobody"),
        (DELIVERED._replace(status="pending"), "LOST: evt_1 is due and still pending"),
        (DELIVERED._replace(digest="other"), "altered: evt_1 arrived with other bytes than the history has"),
        (
            DELIVERED._replace(attempts=2, counted=2),
            "two couriers: evt_1 has 2 attempts under 1 numbers and counts 2",
        ),
        (
            DELIVERED._replace(attempts=2, numbers=2),
            "two couriers: evt_1 has 2 attempts under 2 numbers and counts 1",
        ),
        (
            DELIVERED._replace(attempts=2, numbers=2, counted=2, successes=2),
            "two couriers: evt_1 has 2 successful attempts",
        ),
    ],
    ids=["unheard", "unowed", "pending", "altered", "twice-one-number", "uncounted", "twice-delivered"],
)
def test_the_books_name_what_is_wrong_with_an_event(ledger: Ledger, row: Row, problem: str) -> None:
    if row.event != "evt_1":
        ledger.arrive(dataclasses.replace(ARRIVAL, id=row.event, header_id=row.event))
    assert judge(row, ledger) == [problem]


def test_a_delivered_event_that_no_receiver_took_is_lost() -> None:
    ledger = Ledger()
    ledger.accept(QUEUED)
    assert judge(DELIVERED, ledger) == [
        "LOST: evt_1 counts as delivered, and no arrival of it was answered 2xx",
    ]


@pytest.mark.parametrize(
    ("written", "problems"),
    [
        ([("a", 1), ("a", 1), ("b", 2), ("c", 1)], []),
        ([("a", 1), ("a", 3), ("b", 2)], []),
        ([("a", 1), ("b", 2), ("a", 1)], ["lease a came back", "session 1 came back"]),
        ([("b", 2), ("b", 1), ("b", 2)], ["session 2 came back"]),
    ],
    ids=["one-after-the-other", "connected-anew", "old-lease", "old-courier-under-a-new-lease"],
)
def test_two_couriers_that_record_for_one_connection_are_found(
    written: list[tuple[str, int]], problems: list[str]
) -> None:
    assert interleaved(written) == problems
