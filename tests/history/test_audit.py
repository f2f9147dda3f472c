"""The audit log itself: what may stand in it, who may change it, and how long it is kept."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from deliveries.connections import database_now
from deliveries.pruning import prune
from happ_webhooks.history import tokens
from happ_webhooks.history.audit import Actor, acting, host_alone, note
from happ_webhooks.history.models import ApiToken, AuditEntry, Workspace

CONNECTED = AuditEntry.Act.CONNECTED
SECRET_CHARACTERS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~%+=&", min_size=8)


@given(secret=SECRET_CHARACTERS.map(lambda text: f"canary{text}"))
def test_no_part_of_a_url_but_its_host_and_port_gets_in(secret: str) -> None:
    for url in (
        f"https://crm.example:8443/{secret}",
        f"https://crm.example:8443/hook?token={secret}",
        f"https://crm.example:8443?{secret}",
        f"https://crm.example:8443#{secret}",
        f"https://user:{secret}@crm.example:8443/",
        f"https://{secret}@crm.example:8443/",
    ):
        assert host_alone(url) == "crm.example:8443"


@pytest.mark.django_db
def test_an_entry_has_the_time_of_the_database() -> None:
    before = database_now()
    with transaction.atomic():
        note(CONNECTED, None)
    assert before - timedelta(minutes=5) < AuditEntry.objects.get().at <= database_now()


@pytest.mark.django_db
def test_a_token_is_told_by_its_id_label_and_scopes_and_never_itself(workspace: Workspace) -> None:
    issued, token = tokens.issue(name="CRM", scopes=["manage"], workspace=workspace)
    [row] = AuditEntry.objects.values()
    assert row["facts"] == {"token": issued.pk, "label": "CRM", "scopes": ["manage"]}
    assert token not in str(row)
    assert ApiToken.digest(token) not in str(row)


@pytest.mark.django_db
def test_a_token_is_made_and_revoked_once_and_its_twin_is_not_made(workspace: Workspace) -> None:
    issued, _ = tokens.issue(name="CRM", scopes=["manage"], workspace=workspace)
    with pytest.raises(tokens.NameTaken):
        tokens.issue(name="crm", scopes=["manage"], workspace=workspace)
    for _ in range(2):
        tokens.revoke(ApiToken.objects.filter(pk=issued.pk))
    assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True)) == ["token_made", "token_revoked"]


@pytest.mark.django_db
def test_nobody_acts_where_nobody_says_so_and_afterwards() -> None:
    someone = Actor(door=AuditEntry.Door.PAGE, kind=AuditEntry.Kind.USER, id=7, name="olena" * 50)
    with acting(someone):
        note(CONNECTED, "ws_1")
    note(CONNECTED, "ws_1")
    told = AuditEntry.objects.order_by("pk").values_list("door", "actor_kind", "actor_id", "actor_name")
    assert list(told) == [("page", "user", 7, ("olena" * 50)[:150]), ("none", "nobody", None, "")]


@pytest.mark.django_db
def test_an_entry_outlives_what_it_tells_of(workspace: Workspace) -> None:
    note(CONNECTED, workspace.pk)
    gone = workspace.pk
    Workspace.objects.filter(pk=gone).delete()
    assert AuditEntry.objects.get().workspace_id == gone


@pytest.mark.django_db
def test_an_entry_is_neither_changed_nor_deleted() -> None:
    note(CONNECTED, "ws_1")
    found = AuditEntry.objects.get()
    found.act = "paused"
    for change in (
        found.save,
        found.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(actor_name="somebody else"),
        lambda: AuditEntry.objects.update(at=timezone.now() - timedelta(days=1000)),
    ):
        with pytest.raises(IntegrityError, match="neither changed nor deleted"), transaction.atomic():
            change()
    assert AuditEntry.objects.get().act == "connected"


@pytest.mark.django_db(transaction=True)
def test_entries_past_their_days_are_pruned_and_no_others(transactional_db: None) -> None:
    now = timezone.now()
    for days in (settings.HAPP_AUDIT_DAYS + 1, settings.HAPP_AUDIT_DAYS - 1, 0):
        AuditEntry.objects.create(act=CONNECTED, door="none", actor_kind="nobody", at=now - timedelta(days=days))
    prune(now)
    assert [round((now - entry.at).days) for entry in AuditEntry.objects.order_by("at")] == [399, 0]


@pytest.mark.django_db
def test_the_database_keeps_an_entry_for_thirty_days_whatever_is_set() -> None:
    for days in (29, 31):
        at = timezone.now() - timedelta(days=days)
        AuditEntry.objects.create(act=CONNECTED, door="none", actor_kind="nobody", at=at)
    old = AuditEntry.objects.filter(at__lt=timezone.now() - timedelta(days=30))
    assert old.delete()[0] == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.count() == 1
