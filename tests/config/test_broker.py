"""How soon workers and beat try a broker again that is away, and what a wake does not do anew."""

import pytest
from kombu.exceptions import OperationalError

from config.celery import app
from deliveries import wakes
from deliveries.metering.counted import WAKES_SENT
from tests.broker import lose_messages


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
@pytest.mark.parametrize("purpose", ["read", "write"])
def test_a_broker_that_is_away_is_tried_again_every_two_seconds_at_most(
    monkeypatch: pytest.MonkeyPatch, purpose: str, scheme: str
) -> None:
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)
    waits: list[float] = []
    connect = app.connection_for_read if purpose == "read" else app.connection_for_write
    with connect(f"{scheme}://127.0.0.1:1/0") as connection, pytest.raises(OperationalError):
        connection.ensure_connection(lambda problem, wait: waits.append(wait), 20)
    assert waits[:3] == [1, 2, 2]
    assert set(waits[1:]) == {2}


def test_a_second_wake_takes_the_connection_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    wakes.send(0, troubled=False)
    sent = WAKES_SENT.labels("fresh")._value.get()
    monkeypatch.setattr(app, "connection_for_write", lambda *_: pytest.fail("a connection was built"))

    wakes.send(0, troubled=False)

    assert WAKES_SENT.labels("fresh")._value.get() == sent + 1
    lose_messages()
