"""Promise 10: every route of the site, asked by everybody there is, with every method."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from deliveries.models import Connection, Delivery, DeliveryAttempt
from deliveries.sending import Destination
from happ_webhooks.history.models import ApiToken, AuditEntry, Membership, Workspace
from happ_webhooks.wire.outcome import Outcome
from tests.api.caller import event
from tests.conftest import connect, record
from tests.hostile.walls import ANONYMOUS, ELSEWHERE, EVERYBODY, MEMBER, REVOKED, ROUTES, STAFF, STRANGERS, TOKENS, Row

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SCOPES = {"token to manage": ["manage"], "token to ingest": ["ingest"], "token to back-fill": ["backfill"]}
EVERY_SCOPE = ["manage", "ingest", "backfill"]
VIEWED = ("view_integration", "view_delivery", "view_deliveryattempt", "view_apitoken", "view_workspace")
PERMITTED = {"staff who operate": "operate", "staff who configure": "configure"}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield f"{prefix}{each.pattern}"
        else:
            yield from routes(each, f"{prefix}{each.pattern}")


SITE = sorted({route for route in routes(get_resolver()) if not route.startswith(ELSEWHERE)})


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    assert set(SITE) - set(ROUTES) == set(), "Say in tests/hostile/walls.py who may do what there."
    assert set(ROUTES) - set(SITE) == set()


class World:
    """A shop with something of everything, another shop, and everybody who might come by."""

    def __init__(self) -> None:
        self.shop = Workspace.objects.create(name="Shop")
        self.other = Workspace.objects.create(name="Other")
        self.connection = connect(self.shop, "https://crm.example/happ")
        (self.event,) = record(self.shop, "chat_1")
        Delivery.objects.filter(pk=self.event.id).update(attempts=1, last_error="TIMEOUT")
        self.entry = AuditEntry.objects.create(workspace=self.shop, act="connected", door="none", actor_kind="nobody")
        self.attempt = DeliveryAttempt.objects.create(
            delivery_id=self.event.id,
            connection=self.connection,
            number=1,
            started_at=self.connection.opened_at,
            response_ms=5,
            error="TIMEOUT",
        )
        self.group = Group.objects.create(name="Support")
        self.spare = self.person("spare", self.shop, "member")
        self.spare_token = ApiToken.issue(name="spare", scopes=["ingest"], workspace=self.shop)[0]
        self.people = {
            MEMBER: self.person("m", self.shop, "member"),
            "admin of the shop": self.person("a", self.shop, "admin"),
            "member elsewhere": self.person("om", self.other, "member"),
            "admin elsewhere": self.person("oa", self.other, "admin"),
            "superuser": User.objects.create_superuser("root"),
            **{name: self.staff(name) for name in STAFF},
        }
        self.tokens = {
            **{name: self.token(scopes, self.shop) for name, scopes in SCOPES.items()},
            "token for all": self.token(EVERY_SCOPE, None),
            "token of another shop": self.token(EVERY_SCOPE, self.other),
            REVOKED: self.token(EVERY_SCOPE, self.shop, revoked_at="2026-01-01T00:00Z"),
        }

    def person(self, name: str, workspace: Workspace, role: str) -> User:
        user = User.objects.create_user(name)
        Membership.objects.create(workspace=workspace, user=user, role=role)
        return user

    def staff(self, name: str) -> User:
        user = User.objects.create_user(name, is_staff=True)
        if name != "staff without permissions":
            codenames = [*VIEWED, *([PERMITTED[name]] if name in PERMITTED else [])]
            found = Permission.objects.filter(codename__in=codenames)
            assert found.count() == len(codenames)
            user.user_permissions.set(found)
        return user

    def token(self, scopes: list[str], workspace: Workspace | None, **changes: str) -> str:
        made, token = ApiToken.issue(name="t", scopes=scopes, workspace=workspace)
        ApiToken.objects.filter(pk=made.pk).update(**changes)
        return token

    def client(self, who: str) -> Client:
        headers = {"authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
        client = Client(headers=headers, raise_request_exception=False)
        if who in self.people:
            client.force_login(self.people[who])
        return client

    def address(self, route: str) -> str:
        models: dict[str, object] = {"integration": self.shop.pk, "workspace": self.shop.pk, "delivery": self.event.id}
        models |= {"deliveryattempt": self.attempt.pk, "apitoken": self.spare_token.pk, "auditentry": self.entry.pk}
        models |= {"user": self.spare.pk, "group": self.group.pk}
        model = next((part for part in route.split("/")[::-1] if part in models), "")
        values = {
            "workspace_id": self.shop.pk,
            "event_id": self.event.id,
            "token_id": self.spare_token.pk,
            "member_id": Membership.objects.get(user=self.spare).pk,
            "code": "TIMEOUT",
            "name": "signatures",
            "path": "samples/receiver.py",
            "object_id": quote(str(models.get(model))),
            "id": models.get(model),
        }
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), route)


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(Destination, "post", lambda *_: Outcome(status_code=200, response_ms=5))
    return World()


def body_for(route: str) -> bytes:
    if route.endswith("/events"):
        return json.dumps(event()).encode()
    return json.dumps({"url": "https://crm.example/happ"} if route.endswith("chat-webhook") else {}).encode()


def ask(world: World, route: str, method: str, who: str) -> Any:
    """One request, whose traces are wiped out after."""
    path = world.address(route)
    if route == "admin/autocomplete/":
        path += "?app_label=history&model_name=apitoken&field_name=workspace"
    with transaction.atomic():
        client = world.client(who)
        if route.startswith("api/"):
            response = client.generic(method, path, body_for(route), "application/json")
        else:
            response = client.generic(method, path, b"", "application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return response


def came_to(response: Any, path: str) -> str:
    """ "ok", "sign in", or the status of a refusal."""
    location = response.get("location", "")
    if response.status_code in {301, 302, 303} and "/login/" in location and not path.endswith("logout/"):
        return "sign in"
    if response.status_code in {401, 403, 404, 405} or response.status_code >= 500:
        return str(response.status_code)
    return "ok"


def expected(row: Row, method: str, who: str) -> str:
    if who in row.methods.get(method, ()):
        return "ok"
    return REFUSALS[row.area](row, method, who)


def refused_by_api(row: Row, method: str, who: str) -> str:
    if who in {ANONYMOUS, REVOKED}:
        return "401"
    if method not in row.methods:
        return "405"
    belongs = who in {MEMBER, "admin of the shop"} or (who in TOKENS and who != "token of another shop")
    return "403" if belongs else "404"


def refused_by_page(row: Row, method: str, who: str) -> str:
    if method not in row.methods:
        return "405"
    if who in {ANONYMOUS, REVOKED, *TOKENS}:
        return "sign in"
    return "403" if who == MEMBER else "404"


def refused_by_admin(row: Row, method: str, who: str) -> str:
    return "403" if who in STAFF or who == "superuser" else "sign in"


REFUSALS: dict[str, Callable[[Row, str, str], str]] = {
    "api": refused_by_api,
    "page": refused_by_page,
    "admin": refused_by_admin,
    "open": lambda *_: "405",
}


def methods_of(route: str, row: Row) -> list[str]:
    """Those it was made for, and the first that it was not; the admin and the open pages take any as they take GET."""
    foreign = [method for method in METHODS if method not in row.methods and row.area in {"api", "page"}]
    return [method for method in METHODS if method in row.methods] + foreign[:1]


@pytest.mark.parametrize("route", SITE)
def test_everybody_gets_what_is_theirs_and_nobody_else_does(world: World, route: str) -> None:
    row = ROUTES[route]
    for method in methods_of(route, row):
        got = {who: came_to(ask(world, route, method, who), route) for who in sorted(EVERYBODY)}
        assert got == {who: expected(row, method, who) for who in sorted(EVERYBODY)}, method


@pytest.mark.parametrize("route", [route for route in SITE if "<str:workspace_id>" in route])
def test_a_shop_of_others_looks_like_one_that_does_not_exist(world: World, route: str) -> None:
    """Not even that it exists: the same answer, byte for byte, but for the id that was asked for."""
    for who in sorted(STRANGERS | {"superuser", "token of another shop"}):
        if who in TOKENS and not route.startswith("api/"):
            continue
        client = world.client(who)
        theirs = client.get(world.address(route))
        nowhere = client.get(world.address(route).replace(world.shop.pk, "ws_none"))
        assert theirs.status_code == nowhere.status_code
        assert theirs.status_code in {404, 405}
        assert same(theirs, world.shop.pk) == same(nowhere, "ws_none")


def same(response: Any, workspace_id: str) -> bytes:
    """An answer without what differs by chance: ids, nonces, tokens."""
    text = response.content.replace(workspace_id.encode(), b"")
    return re.sub(rb'(nonce|value|content)="[^"]*"|csrf[^>]*', b"", text)


@pytest.mark.parametrize("page", ["change", "connect", "disconnect", "ping", "rotate"])
def test_reading_an_integration_in_the_admin_changes_nothing(world: World, page: str) -> None:
    before = list(Connection.objects.values())
    for who in STAFF:
        ask(world, f"admin/integrations/integration/<path:object_id>/{page}/", "GET", who)
    assert list(Connection.objects.values()) == before
