"""Tokens that are none, are somebody else's or are spelled oddly: nothing is shown, nothing is changed, no 500."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import ApiToken, ChatEvent, Workspace
from integrations.models import Integration
from tests.api.caller import event
from tests.hostile.examples import generated

SCOPES = tuple(scope.value for scope in ApiToken.Scope)
#: method, path below the workspace, body, the scope it takes
CALLS: tuple[tuple[str, str, object, str], ...] = (
    ("GET", "/chat-webhook", None, "manage"),
    ("PUT", "/chat-webhook", {"url": "http://127.0.0.1:9/"}, "manage"),
    ("PATCH", "/chat-webhook", {"password": "x"}, "manage"),
    ("DELETE", "/chat-webhook", None, "manage"),
    ("POST", "/chat-webhook/ping", {}, "manage"),
    ("GET", "/chat-webhook/signing-secret", None, "manage"),
    ("POST", "/chat-webhook/signing-secret/rotate", None, "manage"),
    ("GET", "/chat-webhook/deliveries", None, "manage"),
    ("GET", "/chat-webhook/deliveries/evt_1", None, "manage"),
    ("GET", "/chat-webhook/gaps", None, "manage"),
    ("GET", "/chat-webhook/stats", None, "manage"),
    ("POST", "/events", event(), "ingest"),
    ("GET", "/events", None, "backfill"),
)
ODD = st.sampled_from(["\0", "\r\n", "\n", "\t", "\x7f", "\x80", "ÿ", "\u00a0", " ", ",", ";", '"', "Bearer ", "happ_"])
LATIN = st.text(st.characters(max_codepoint=255), max_size=60)


@st.composite
def authorizations(draw: st.DrawFn, token: str) -> str:
    """An Authorization header that is nearly that of a good token, and never is."""
    scheme = draw(st.sampled_from(["Bearer", "bearer", "BEARER", "Basic", "Token", "Digest", "", "Bearer:"]))
    kind = draw(st.integers(0, 6))
    if kind == 0:
        place = draw(st.integers(0, len(token)))
        changed = token[:place] + draw(ODD) + token[place:]
    elif kind == 1:
        changed = token[: draw(st.integers(0, len(token) - 1))]
    elif kind == 2:
        changed = token + draw(LATIN.filter(bool))
    elif kind == 3:
        changed = draw(st.sampled_from([token.upper(), token.lower(), token[::-1], token[5:], f'"{token}"']))
    elif kind == 4:
        changed = draw(st.sampled_from([f"{token}, Bearer {token}", f"{token},{token}", f"{token} {token}"]))
    elif kind == 5:
        changed = "happ_" + "a" * draw(st.sampled_from([1, 43, 8_000, 100_000]))
    else:
        changed = draw(LATIN)
    return f"{scheme}{draw(st.sampled_from([' ', '  ', chr(9), '']))}{changed}"


def state() -> list[Any]:
    """All that a request might change; a token's last use is no secret."""
    return [list(model.objects.values()) for model in (Workspace, Integration, Connection, Delivery, ChatEvent)]


def ask(method: str, path: str, body: object, authorization: str) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    client = Client(raise_request_exception=False, HTTP_AUTHORIZATION=authorization)
    return client.generic(method, path, content, "application/json")


def refused(response: Any, status: int, code: str) -> bool:
    document = json.loads(response.content)
    return (response.status_code, response["content-type"], document["code"]) == (
        status,
        "application/problem+json",
        code,
    )


@pytest.fixture
def shop(db: None) -> Workspace:
    made = Workspace.objects.create(name="Квіти")
    ApiToken.objects.create(name="t", hash=ApiToken.digest(TOKEN), scopes=list(SCOPES), workspace=made)
    return made


TOKEN = "happ_" + "Tq7-_xB2" * 5 + "abc"


@generated(100, 0.2)
@given(authorizations(TOKEN), st.sampled_from(CALLS))
def test_an_authorization_that_is_not_exactly_a_token_opens_nothing(
    shop: Workspace, header: str, asked: tuple[str, str, object, str]
) -> None:
    method, below, body, _ = asked
    before = state()
    response = ask(method, f"/api/v1/workspaces/{shop.pk}{below}", body, header)
    if header.partition(" ")[0].lower() == "bearer" and header.partition(" ")[2] == TOKEN:
        return
    assert refused(response, 401, "unauthorized"), (header, response.content)
    assert TOKEN not in response.content.decode()
    assert state() == before


@pytest.mark.parametrize(("method", "below", "body", "scope"), CALLS)
@pytest.mark.parametrize("whose", ["theirs", "revoked", *SCOPES])
def test_a_token_does_what_it_is_for_and_nothing_else(
    shop: Workspace, method: str, below: str, body: object, scope: str, whose: str
) -> None:
    other = Workspace.objects.create(name="Інша")
    scopes = [whose] if whose in SCOPES else list(SCOPES)
    found, token = ApiToken.issue(name="t", scopes=scopes, workspace=other if whose == "theirs" else shop)
    if whose == "revoked":
        ApiToken.objects.filter(pk=found.pk).update(revoked_at="2026-01-01T00:00Z")
    before = state()
    response = ask(method, f"/api/v1/workspaces/{shop.pk}{below}", body, f"Bearer {token}")
    if whose == scope:
        assert response.status_code not in {401, 403}
        return
    expected = {"theirs": (404, "not_found"), "revoked": (401, "unauthorized")}.get(whose, (403, "forbidden"))
    assert refused(response, *expected)
    assert state() == before


@generated(60, 0.1)
@given(st.text(max_size=60), st.sampled_from(CALLS))
def test_a_workspace_id_that_somebody_makes_up_is_not_found(
    shop: Workspace, made_up: str, asked: tuple[str, str, object, str]
) -> None:
    token = ApiToken.issue(name="t", scopes=list(SCOPES))[1]
    method, below, body, _ = asked
    path = f"/api/v1/workspaces/{made_up.encode('utf-8', 'replace').decode().replace('/', '').replace('?', '')}{below}"
    response = ask(method, path, body, f"Bearer {token}")
    assert refused(response, 404, "not_found")
