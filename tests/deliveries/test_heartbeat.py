"""Beat and the workers leave a trace in the database."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db import connection as database
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from deliveries import heartbeats, tasks
from deliveries.heartbeats import BEAT, Pulse, Sign
from deliveries.models import Heartbeat
from tests.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def ages(seconds: float) -> None:
    Heartbeat.objects.update(seen_at=F("seen_at") - timedelta(seconds=seconds))


def test_a_sweep_that_beat_sent_is_its_sign_of_life_and_costs_one_statement() -> None:
    assert heartbeats.signs() == heartbeats.Signs(None, [])
    with CaptureQueriesContext(database) as noted:
        heartbeats.note(BEAT)
    assert len(noted) == 1
    tasks.sweep()
    found = heartbeats.signs()
    assert found.beat is not None
    assert (found.beat.state, found.workers) == ("alive", [])
    assert 0 <= found.beat.seconds < 5


def test_a_sweep_of_a_worker_that_starts_says_nothing_about_beat() -> None:
    tasks.sweep(starting=True)
    assert not Heartbeat.objects.exists()


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0, "alive"), (14.9, "alive"), (15, "late"), (59.9, "late"), (60, "silent"), (86_400, "silent")],
)
def test_who_was_not_seen_for_a_while_is_late_then_silent(seconds: float, state: str) -> None:
    assert Sign("beat", Heartbeat(name="beat").seen_at, seconds).state == state


def test_workers_are_read_by_name_and_go_after_a_quarter_of_an_hour_but_beat_stays() -> None:
    for name in (BEAT, "worker@b 7"):
        heartbeats.note(name)
    ages(1000)
    heartbeats.note("worker@a 9")
    found = heartbeats.signs()
    assert [sign.name for sign in found.workers] == ["worker@a 9"]
    assert found.beat is not None
    assert (found.beat.state, round(found.beat.seconds)) == ("silent", 1000)
    heartbeats.forget()
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {BEAT, "worker@a 9"}


def test_a_worker_pulses_until_it_ends_in_order() -> None:
    pulse = Pulse("worker@a 9", ["control", "fresh"], every_seconds=0.01)
    pulse.start()
    eventually(lambda: Heartbeat.objects.filter(pk="worker@a 9").exists())
    assert heartbeats.signs().workers[0].queues == ("control", "fresh")
    first = Heartbeat.objects.get().seen_at
    eventually(lambda: Heartbeat.objects.get().seen_at > first)
    pulse.end()
    assert not pulse.is_alive()
    assert not Heartbeat.objects.exists()


def test_a_pulse_outlives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = threading.Event()
    noted = heartbeats.note

    def away(name: str, queues: list[str]) -> None:
        monkeypatch.setattr(heartbeats, "note", noted)
        tried.set()
        raise DatabaseError

    monkeypatch.setattr(heartbeats, "note", away)
    pulse = Pulse("worker@a 9", every_seconds=0.01)
    pulse.start()
    assert tried.wait(5)
    eventually(lambda: Heartbeat.objects.exists())
    pulse.end()
