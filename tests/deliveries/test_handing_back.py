"""A worker that does not reach the database hands its wake to the others."""

import pytest
from django.db import InterfaceError, OperationalError

from deliveries import tasks, wakes


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    sent: list[tuple[int, bool]] = []
    monkeypatch.setattr(tasks, "HAND_BACK_AFTER", 0.0)
    monkeypatch.setattr(wakes, "send", lambda connection_id, *, troubled: sent.append((connection_id, troubled)))
    return sent


@pytest.mark.parametrize("problem", [OperationalError, InterfaceError])
@pytest.mark.parametrize("queue", [wakes.FRESH, wakes.TROUBLED])
def test_a_wake_whose_courier_finds_no_database_is_sent_again_to_its_queue(
    monkeypatch: pytest.MonkeyPatch, sent: list[tuple[int, bool]], problem: type[Exception], queue: str
) -> None:
    def fail(_: int) -> None:
        raise problem

    monkeypatch.setattr(tasks, "visit", fail)
    result = tasks.deliver.apply((7,), routing_key=queue)
    assert isinstance(result.result, problem)
    assert sent == [(7, queue == wakes.TROUBLED)]


def test_a_wake_that_fails_by_a_bug_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch, sent: list[tuple[int, bool]]
) -> None:
    def fail(_: int) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(tasks, "visit", fail)
    tasks.deliver.apply((7,), routing_key=wakes.FRESH)
    assert sent == []
