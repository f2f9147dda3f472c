"""Promise 11: `sequence` counts up by one per recorded event, in the order of commits, whoever writes beside whom."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from django.db import connection as database
from django.db import transaction

from deliveries.intake import Accepted, take_in
from happ_webhooks.history.events import number_events
from happ_webhooks.history.models import ChatEvent, Workspace
from tests.history.incoming import incoming


def at_once(*work: Callable[[], object]) -> None:
    """Runs each in a thread with a database connection of its own, all released together."""
    barrier = threading.Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        try:
            database.ensure_connection()
            barrier.wait(10)
            one()
        finally:
            database.close()

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(run, one) for one in work]:
            future.result(60)


def sequences(workspace: Workspace) -> list[int]:
    return list(ChatEvent.objects.filter(workspace=workspace).order_by("sequence").values_list("sequence", flat=True))


def test_numbers_have_no_gap_under_writers_rollbacks_and_duplicates(workspace: Workspace) -> None:
    shared = [f"shared-{number}" for number in range(40)]

    def writer(name: str) -> None:
        chance = random.Random(name)
        for turn in range(15):
            batch = [f"{name}-{turn}-{number}" for number in range(chance.randrange(3))] + chance.sample(shared, 3)
            events = [incoming(source) for source in batch]
            if chance.random() < 0.3:
                with transaction.atomic():
                    take_in(workspace.pk, events)
                    transaction.set_rollback(True)
            else:
                take_in(workspace.pk, events)

    at_once(*(lambda name=name: writer(name) for name in ("a", "b", "c", "d")))

    found = sequences(workspace)
    workspace.refresh_from_db()
    assert found == list(range(1, len(found) + 1))
    assert workspace.last_sequence == len(found)
    assert len(found) > 40


def test_a_higher_number_never_becomes_visible_before_a_lower_one(workspace: Workspace) -> None:
    stop = threading.Event()
    seen: list[list[int]] = []

    def watch() -> None:
        while not stop.is_set():
            seen.append(sequences(workspace))

    def write(name: str) -> None:
        for turn in range(25):
            take_in(workspace.pk, [incoming(f"{name}-{turn}-{number}") for number in range(2)])

    def write_all() -> None:
        try:
            at_once(*(lambda name=name: write(name) for name in ("a", "b", "c")))
        finally:
            stop.set()

    at_once(watch, write_all)

    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen)
    assert len(sequences(workspace)) == 150


def test_a_writer_waits_for_the_one_that_numbered_before_it(workspace: Workspace) -> None:
    numbered, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        with transaction.atomic():
            number_events(workspace.pk, [incoming("first")])
            numbered.set()
            go_on.wait(10)
            order.append("first")

    def second() -> None:
        numbered.wait(10)
        threading.Timer(0.3, go_on.set).start()
        take_in(workspace.pk, [incoming("second")])
        order.append("second")

    at_once(first, second)

    assert order == ["first", "second"]
    assert dict(ChatEvent.objects.values_list("source_id", "sequence")) == {"second": 2}


def test_many_who_send_the_same_batch_record_it_once(workspace: Workspace) -> None:
    answers: list[list[Accepted]] = []

    def send(name: str) -> None:
        answers.append(take_in(workspace.pk, [incoming(f"s{number}", text=name) for number in range(30)]))

    at_once(*(lambda name=name: send(name) for name in ("a", "b", "c", "d")))

    assert sequences(workspace) == list(range(1, 31))
    assert sorted({each.state for each in chain(*answers)}) == ["duplicate", "recorded"]
    assert [each.state for each in chain(*answers)].count("recorded") == 30
    assert len({tuple((each.id, each.sequence) for each in batch) for batch in answers}) == 1
    assert len({event.body.split('"text":')[1] for event in ChatEvent.objects.all()}) == 1


def test_workspaces_count_for_themselves(workspace: Workspace) -> None:
    other = Workspace.objects.create(name="Сусіди")
    for place in (workspace, other):
        take_in(place.pk, [incoming("same"), incoming("same too")])
    assert sequences(workspace) == sequences(other) == [1, 2]


def test_a_workspace_that_is_gone_records_nothing(workspace: Workspace) -> None:
    Workspace.objects.all().delete()
    with pytest.raises(Workspace.DoesNotExist):
        take_in(workspace.pk, [incoming("late")])
    assert not ChatEvent.objects.exists()
