"""Keys rotate while connections are open."""

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from deliveries.sealing import SealBroken, unseal
from happ_webhooks.history.models import Workspace
from integrations import signing
from integrations.models import Integration
from tests.conftest import connect
from tests.receiver import Receiver

NEW_KEY = "B" * 43 + "="


def test_after_rotation_the_newest_key_alone_opens_everything(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = connect(workspace, receiver.url, password="s3cret")
    secret = signing.signing_secret(workspace.pk)
    old_keys = settings.HAPP_ENCRYPTION_KEYS
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", [NEW_KEY, *old_keys])

    call_command("rotate_encryption_keys")

    assert capsys.readouterr().out == "3 secrets are sealed with the newest key.\n"
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", [NEW_KEY])
    connection.refresh_from_db()
    assert unseal(connection.password) == "s3cret"
    assert unseal(Integration.objects.get().signing_secret) == secret.signing_secret
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", old_keys)
    with pytest.raises(SealBroken):
        unseal(connection.password)


def test_a_key_that_is_missing_changes_nothing_and_says_so(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url, password="s3cret")
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", [NEW_KEY])

    with pytest.raises(CommandError, match="Put back the key"):
        call_command("rotate_encryption_keys")

    before = connection.password
    connection.refresh_from_db()
    assert connection.password == before
