"""The signing secret: shown, kept, rotated."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from deliveries.models import Connection
from deliveries.sealing import unseal
from deliveries.sending import destination
from happ_webhooks.history.models import Workspace
from integrations.models import Integration
from integrations.signing import rotate
from tests.integrations.conftest import Api, during
from tests.receiver import Arrival, Receiver


def secret_of(api: Api) -> str:
    return str(api("get", "/signing-secret").json()["signing_secret"])


def verifies(arrival: Arrival, secret: str) -> bool:
    try:
        Webhook(secret).verify(arrival.body, arrival.headers)
    except WebhookVerificationError:
        return False
    return True


def test_the_secret_is_made_when_first_asked_for_and_then_stays(api: Api, workspace: Workspace) -> None:
    assert Integration.objects.get().signing_secret == ""
    answer = api("get", "/signing-secret")
    document = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert list(document) == ["signing_secret", "previous_expires_at"]
    assert document["signing_secret"].startswith("whsec_")
    assert document["previous_expires_at"] is None
    assert api("get", "/signing-secret").json() == document
    assert unseal(Integration.objects.get().signing_secret) == document["signing_secret"]


def test_the_secret_signs_pings_before_and_after_the_first_connect_and_is_kept_over_reconnects(
    api: Api, receiver: Receiver
) -> None:
    secret = secret_of(api)
    api("put", "", {"url": receiver.url})
    api("delete")
    api("put", "", {"url": receiver.url})
    api("post", "/ping", {"type": "order.created"})
    assert [verifies(arrival, secret) for arrival in receiver.arrivals] == [True, True, True]
    assert secret_of(api) == secret
    assert unseal(Connection.objects.get(closed_at=None).signing_secret) == secret


def test_a_first_connect_makes_the_secret(api: Api, receiver: Receiver) -> None:
    api("put", "", {"url": receiver.url})
    assert verifies(receiver.arrivals[0], secret_of(api))


def test_after_a_rotation_both_secrets_sign_for_a_day(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    old = secret_of(api)
    api("put", "", {"url": receiver.url})
    before = timezone.now()
    document = api("post", "/signing-secret/rotate").json()
    new, expires = document["signing_secret"], datetime.fromisoformat(document["previous_expires_at"])
    assert new != old
    assert abs(expires - before - timedelta(hours=24)) < timedelta(seconds=10)
    assert document["previous_expires_at"].endswith("Z")
    assert api("get", "/signing-secret").json() == document
    api("post", "/ping")
    arrival = receiver.arrivals[-1]
    assert len(arrival.headers["webhook-signature"].split(" ")) == 2
    assert (verifies(arrival, new), verifies(arrival, old)) == (True, True)
    # The courier signs with the same two.
    assert destination(Connection.objects.get()).secrets == (new, old)


def test_after_the_day_only_the_new_secret_signs(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    old = secret_of(api)
    rotate(workspace.pk)
    Integration.objects.update(previous_expires_at=timezone.now() - timedelta(seconds=1))
    api("put", "", {"url": receiver.url})
    assert (verifies(receiver.arrivals[0], secret_of(api)), verifies(receiver.arrivals[0], old)) == (True, False)
    assert api("get", "/signing-secret").json()["previous_expires_at"] is None
    assert Connection.objects.get().previous_signing_secret == ""


def test_a_rotation_without_a_secret_makes_the_first(api: Api) -> None:
    document = api("post", "/signing-secret/rotate").json()
    assert document["previous_expires_at"] is None
    assert secret_of(api) == document["signing_secret"]


def test_a_second_rotation_keeps_the_one_before(api: Api) -> None:
    secret_of(api)
    second = api("post", "/signing-secret/rotate").json()["signing_secret"]
    third = api("post", "/signing-secret/rotate").json()["signing_secret"]
    found = Integration.objects.get()
    assert (unseal(found.signing_secret), unseal(found.previous_signing_secret)) == (third, second)


def test_a_rotation_during_the_ping_of_a_connect_is_not_lost(
    transactional_db: None, api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    old = secret_of(api)
    during(receiver, lambda: rotate(workspace.pk))
    api("put", "", {"url": receiver.url})
    assert destination(Connection.objects.get()).secrets == (secret_of(api), old)


def test_a_secret_that_no_key_opens_is_our_fault_and_is_never_sent_or_replaced(
    api: Api, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_of(api)
    sealed = Integration.objects.get().signing_secret
    monkeypatch.setattr("django.conf.settings.HAPP_ENCRYPTION_KEYS", ["A" * 43 + "="])
    problem = api("put", "", {"url": receiver.url}).json()
    assert (problem["code"], problem["attempt"]["error"]) == ("ping_failed", "INTERNAL")
    assert receiver.arrivals == []
    assert api("get", "/signing-secret").status_code == 500
    assert api("post", "/signing-secret/rotate").status_code == 500
    assert Integration.objects.get().signing_secret == sealed


def test_the_moment_of_a_try_is_that_of_the_database(api: Api, receiver: Receiver) -> None:
    api("put", "", {"url": receiver.url})
    sent = datetime.fromtimestamp(int(receiver.arrivals[0].headers["webhook-timestamp"]), UTC)
    assert abs(sent - timezone.now()) < timedelta(seconds=5)
