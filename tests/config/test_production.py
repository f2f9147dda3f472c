"""What a browser gets from a web process that runs in production, behind a proxy that speaks HTTPS."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection as database

from happ_webhooks.history.models import AuditEntry, Workspace
from tests.processes import Processes

PASSWORD = "a long password of a test"
STRICT = {
    "default-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    *(f"{name} 'self'" for name in ("script-src", "style-src", "img-src", "connect-src", "font-src", "form-action")),
}
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:")
#: What the admin itself offers: every list, every form to add something, and the password's.
PAGES = re.compile(r'href="(/admin/[^"#?]*)"')


class Staff:
    """A browser of somebody of HAPP: it keeps cookies whatever their name, and sends forms."""

    def __init__(self, site: str) -> None:
        self.host = urlsplit(site).netloc
        self.cookies: dict[str, str] = {}
        self.set: dict[str, str] = {}
        self.text = ""

    def __call__(self, method: str, path: str, **fields: str) -> tuple[int, HTTPMessage]:
        connection = HTTPConnection(self.host, timeout=60)
        headers = {
            "X-Forwarded-Proto": "https",
            "Referer": f"https://{self.host}{path}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.text)
        body = urlencode({"csrfmiddlewaretoken": token[1] if token else "", **fields}) if method == "POST" else None
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        self.text = answer.read().decode()
        for line in answer.msg.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name], self.set[name] = morsel.value, line
        connection.close()
        return answer.status, answer.msg


@pytest.fixture
def site(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("HAPP_PRODUCTION", "1")
    monkeypatch.setenv("HAPP_ALLOW_PRIVATE_TARGETS", "0")
    processes = Processes(tmp_path)
    processes.start("web")
    yield processes.site
    processes.close()


@pytest.fixture
def staff(site: str) -> Staff:
    User.objects.create_superuser("petro", password=PASSWORD)
    browser = Staff(site)
    assert browser("GET", "/admin/login/")[0] == 200
    assert browser("POST", "/admin/login/", username="petro", password=PASSWORD, next="/admin/")[0] == 302
    return browser


def test_cookies_are_bound_to_the_host_and_to_https(staff: Staff) -> None:
    assert set(staff.cookies) == {"__Host-csrftoken", "__Host-sessionid"}
    attributes = {name: {part.strip() for part in line.split(";")[1:]} for name, line in staff.set.items()}
    common = {"Path=/", "Secure", "SameSite=Lax"}
    assert common | {"HttpOnly", "Max-Age=3600"} <= attributes["__Host-sessionid"]
    assert common <= attributes["__Host-csrftoken"]
    assert not any("domain" in line.lower() for line in staff.set.values())


def test_every_page_of_the_admin_is_kept_by_nobody_and_runs_nothing_inline(staff: Staff) -> None:
    workspace = Workspace.objects.create(name="Кав'ярня")
    seen: set[str] = set()
    ahead = {"/admin/", "/admin/login/", f"/admin/integrations/integration/{workspace.pk.replace('_', '_5F')}/change/"}
    while ahead:
        path = ahead.pop()
        seen.add(path)
        status, headers = staff("GET", path)
        if path == "/admin/logout/":
            continue
        assert status in {200, 302}, path
        assert "no-store" in (headers["Cache-Control"] or ""), path
        assert set(re.split(r";\s*", headers["Content-Security-Policy"])) == STRICT, path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload", path
        assert INLINE.findall(staff.text) == [], path
        ahead |= set(PAGES.findall(staff.text)) - seen
    assert {"/admin/history/auditentry/", "/admin/history/apitoken/add/", "/admin/auth/user/add/"} <= seen


def test_signing_out_takes_a_form_and_ends_the_session_for_good(staff: Staff) -> None:
    assert staff("GET", "/admin/logout/")[0] == 405
    assert staff("GET", "/admin/")[0] == 200
    old = staff.cookies["__Host-sessionid"]
    assert staff("POST", "/admin/logout/")[0] == 302
    staff.cookies["__Host-sessionid"] = old
    assert staff("GET", "/admin/")[0] == 302
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


def test_a_form_of_another_site_is_refused_and_leaves_no_entry(staff: Staff) -> None:
    staff("GET", "/admin/history/apitoken/add/")
    staff.text = ""
    assert staff("POST", "/admin/history/apitoken/add/", name="x", scopes="ingest")[0] == 403
    assert list(AuditEntry.objects.values_list("act", flat=True)) == ["staff_signed_in"]
