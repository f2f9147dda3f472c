"""The admin's pages and forms under random fields: never a 500, never more than the service allows."""

from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from deliveries.models import Connection
from deliveries.sending import Destination
from happ_webhooks.history.models import ApiToken, Workspace
from happ_webhooks.wire.outcome import Outcome
from integrations.models import Integration
from tests.hostile.examples import generated
from tests.integrations.support import ACTIONS

LISTS = (
    "integrations_integration",
    "deliveries_delivery",
    "deliveries_deliveryattempt",
    "history_apitoken",
    "history_workspace",
    "auth_user",
    "auth_group",
)
NAMES: tuple[str, ...] = (
    "reason",
    "url",
    "password",
    "scheme",
    "header",
    "csrfmiddlewaretoken",
    "_save",
    "action",
    "index",
)
NAMES += ("name", "scopes", "workspace", "language", "time_zone", "_selected_action", "select_across", "_popup")
NAMES += tuple(f"membership_set-{part}" for part in ("TOTAL_FORMS", "INITIAL_FORMS", "0-user", "0-role", "0-id"))
QUERY: tuple[str, ...] = (
    "q",
    "p",
    "o",
    "e",
    "all",
    "status",
    "failing",
    "error",
    "period",
    "stands",
    "last_error",
    "_to_field",
    "pk",
)
QUERY += ("workspace__id", "hash", "hash__startswith", "password", "user__password", "id__exact", "_facets", "_popup")
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "0", "-1", "9" * 30, "1e309", "\0", "a\0b", "\ud800", "on", "bearer", "header", "x-a", "%", "'"]
    ),
    st.sampled_from(["https://crm.example/", "https://127.0.0.1/", "Ticket 7", "manage", "1", "2.-1", "(select 1)"]),
)
FIELDS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=10), VALUES, max_size=10)
ID = st.one_of(
    st.text(min_size=1, max_size=20), st.sampled_from(["\0", "_00", "_", "9" * 40, "-1", "..", "%00", "_2F"])
)


def sent(fields: dict[str, str]) -> dict[str, str]:
    """As a form is encoded: half characters do not survive, NULs do."""
    return {whole(name): whole(value) for name, value in fields.items()}


def whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@pytest.fixture
def root(db: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(Destination, "post", lambda *_: Outcome(status_code=200, response_ms=5))
    client = Client(raise_request_exception=False)
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


@pytest.fixture
def shop(db: None) -> Workspace:
    return Workspace.objects.create(name="Квіти")


def fine(response: Any) -> bool:
    return bool(response.status_code < 500)


@generated(40, 0.1)
@given(st.sampled_from(ACTIONS), FIELDS)
def test_no_field_of_an_action_breaks_it_and_nothing_is_done_without_a_reason(
    root: Client, shop: Workspace, action: str, fields: dict[str, str]
) -> None:
    Integration.objects.update(ping_count=0, ping_until=None)
    before = list(Connection.objects.values())
    fields = sent(fields)
    path = reverse(f"admin:integrations_integration_{action}", args=[quote(shop.pk)])
    assert fine(root.post(path, fields))
    if not fields.get("reason", "").strip():
        assert list(Connection.objects.values()) == before
    for connection in Connection.objects.all():
        assert connection.url.startswith("https://crm.example/")


@generated(40, 0.1)
@given(st.sampled_from(LISTS), st.dictionaries(st.sampled_from(QUERY) | st.text(max_size=10), VALUES, max_size=4))
def test_no_query_breaks_a_list(root: Client, shop: Workspace, name: str, query: dict[str, str]) -> None:
    assert fine(root.get(reverse(f"admin:{name}_changelist"), sent(query)))


@generated(40, 0.1)
@given(st.sampled_from(LISTS), FIELDS)
def test_no_field_breaks_the_form_of_a_new_one_or_the_buttons_of_a_list(
    root: Client, shop: Workspace, name: str, fields: dict[str, str]
) -> None:
    for page in ("add", "changelist"):
        assert fine(root.post(reverse(f"admin:{name}_{page}"), sent(fields)))


@generated(40, 0.1)
@given(st.sampled_from(LISTS), ID, st.sampled_from(["change", "delete", "history", *ACTIONS]), FIELDS)
def test_no_id_that_somebody_makes_up_breaks_a_page(
    root: Client, shop: Workspace, name: str, made_up: str, page: str, fields: dict[str, str]
) -> None:
    app, model = name.split("_")
    key = whole(made_up)
    for path in (f"/admin/{app}/{model}/{key}/{page}/", f"/admin/{app}/{model}/{quote(key)}/{page}/"):
        assert fine(root.get(path))
        assert fine(root.post(path, sent(fields)))


def test_no_list_can_be_narrowed_by_a_secret(root: Client, shop: Workspace) -> None:
    """Else it would tell the secret, a character at a time."""
    ApiToken.issue(name="findable", scopes=["manage"], workspace=shop)
    secrets = {"history_apitoken": "hash", "integrations_integration": "signing_secret", "auth_user": "password"}
    for name, column in secrets.items():
        for lookup in (column, f"{column}__startswith", f"{column}__gt"):
            response = root.get(reverse(f"admin:{name}_changelist"), {lookup: "a"})
            assert (lookup, response.status_code) == (lookup, 400)
