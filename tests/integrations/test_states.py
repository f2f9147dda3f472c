"""Whatever people and endpoints do in whatever order, the integration is in the state that the words say."""

from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from deliveries.connections import database_now
from deliveries.models import CloseReason, Connection
from deliveries.sealing import unseal
from happ_webhooks.history.models import Workspace
from happ_webhooks.history.problems import Problem
from happ_webhooks.wire.outcome import Outcome
from integrations import connecting, guard
from integrations.signing import rotate, signing_secret
from integrations.tile import tile
from tests.integrations.conftest import stop

PASSWORDS = st.sampled_from([None, "one", "two"])
ANSWERS = st.sampled_from([200, 500])


class Endpoint:
    """Stands in for the network: how the customer's URL answers a ping, and how often it was asked."""

    status = 200
    asked = 0


class Integration(RuleBasedStateMachine):
    """The model: a state, a generation, and what was saved last."""

    def __init__(self) -> None:
        super().__init__()
        self.workspace = Workspace.objects.create(name="Кав'ярня")
        self.state = "not_connected"
        self.generation = 0
        self.url: str | None = None
        self.password: str | None = None
        self.secret: str | None = None

    def attempted(self, answer: int, expected: str | None, act: Callable[[], object]) -> bool:
        """Does it with an endpoint that answers so; True if it went through, as it must unless `expected` is a code."""
        Endpoint.status, Endpoint.asked = answer, 0
        expected = expected or (None if answer == 200 else "ping_failed")
        code = None
        try:
            act()
        except Problem as problem:
            code = problem.problem_code
        assert code == expected
        assert Endpoint.asked == (1 if expected in {None, "ping_failed"} else 0)
        return expected is None

    @rule(answer=ANSWERS, password=PASSWORDS, host=st.sampled_from(["a", "b"]))
    def connect(self, answer: int, password: str | None, host: str) -> None:
        url = f"https://{host}.example.com/hook"
        if self.attempted(answer, None, lambda: connecting.connect(self.workspace.pk, url=url, password=password)):
            self.state, self.url, self.password = "connected", url, password
            self.generation += 1

    @rule(answer=ANSWERS, host=st.sampled_from(["a", "b"]))
    def change_the_url(self, answer: int, host: str) -> None:
        url = f"https://{host}.example.com/hook"
        expected = None if self.state == "connected" else self.state
        if expected is None and url != self.url:
            expected = "password_required"
        if self.attempted(answer, expected, lambda: connecting.change_settings(self.workspace.pk, url=url)):
            self.url = url

    @rule(answer=ANSWERS, host=st.sampled_from(["a", "b"]), password=PASSWORDS)
    def change_url_and_password(self, answer: int, host: str, password: str | None) -> None:
        url = f"https://{host}.example.com/hook"
        expected = None if self.state == "connected" else self.state

        def change() -> object:
            return connecting.change_settings(self.workspace.pk, url=url, password=password)

        if self.attempted(answer, expected, change):
            self.url, self.password = url, password

    @rule()
    def disconnect(self) -> None:
        assert connecting.disconnect(self.workspace.pk) is (self.state != "not_connected")
        self.state, self.url, self.password = "not_connected", None, None

    @precondition(lambda self: self.state == "connected")
    @rule(reason=st.sampled_from([CloseReason.MAX_RETRIES_EXCEEDED, CloseReason.GONE]))
    def stop(self, reason: CloseReason) -> None:
        stop(self.workspace, reason)
        self.state = "stopped"

    @rule()
    def rotate(self) -> None:
        before = self.secret
        self.secret = rotate(self.workspace.pk).signing_secret
        assert self.secret != before

    @invariant()
    def the_tile_says_so(self) -> None:
        document = tile(self.workspace, database_now())
        assert (document["status"], document["generation"]) == (self.state, self.generation)
        assert (document["url"], document["password_set"]) == (self.url, self.password is not None)
        assert (document["stop_reason"] is not None) is (self.state == "stopped")

    @invariant()
    def at_most_one_connection_is_open_and_it_has_what_was_saved_last(self) -> None:
        found = list(Connection.objects.filter(workspace=self.workspace, closed_at=None))
        assert len(found) == (1 if self.state == "connected" else 0)
        for connection in found:
            assert (connection.url, unseal(connection.password) or None) == (self.url, self.password)
            assert unseal(connection.signing_secret) == signing_secret(self.workspace.pk).signing_secret

    @invariant()
    def numbers_have_no_holes(self) -> None:
        numbers = (
            Connection.objects.filter(workspace=self.workspace).order_by("number").values_list("number", flat=True)
        )
        assert list(numbers) == list(range(1, self.generation + 1))


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def answer(self: object, at: object) -> Outcome:
        Endpoint.asked += 1
        return Outcome(status_code=Endpoint.status, error=None if Endpoint.status == 200 else "HTTP_500")

    monkeypatch.setattr("deliveries.sending.Destination.ping", answer)
    monkeypatch.setattr(guard, "PINGS_A_MINUTE", 10_000)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_the_state_is_what_the_words_say_after_any_sequence_of_deeds(db: None, endpoint: None) -> None:
    chosen = settings(
        max_examples=25,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    run_state_machine_as_test(Integration, settings=chosen)
