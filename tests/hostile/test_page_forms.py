"""Every form of the pages, and the log's filters, under random fields: never a 500, never more than was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings, settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from deliveries.models import Connection, Delivery
from deliveries.sending import Destination
from happ_webhooks.history.models import ApiToken, Membership, Workspace
from happ_webhooks.wire.outcome import Outcome
from integrations import signing
from integrations.models import Integration
from integrations.pages.account.workspace import time_zones
from integrations.pages.theme import COOKIE, THEMES
from integrations.state import settings_version
from tests.conftest import connect, record
from tests.hostile.examples import generated
from tests.hostile.test_admin_forms import VALUES, sent

URL = "https://crm.example/happ"
AWAY = ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)")
ODD = (*AWAY, "Mars/Phobos", "../etc/passwd", "x" * 5000)
TIMES = ("2026-05-25T14:30", "2026-05-25", "0001-01-01", "9999-12-31T23:59:59", "2026-02-30", "24h", "own")
WORDS = ("basic", "header", "ping", "order.created", "telegram", "admin", "uk", "dark", "owner", "ingest", "/", URL)
ENTRIES = st.one_of(VALUES, st.sampled_from(ODD + TIMES + WORDS))
#: Stand for what the page itself would have put there.
VERSION, NUMBER, SEEN = "@version", "@number", "@seen"

#: Path, below the workspace if it has no slash in front -> the form as the page sends it.
FORMS: dict[str, dict[str, str]] = {
    "connect/": {"url": URL, "password": "s3cret", "scheme": "bearer", "header": "", "version": VERSION},
    "settings/": {"url": URL, "password": "", "scheme": "bearer", "header": "x-key", "version": VERSION},
    "disconnect/": {"number": NUMBER},
    "test/": {"type": "message.sent", "channel": "viber"},
    "tokens/": {"name": "CRM", "scopes": "manage"},
    "tokens/{token}/revoke/": {},
    "workspace/": {"name": "Нова", "time_zone": "Europe/Kyiv", "language": "uk", "do": "", "initial-name": ""},
    "workspace/?add": {"do": "add", "username": "stranger", "role": "member"},
    "workspace/members/{member}/role/": {"role": "admin"},
    "workspace/members/{member}/remove/": {},
    "signing-secret/rotate/": {"seen": SEEN},
    "/login/": {"username": "owner", "password": "s3cret", "next": "/integrations/"},
    "/password/": {"old_password": "s3cret", "new_password1": "kava-z-molokom-9", "new_password2": "kava-z-molokom-9"},
    "/logout/": {"next": "/"},
    "/language/": {"language": "uk", "next": "/"},
    "/theme/": {"theme": "dark", "next": "/"},
}
LOG = ("deliveries/", "deliveries/rows/", "deliveries.csv")
QUERY = ("status", "error", "channel", "chat_id", "type", "period", "since", "until", "q", "window", "before", "after")
TOKEN = "a" * 32


class Place:
    """A workspace with everything that a form could change, and its owner."""

    def __init__(self) -> None:
        self.workspace = Workspace.objects.create(name="Квіти")
        self.owner = User.objects.create_user("owner", password="s3cret")
        User.objects.create_user("stranger")
        Membership.objects.create(workspace=self.workspace, user=self.owner, role="admin")
        helper = User.objects.create_user("helper")
        self.member = Membership.objects.create(workspace=self.workspace, user=helper, role="member")
        self.token = ApiToken.issue(name="old", scopes=["manage"], workspace=self.workspace)[0]
        signing.sealed_secrets(self.workspace.pk)
        self.connection = connect(self.workspace, URL)
        record(self.workspace, "chat_1", "chat_2")

    def address(self, path: str) -> str:
        below = path if path.startswith("/") else f"/integrations/{self.workspace.pk}/{path}"
        return below.format(member=self.member.pk, token=self.token.pk)

    def client(self, path: str) -> Client:
        """A browser that holds the cookie of its form."""
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        if path != "/login/":
            client.force_login(self.owner)
        client.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
        return client

    def filled(self, path: str, changes: dict[str, str]) -> dict[str, str]:
        meant = {VERSION: settings_version(self.connection), NUMBER: str(self.connection.number)}
        meant[SEEN] = signing.mark_of(self.workspace.pk)
        form = {name: meant.get(value, value) for name, value in FORMS[path].items()}
        return sent({**form, **changes})

    def saved(self) -> list[Any]:
        """All that a form could change."""
        return [
            list(Connection.objects.order_by("pk").values("url", "password", "auth", "closed_at", "disconnected_at")),
            list(Workspace.objects.order_by("pk").values()),
            list(Membership.objects.order_by("pk").values()),
            list(ApiToken.objects.order_by("pk").values()),
            list(User.objects.order_by("pk").values("username", "password")),
            list(Integration.objects.values("signing_secret", "previous_signing_secret")),
            Delivery.objects.count(),
        ]

    def breaches(self) -> Iterator[str]:
        """What no form may make of it."""
        urls = {urlsplit(connection.url).hostname for connection in Connection.objects.all()}
        if urls - {"crm.example"}:
            yield f"it sends to {urls}"
        schemes = {connection.auth["scheme"] for connection in Connection.objects.all()}
        if schemes - {"bearer", "basic", "header"}:
            yield f"it sends passwords by {schemes}"
        shop = Workspace.objects.get(pk=self.workspace.pk)
        if (
            not 0 < len(shop.name.strip()) <= 200
            or shop.time_zone not in time_zones()
            or shop.language not in LANGUAGES
        ):
            yield f"the workspace became {shop.name!r}, {shop.time_zone!r}, {shop.language!r}"
        roles = list(Membership.objects.filter(workspace=shop).values_list("role", flat=True))
        if "admin" not in roles or set(roles) - {"admin", "member"}:
            yield f"its people have the roles {roles}"
        for token in ApiToken.objects.all():
            if not 0 < len(token.name) <= 100 or not token.scopes or set(token.scopes) - set(ApiToken.Scope.values):
                yield f"a token {token.name!r} may {token.scopes}"


LANGUAGES = {code for code, _ in settings.LANGUAGES}


@pytest.fixture
def place(db: None, monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Place:
    # The real one takes a third of a second for a password.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(Destination, "post", lambda *_: Outcome(status_code=200, response_ms=5))
    return Place()


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is saved in the block is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_as_the_page_sends_it_is_taken(place: Place, path: str) -> None:
    """Else nothing would be proven by what follows."""
    before = place.saved()
    answer = place.client(path).post(place.address(path), {**place.filled(path, {}), "csrfmiddlewaretoken": TOKEN})
    assert answer.status_code in {200, 302, 303, 204}
    changes_nothing = path in {"test/", "settings/", "/login/", "/logout/", "/language/", "/theme/"}
    assert (place.saved() == before) == changes_nothing


@pytest.mark.parametrize("path", FORMS)
def test_no_form_is_taken_without_the_token_of_its_page(place: Place, path: str) -> None:
    before = place.saved()
    for token in ({}, {"csrfmiddlewaretoken": "b" * 32}, {"csrfmiddlewaretoken": ""}):
        answer = place.client(path).post(place.address(path), {**place.filled(path, {}), **token})
        assert answer.status_code == 403
    assert place.saved() == before


def changes(path: str) -> st.SearchStrategy[dict[str, str]]:
    """Up to three fields of a form as somebody else would fill them in, or fields that it does not have."""
    return st.dictionaries(
        st.sampled_from([*FORMS[path], "next", "do"]) | st.text(max_size=10), ENTRIES, min_size=1, max_size=3
    )


@pytest.mark.parametrize("path", FORMS)
def test_no_odd_value_of_a_field_breaks_its_form_or_is_saved_where_it_is_refused(place: Place, path: str) -> None:
    for name in FORMS[path]:
        for value in ("", "\0", "../etc/passwd", "x" * 5000):
            post(place, path, {name: value})


@pytest.mark.parametrize("path", ["/login/", "/admin/login/"])
def test_a_user_name_of_any_length_is_refused(place: Place, path: str) -> None:
    client = place.client("/login/")
    form = {"username": "x" * 256, "password": "s3cret", "csrfmiddlewaretoken": TOKEN}
    assert client.post(path, form).status_code in {200, 422}


@pytest.mark.parametrize("path", FORMS)
@generated(3, 0.02)
@given(data=st.data(), by_script=st.booleans())
def test_no_field_of_a_form_breaks_it_and_what_is_refused_saves_nothing(
    place: Place, path: str, data: st.DataObject, by_script: bool
) -> None:
    post(place, path, data.draw(changes(path)), **({"hx-request": "true"} if by_script else {}))


def post(place: Place, path: str, changed: dict[str, str], **headers: str) -> None:
    """Sends a form, looks at what came of it, and takes it back."""
    with undone():
        before = place.saved()
        form = {**place.filled(path, changed), "csrfmiddlewaretoken": TOKEN}
        answer = place.client(path).post(place.address(path), form, headers=headers)
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert place.saved() == before
        assert list(place.breaches()) == []
        assert where_to(answer) == ""
        theme, language = answer.cookies.get(COOKIE), answer.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        assert theme is None or theme.value in THEMES
        assert language is None or language.value in LANGUAGES


def where_to(answer: Any) -> str:
    """The host that an answer leads away to; empty if it stays here."""
    address: str = answer.headers.get("Location", answer.headers.get("HX-Redirect", ""))
    return urlsplit(address).netloc


@pytest.mark.parametrize("path", ["/theme/", "/language/", "/logout/", "/login/"])
@pytest.mark.parametrize("address", AWAY)
def test_no_form_leads_away_from_the_site(place: Place, path: str, address: str) -> None:
    form = {**place.filled(path, {"next": address}), "csrfmiddlewaretoken": TOKEN}
    answer = place.client(path).post(place.address(path), form)
    assert answer.status_code in {200, 204, 302}
    assert where_to(answer) == ""


@pytest.mark.parametrize("path", [path for path in FORMS if path != "/logout/"])
@generated(1, 0.01)
@given(data=st.data())
def test_no_query_breaks_a_page_with_a_form(place: Place, path: str, data: st.DataObject) -> None:
    query = sent(data.draw(changes(path)))
    assert place.client(path).get(place.address(path), query).status_code < 500


@generated(25, 0.2)
@given(st.sampled_from(LOG), st.dictionaries(st.sampled_from(QUERY) | st.text(max_size=10), ENTRIES, max_size=4))
def test_no_filter_in_the_address_breaks_the_log(place: Place, page: str, query: dict[str, str]) -> None:
    answer = place.client(page).get(place.address(page), sent(query))
    assert answer.status_code in {200, 422}
    if answer.streaming:
        assert b"".join(answer).startswith(b"\xef\xbb\xbfevent_id,")
