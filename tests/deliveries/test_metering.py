"""What each event, try, wake and fault adds to the counters, and that it adds nothing else."""

from datetime import timedelta

import pytest
from celery.app.task import Context
from django.conf import settings
from django.db import OperationalError
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerError
from prometheus_client import CollectorRegistry, Histogram

from deliveries import heartbeats, sweeper, tasks, wakes
from deliveries.connections import disconnect_workspace
from deliveries.courier.lease import take
from deliveries.courier.recording import record_patiently
from deliveries.heartbeats import Pulse
from deliveries.intake import take_in
from deliveries.metering.counted import OUTCOMES, REGISTRY, outcome_label
from deliveries.metering.many import observe
from deliveries.models import Connection
from deliveries.policy import Policy
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from happ_webhooks.wire.outcome import CODES, Outcome
from tests.conftest import connect, incoming, record, time_passes, visit
from tests.counts import Counting
from tests.receiver import Receiver

TIMES = ("happ_attempt_seconds", "happ_attempt_phase_seconds", "happ_arrival_seconds_sum")
WAKE = "happ_sent_wakes_total"


@pytest.fixture
def counts(workspace: Workspace) -> Counting:
    return Counting()


def test_accepted_events_are_counted_by_what_became_of_them(workspace: Workspace, receiver: Receiver) -> None:
    counts = Counting()
    events = [incoming("chat_1"), incoming("chat_1")]
    take_in(workspace.pk, events)
    assert counts.changes() == {"happ_accepted_events_total{recorded}": 2}

    connect(workspace, receiver.url)
    counts = Counting()
    take_in(workspace.pk, [*events, incoming("chat_1")])
    assert counts.changes(WAKE) == {
        "happ_accepted_events_total{duplicate}": 2,
        "happ_accepted_events_total{queued}": 1,
    }


def test_a_delivered_event_is_an_attempt_and_an_end(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1", "chat_2")
    counts = Counting()

    visit(connection)

    changes = counts.changes(WAKE)
    assert {name: value for name, value in changes.items() if not name.startswith(TIMES)} == {
        "happ_attempts_total{2xx}": 2,
        "happ_settled_deliveries_total{delivered}": 2,
        "happ_arrival_seconds_count{well}": 2,
    }
    assert changes["happ_attempt_seconds_count"] == changes["happ_attempt_phase_seconds_count{first_byte}"] == 2
    assert 1 <= changes["happ_attempt_phase_seconds_count{connect}"] <= 2
    assert 0 < changes["happ_arrival_seconds_sum{well}"] < 20


def test_arrival_is_from_recording_to_the_start_of_the_accepted_try(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    time_passes(100)
    counts = Counting()

    visit(connection)

    assert 100 <= counts.changes()["happ_arrival_seconds_sum{well}"] < 110


def test_what_an_endpoint_held_up_itself_is_kept_apart(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500 if len(receiver.events) == 1 else 200
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    counts = Counting()
    visit(connection)
    assert counts.changes(WAKE, *TIMES) == {"happ_attempts_total{5xx}": 1}

    record(workspace, "chat_2")
    time_passes(10)
    visit(connection)

    assert counts.changes(WAKE, "happ_accepted", *TIMES) == {
        "happ_attempts_total{5xx}": 1,
        "happ_attempts_total{2xx}": 2,
        "happ_settled_deliveries_total{delivered}": 2,
        "happ_arrival_seconds_count{troubled}": 2,
    }


def test_what_waited_for_a_down_endpoint_is_not_our_delay(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    time_passes(60)
    Connection.objects.update(heads_due_at=Now() - timedelta(seconds=5))
    counts = Counting()

    visit(connection)

    assert counts.changes()["happ_arrival_seconds_count{troubled}"] == 1
    assert "happ_arrival_seconds_count{well}" not in counts.changes()


def test_a_stream_that_stops_is_counted_once_and_what_it_owed_when_it_is_settled(
    workspace: Workspace, receiver: Receiver, short_ladder: Ladder, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.script = lambda arrival: 500
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1", "chat_1", "chat_2")
    counts = Counting()

    for _ in range(20):
        if visit(connection) == "closed" or not Connection.objects.get().is_open:
            break
        time_passes(70)

    changes = counts.changes(WAKE, *TIMES)
    assert changes.pop("happ_attempts_total{5xx}") >= 4
    assert changes.pop("happ_pings_total{5xx}") >= 1
    assert changes == {"happ_stopped_streams_total{MAX_RETRIES_EXCEEDED}": 1}
    sweeper.sweep()
    assert counts.changes(WAKE, *TIMES)["happ_settled_deliveries_total{dropped}"] == 3


def test_a_disconnect_cancels_what_waits(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    record(workspace, "chat_1", "chat_2")
    disconnect_workspace(workspace.pk)
    counts = Counting()

    sweeper.sweep()
    sweeper.sweep()

    assert counts.changes() == {"happ_settled_deliveries_total{cancelled}": 2}


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        (Outcome(status_code=204), "2xx"),
        (Outcome(status_code=302, error="REDIRECT"), "REDIRECT"),
        (Outcome(status_code=101, error="HTTP_101"), "1xx"),
        (Outcome(status_code=410, error="HTTP_410"), "4xx"),
        (Outcome(status_code=503, error="HTTP_503"), "5xx"),
        (Outcome(status_code=999, error="HTTP_999"), "other"),
        (Outcome(error="TIMEOUT"), "TIMEOUT"),
        *((Outcome(error=code), code) for code in CODES),
    ],
)
def test_an_outcome_has_one_of_few_labels(outcome: Outcome, label: str) -> None:
    assert outcome_label(outcome) == label
    assert label in OUTCOMES


def test_every_series_is_there_before_anything_happens_and_none_names_a_workspace() -> None:
    samples = [sample for family in REGISTRY.collect() for sample in family.samples]
    assert {name for sample in samples for name in sample.labels} == {
        "at",
        "because",
        "endpoint",
        "le",
        "outcome",
        "phase",
        "queue",
        "reason",
        "result",
        "state",
        "status",
    }
    assert len(samples) < 300


def test_many_values_at_once_come_to_what_they_come_to_one_by_one() -> None:
    told = [0.0, 0.005, 0.0051, 0.3, 0.5, 0.5, 9.0]
    found = []
    for way in (lambda histogram: [histogram.observe(value) for value in told], lambda one: observe(one, told)):
        registry = CollectorRegistry()
        way(Histogram("a", "A.", buckets=(0.005, 0.5, 1), registry=registry))
        found.append({(s.name, *s.labels.values()): s.value for each in registry.collect() for s in each.samples})
    for each in found:
        each.pop(("a_created",))
    assert found[0] == found[1]
    assert found[0]["a_count",] == 7


def test_wakes_are_counted_as_sent_empty_and_swept(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    counts = Counting()
    record(workspace, "chat_1")
    assert counts.changes("happ_accepted") == {"happ_sent_wakes_total{fresh}": 1}
    time_passes(5)
    wakes.sweep()
    assert counts.changes("happ_accepted") == {
        "happ_sent_wakes_total{fresh}": 2,
        "happ_swept_wakes_total{unserved}": 1,
    }
    Connection.objects.filter(pk=connection.pk).update(wake_at=None)
    counts = Counting()
    tasks.deliver(connection.pk)
    assert counts.changes() == {"happ_empty_wakes_total": 1, "happ_courier_runs_total{busy}": 1}


def test_the_sweeper_says_why_it_woke(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    long_wait = {"wake_at": Now() - timedelta(seconds=2), "wake_sent_at": None, "retry_at": None}
    countdown = {**long_wait, "retry_at": Now() - timedelta(seconds=2)}
    died = {**long_wait, "lease_token": "x", "lease_until": Now() - timedelta(seconds=1)}
    for state, because in ((long_wait, "due"), (countdown, "unserved"), (died, "courier_died")):
        Connection.objects.update(**state)
        counts = Counting()
        assert wakes.sweep() == 1
        assert counts.changes(WAKE) == {f"happ_swept_wakes_total{{{because}}}": 1}


@pytest.mark.parametrize(("unserved", "has_work", "lost"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_a_wake_that_nobody_came_for_was_lost_if_the_next_one_finds_work(
    workspace: Workspace, receiver: Receiver, unserved: bool, has_work: bool, lost: int
) -> None:
    connection = connect(workspace, receiver.url)
    if has_work:
        record(workspace, "chat_1")
    counts = Counting()

    tasks.deliver.apply((connection.pk,), headers={wakes.UNSERVED: "1"} if unserved else None)

    assert counts.changes().get("happ_lost_wakes_total", 0) == lost
    assert counts.changes()[f"happ_courier_runs_total{{{'delivered' if has_work else 'busy'}}}"] == 1


def test_a_countdown_does_not_take_over_that_its_wake_was_unserved(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.script = lambda arrival: 500
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    sent: list[object] = []
    monkeypatch.setattr("celery.canvas.Signature.apply_async", lambda self, **_: sent.append(self.options["headers"]))
    task = tasks.deliver
    task.request_stack.push(Context(args=(connection.pk,), headers={wakes.UNSERVED: "1"}, called_directly=False))
    try:
        task.run(connection.pk)
    finally:
        task.request_stack.pop()
    assert sent == [{}]


def test_a_lost_lease_is_counted_and_no_end_with_it(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    assert take(connection.pk) is not None
    counts = Counting()

    assert record_patiently((connection.pk, "another's"), [], Policy(Ladder((1,))), 1) is None

    assert counts.changes() == {"happ_lease_losses_total": 1}


def test_a_secret_that_no_key_opens_is_counted_at_every_try(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url, password="s3cret")
    record(workspace, "chat_1")
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", ["B" * 43 + "="])
    counts = Counting()

    visit(connection)

    changes = counts.changes(WAKE, *TIMES)
    assert changes.pop("happ_unreadable_secrets_total") >= 1
    assert changes == {"happ_attempts_total{INTERNAL}": 1}
    assert receiver.arrivals == []


def test_a_broker_that_is_away_is_counted_and_then_left_alone(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise BrokerError

    monkeypatch.setattr(wakes._Broker, "quiet_until", 0.0)
    monkeypatch.setattr("deliveries.wakes.current_app.send_task", away)
    counts = Counting()
    wakes.send(1, troubled=False)
    wakes.send(1, troubled=False)
    assert counts.changes() == {"happ_broker_errors_total{wake}": 1}


def test_a_database_that_breaks_off_is_counted_where_it_did(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    counts = Counting()
    with monkeypatch.context() as patch:
        patch.setattr("deliveries.tasks.visit", away)
        patch.setattr(tasks, "HAND_BACK_AFTER", 0)
        patch.setattr(wakes, "send", lambda *_, **__: None)
        with pytest.raises(OperationalError):
            tasks.deliver(1)
    with monkeypatch.context() as patch:
        patch.setattr(heartbeats, "note", away)
        Pulse("worker@a 9")._try(lambda: heartbeats.note("worker@a 9"))
    assert counts.changes() == {"happ_database_errors_total{visit}": 1, "happ_database_errors_total{heartbeat}": 1}
