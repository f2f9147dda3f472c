"""How soon workers and beat try a broker again that is away."""

import pytest
from kombu.exceptions import OperationalError

from config.celery import app


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
