"""A password, once saved, is readable nowhere but on the wire."""

import logging
from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from deliveries import connections
from deliveries.models import Connection
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.request import Auth
from integrations.fields import checked
from integrations.models import Integration
from integrations.pinging import Recipient
from integrations.signing import signing_secret
from tests.integrations.conftest import Api
from tests.integrations.support import act
from tests.receiver import Receiver

CANARY = "pw-canary-4711"


def test_the_password_is_in_no_answer_page_log_or_repr(
    api: Api,
    workspace: Workspace,
    receiver: Receiver,
    person: Callable[..., User],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    root = Client()
    root.force_login(person("root", is_staff=True, is_superuser=True))
    body = {"url": receiver.url, "password": CANARY}
    seen = [api("put", "", body).content.decode(), api("get").content.decode()]
    seen.append(api("patch", "", {"password": CANARY, "auth": {"scheme": "basic"}}).content.decode())
    receiver.script = lambda arrival: 500
    seen += [api(method, "", body).content.decode() for method in ("put", "patch")]
    seen.append(api("post", "/ping").content.decode())
    seen.append(api("put", "", {**body, "password": CANARY + "ї"}).content.decode())
    seen.append(api("put", "", {**body, "password": CANARY, "passwort": CANARY}).content.decode())
    for name in ("integrations_integration", "history_workspace"):
        for page in (reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_change", args=[quote(workspace.pk)])):
            seen.append(root.get(page).content.decode())
    seen.append(act(root, workspace, "connect", url=receiver.url, password=CANARY).content.decode())
    assert len(receiver.arrivals) == 6
    everything = "\n".join([*seen, caplog.text, *capfd.readouterr()])
    assert "canary" not in everything
    assert signing_secret(workspace.pk).signing_secret.removeprefix("whsec_") not in everything


def test_the_database_holds_it_only_sealed(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    api("put", "", {"url": receiver.url, "password": CANARY})
    secret = signing_secret(workspace.pk).signing_secret.removeprefix("whsec_")
    with database.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')
            rows = str(cursor.fetchall())
            assert CANARY not in rows
            assert secret not in rows


def test_nothing_that_carries_it_prints_it(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    api("put", "", {"url": receiver.url, "password": CANARY})
    entered = checked(url=receiver.url, password=CANARY, auth={"scheme": "bearer"})
    recipient = Recipient(workspace_id="ws_1", url="u", sealed_password=CANARY, auth=Auth())
    settings = connections.Settings(url="u", password=CANARY, auth={})
    shown = signing_secret(workspace.pk)
    for thing in (entered, recipient, settings, Connection.objects.get(), Integration.objects.get()):
        assert CANARY not in repr(thing) + str(thing)
    assert shown.signing_secret not in repr(shown)
