"""Whoever changes an integration is written down, whichever door they used."""

import pytest
from django.db import connection as database
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from happ_webhooks.history.audit import Actor, acting
from happ_webhooks.history.models import ApiToken, AuditEntry, Workspace
from integrations import connecting, signing
from integrations.models import Act
from integrations.pages.access import Place, page
from tests.integrations.conftest import Api, as_user, with_token
from tests.integrations.support import Person
from tests.receiver import Receiver


def told(workspace: Workspace) -> list[tuple[str, int | None, str, str]]:
    found = Act.objects.filter(workspace=workspace).order_by("pk")
    return [(act.kind, act.connection, act.door, act.actor) for act in found]


def test_what_a_token_does_is_told_with_its_name(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    assert api("put", body={"url": receiver.url + "?token=tok_canary", "password": "pw_canary"}).status_code == 200
    assert api("patch", body={"auth": {"scheme": "basic"}}).status_code == 200
    assert api("post", "/signing-secret/rotate").status_code == 200
    assert api("delete").status_code == 204
    by = ("token", ApiToken.objects.get().name)
    assert told(workspace) == [
        ("connected", 1, *by),
        ("edited", 1, *by),
        ("rotated", None, *by),
        ("disconnected", 1, *by),
    ]
    host = receiver.url.split("/")[2]
    assert list(Act.objects.order_by("pk").values_list("detail", flat=True)) == [host, host, "", ""]


def test_what_was_refused_or_changed_nothing_is_not_told(workspace: Workspace, receiver: Receiver) -> None:
    api = with_token(workspace, "manage")
    receiver.script = lambda arrival: 500
    assert api("put", body={"url": receiver.url}).status_code == 422
    assert api("delete").status_code == 204
    assert told(workspace) == []


def test_a_member_is_told_by_their_user_name(person: Person, workspace: Workspace, receiver: Receiver) -> None:
    assert as_user(workspace, person("olena", workspace))("put", body={"url": receiver.url}).status_code == 200
    assert told(workspace) == [("connected", 1, "pages", "olena")]


def test_the_pages_tell_who_looks(person: Person, workspace: Workspace) -> None:
    @page()
    def rotates(request: HttpRequest, place: Place) -> HttpResponse:
        signing.rotate(place.workspace.pk)
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = person("olena", workspace)
    assert rotates(request, workspace.pk).status_code == 200
    assert told(workspace) == [("rotated", None, "pages", "olena")]


def test_nobody_is_named_where_nobody_acts_and_afterwards(workspace: Workspace) -> None:
    with acting(person_named("olena")), pytest.raises(RuntimeError):
        raise RuntimeError
    signing.rotate(workspace.pk)
    assert told(workspace) == [("rotated", None, "system", "")]


def test_an_act_costs_one_statement_and_goes_with_what_it_tells_of(workspace: Workspace, receiver: Receiver) -> None:
    connecting.connect(workspace.pk, url=receiver.url)
    with CaptureQueriesContext(database) as made:
        connecting.disconnect(workspace.pk)
    assert sum("integrations_act" in query["sql"] for query in made) == 1


def person_named(name: str) -> Actor:
    return Actor(door=AuditEntry.Door.PAGE, kind=AuditEntry.Kind.USER, name=name)
