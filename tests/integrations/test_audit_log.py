"""Whatever door is used, the audit log says who did what, from where; and nothing of what was refused."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from happ_webhooks.history.models import ApiToken, AuditEntry, Workspace
from integrations import signing
from integrations.actors import operator
from tests.conftest import connect
from tests.hostile.places import forms_of
from tests.integrations.conftest import Api, as_user, during, with_token
from tests.integrations.support import Person, act
from tests.integrations.test_commands import said
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db


def entries() -> list[tuple[Any, ...]]:
    """Act, door, kind, id, name, address and workspace of each, oldest first; without the sign-ins of staff."""
    found = AuditEntry.objects.exclude(act="staff_signed_in").order_by("pk")
    return list(found.values_list("act", "door", "actor_kind", "actor_id", "actor_name", "address", "workspace_id"))


def facts() -> list[dict[str, Any]]:
    return list(AuditEntry.objects.exclude(act="staff_signed_in").order_by("pk").values_list("facts", flat=True))


def host_of(receiver: Receiver) -> str:
    return receiver.url.split("/")[2]


def test_what_a_token_does_is_told_with_its_id_and_address(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    assert api("put", body={"url": receiver.url + "hook?token=tok", "password": "pw"}).status_code == 200
    assert api("patch", body={"auth": {"scheme": "basic"}}).status_code == 200
    assert api("get", "/signing-secret").status_code == 200
    assert api("post", "/signing-secret/rotate").status_code == 200
    assert api("delete").status_code == 204

    by = ("api", "token", ApiToken.objects.get().pk, "test", "127.0.0.1", workspace.pk)
    acts = ("connected", "settings_changed", "signing_secret_seen", "signing_secret_rotated", "signing_secret_seen")
    assert entries() == [(name, *by) for name in (*acts, "disconnected")]
    there = {"connection": 1, "host": host_of(receiver)}
    assert facts() == [there, there, {}, {}, {}, {"connection": 1}]


def test_what_a_person_does_by_the_api_is_told_with_the_user(
    person: Person, workspace: Workspace, receiver: Receiver
) -> None:
    user = person("olena", workspace)
    assert as_user(workspace, user)("put", body={"url": receiver.url}).status_code == 200
    assert entries() == [("connected", "api", "user", user.pk, "olena", "127.0.0.1", workspace.pk)]


@pytest.fixture
def olena(person: Person, workspace: Workspace) -> User:
    return person("olena", workspace)


@pytest.fixture
def pages(olena: User, workspace: Workspace) -> Callable[..., Any]:
    client = Client()
    client.force_login(olena)

    def send(page: str, /, *further: object, **fields: object) -> Any:
        address = reverse(f"pages:{page}", args=[workspace.pk, *further])
        return client.post(address, fields, headers={"accept-language": "en"})

    return send


def test_what_a_member_does_at_the_pages_is_told(
    pages: Callable[..., Any], olena: User, person: Person, workspace: Workspace
) -> None:
    taras = person("taras")
    assert pages("signing-secret").status_code == 200
    assert pages("rotate-signing-secret", seen=signing.mark_of(workspace.pk)).status_code == 303
    assert pages("tokens", name="CRM", scopes=["manage", "ingest"]).status_code == 200
    token = ApiToken.objects.get()
    assert pages("revoke-token", token.pk).status_code == 303
    assert pages("workspace", do="add", username="taras", role="member").status_code == 302
    member = taras.membership_set.get()
    assert pages("member-role", member.pk, role="admin").status_code == 303
    assert pages("remove-member", member.pk).status_code == 303

    by = ("page", "user", olena.pk, "olena", "127.0.0.1", workspace.pk)
    acts = ("signing_secret_seen", "signing_secret_rotated", "token_made", "token_revoked")
    assert entries() == [(name, *by) for name in (*acts, "member_added", "role_changed", "member_removed")]
    made = {"token": token.pk, "label": "CRM", "scopes": ["manage", "ingest"]}
    roles = [{"account": "taras", "role": role} for role in ("member", "admin", "admin")]
    assert facts() == [{}, {}, made, made, *roles]


def test_connecting_at_the_pages_is_told(
    pages: Callable[..., Any], olena: User, workspace: Workspace, receiver: Receiver
) -> None:
    version = _version(workspace)
    assert pages("connect", url=receiver.url, password="pw", scheme="bearer", version=version).status_code in {200, 303}
    assert pages("disconnect", number="1").status_code in {200, 303}
    by = ("page", "user", olena.pk, "olena", "127.0.0.1", workspace.pk)
    assert entries() == [("connected", *by), ("disconnected", *by)]


def _version(workspace: Workspace) -> str:
    from deliveries.connections import latest
    from integrations.state import settings_version

    return settings_version(latest(workspace.pk))


def test_support_is_told_by_name_and_the_admin_as_its_door(
    support: Client, workspace: Workspace, receiver: Receiver
) -> None:
    user = User.objects.get(username="support")
    assert act(support, workspace, "connect", url=receiver.url).status_code == 302
    assert act(support, workspace, "rotate").status_code == 302
    assert act(support, workspace, "disconnect").status_code == 302
    by = ("admin", "user", user.pk, "support", "127.0.0.1", workspace.pk)
    assert entries() == [(name, *by) for name in ("connected", "signing_secret_rotated", "disconnected")]


def test_tokens_and_members_of_the_admin_are_told(person: Person, workspace: Workspace) -> None:
    root, member, other = person("root", is_staff=True, is_superuser=True), person("olena"), person("taras")
    client = Client()
    client.force_login(root)
    client.post(reverse("admin:history_apitoken_add"), {"name": "platform", "scopes": ["ingest"]})
    token = ApiToken.objects.get()
    client.post(reverse("admin:history_apitoken_changelist"), {"action": "revoke", "_selected_action": [token.pk]})
    page = reverse("admin:history_workspace_change", args=[workspace.pk.replace("_", "_5F")])
    fields = {"name": "Крамниця", "language": "en", "time_zone": "Europe/Kyiv", "membership_set-TOTAL_FORMS": "1"}
    row = {"membership_set-0-user": member.pk, "membership_set-0-role": "admin"}
    assert client.post(page, {**fields, **row, "membership_set-INITIAL_FORMS": "0"}).status_code == 302
    kept = {"membership_set-0-id": member.membership_set.get().pk, "membership_set-0-workspace": workspace.pk}
    row = {**kept, "membership_set-INITIAL_FORMS": "1", "membership_set-0-role": "admin"}
    assert client.post(page, {**fields, **row, "membership_set-0-user": other.pk}).status_code == 302

    by = ("admin", "user", root.pk, "root", "127.0.0.1")
    assert entries() == [
        ("token_made", *by, None),
        ("token_revoked", *by, None),
        ("member_added", *by, workspace.pk),
        ("member_removed", *by, workspace.pk),
        ("member_added", *by, workspace.pk),
    ]
    assert facts()[2:] == [{"account": name, "role": "admin"} for name in ("olena", "olena", "taras")]


def test_what_an_operator_does_at_the_command_line_is_told(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "petro")
    connect(workspace, receiver.url)
    token, _ = ApiToken.issue(name="crm", scopes=["ingest"], workspace=workspace)
    said("pause", workspace.pk, "--minutes", 30)
    said("resume", workspace.pk)
    said("tokens", "--revoke", token.pk)

    assert operator().name.startswith("petro as ")
    by = ("command", "operator", None, operator().name, None, workspace.pk)
    assert entries() == [("paused", *by), ("resumed", *by), ("token_revoked", *by)]
    assert facts()[0] == {"minutes": 30}


def test_what_was_refused_leaves_no_entry(
    api: Api, workspace: Workspace, receiver: Receiver, person: Person, pages: Callable[..., Any]
) -> None:
    receiver.script = lambda arrival: 500
    refused = [api("put", body={"url": receiver.url}).status_code]
    receiver.script = lambda arrival: 200
    refused += [api("patch", body={"url": receiver.url}).status_code, api("delete").status_code]
    refused.append(api("put", body={"url": receiver.url}, headers={"If-Match": '"other"'}).status_code)
    refused += [with_token(workspace, "ingest")(how, path).status_code for how, path in SECRET]
    refused += [with_token(Workspace.objects.create(name="x"), "manage").__call__("get").status_code]
    for user in (person("member", workspace, "member"), person("stranger")):
        refused += [as_user(workspace, user)(how, path).status_code for how, path in SECRET]
    refused += [pages("rotate-signing-secret", seen="other").status_code, pages("tokens", name="x").status_code]
    refused.append(pages("revoke-token", 0).status_code)
    assert refused == [422, 409, 204, 412, 403, 403, 200, 403, 403, 404, 404, 303, 422, 404]
    assert entries() == []


SECRET = (("get", "/signing-secret"), ("post", "/signing-secret/rotate"))


def test_a_change_that_was_overtaken_leaves_no_entry_of_its_own(
    api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    tag = api("get")["ETag"]
    other = with_token(workspace, "manage")
    during(receiver, lambda: None)
    assert api("put", body={"url": receiver.url}).status_code == 200
    assert other("put", body={"url": receiver.url}, headers={"If-Match": tag}).status_code == 412
    assert [entry[0] for entry in entries()] == ["connected"]


def test_a_secret_that_no_key_opens_was_not_seen(api: Api, settings: Settings) -> None:
    assert api("get", "/signing-secret").status_code == 200
    settings.HAPP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    api.client.raise_request_exception = False
    assert api("get", "/signing-secret").status_code == 500
    assert [entry[0] for entry in entries()] == ["signing_secret_seen"]


CANARY = "kanareyka-9c1e"


def test_no_part_of_a_secret_gets_in_by_any_door(
    workspace: Workspace, receiver: Receiver, support: Client, pages: Callable[..., Any]
) -> None:
    _, token = ApiToken.issue(name="test", scopes=["manage"], workspace=workspace)
    api = Api(workspace.pk, {"authorization": f"Bearer {token}"}, Client())
    url = f"{receiver.url}{CANARY}?{CANARY}={CANARY}"
    header = {"scheme": "header", "header": f"x-{CANARY}"}
    assert api("put", body={"url": url, "password": CANARY, "auth": header}).status_code == 200
    assert api("patch", body={"url": url + "2", "password": CANARY + "2"}).status_code == 200
    hidden = [api("get", "/signing-secret").json()["signing_secret"]]
    hidden.append(api("post", "/signing-secret/rotate").json()["signing_secret"])
    assert act(support, workspace, "connect", url=url, password=CANARY, reason=CANARY).status_code == 302
    shown = pages("tokens", name="CRM", scopes=["manage"]).content.decode()
    hidden += [token, *re.findall(r"happ_[\w-]{43}", shown), *ApiToken.objects.values_list("hash", flat=True), CANARY]
    assert len(hidden) == 7

    with database.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, chr(10)) FROM history_auditentry t")
        [kept] = cursor.fetchone() or ("",)
    assert kept.count("\n") >= 6
    for secret in hidden:
        for form in forms_of(secret.removeprefix("whsec_").removeprefix("happ_")):
            assert form not in kept.encode()


def test_an_act_whose_entry_cannot_be_written_is_not_done(
    api: Api, workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(AuditEntry.objects, "create", broken)
    api.client.raise_request_exception = False
    done = [
        api("put", body={"url": receiver.url}).status_code,
        api("get", "/signing-secret").status_code,
        api("post", "/signing-secret/rotate").status_code,
    ]
    assert done == [500, 500, 500]
    assert api.tile()["status"] == "not_connected"


def test_behind_a_proxy_the_address_is_the_one_it_heard(api: Api, settings: Settings) -> None:
    settings.HAPP_PROXIES = 1
    api("get", "/signing-secret", headers={"x-forwarded-for": "made up, 203.0.113.9"})
    assert AuditEntry.objects.get().address == "203.0.113.9"
