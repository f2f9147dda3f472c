"""The first steps after set-up: a person for the admin, there a workspace and tokens, and a connected Chat Webhook."""

import re
import secrets
from dataclasses import dataclass

import requests
from django.contrib.admin.utils import unquote

from config.demo.client import call
from tests.deploy.box import Box
from tests.deploy.names import RECEIVER, RECEIVER_PORT, SITE

ADMIN = f"https://{SITE}/admin/"
NO_MEMBERS = {"membership_set-TOTAL_FORMS": "0", "membership_set-INITIAL_FORMS": "0"}
TOKEN = re.compile(r'<code id="new-token">(happ_[\w-]+)</code>')


@dataclass(frozen=True)
class Installed:
    """What the first steps leave behind."""

    workspaces: list[str]
    ingest_token: str


class Admin:
    """A browser's session in the admin, without the browser."""

    def __init__(self, password: str) -> None:
        self._session = requests.Session()
        self._send(f"{ADMIN}login/", {"username": "root", "password": password, "next": "/admin/"})

    def add(self, model: str, fields: dict[str, object]) -> str:
        """The page that answers."""
        return self._send(f"{ADMIN}{model}/add/", fields)

    def ids(self, model: str) -> list[str]:
        listed = self._session.get(f"{ADMIN}{model}/", timeout=15).text
        return [unquote(each) for each in re.findall(rf'/admin/{model}/([^/"]+)/change/', listed)]

    def is_signed_in(self) -> bool:
        return "Log out" in self._session.get(ADMIN, timeout=15).text

    def _send(self, url: str, fields: dict[str, object]) -> str:
        form = self._session.get(url, timeout=15).text
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        assert found
        answer = self._session.post(
            url, {**fields, "csrfmiddlewaretoken": found[1]}, headers={"referer": url}, timeout=15
        )
        errors = re.findall(r'class="errorlist[^>]*>(.*?)</ul>', answer.text)
        assert (answer.status_code, errors) == (200, [])
        return answer.text


def _token(admin: Admin, name: str, scopes: list[str]) -> str:
    found = TOKEN.search(admin.add("history/apitoken", {"name": name, "workspace": "", "scopes": scopes}))
    assert found
    return found[1]


def first_steps(box: Box, shops: int) -> tuple[Installed, Admin]:
    password = secrets.token_urlsafe(12)
    words = ("happ", "createsuperuser", "--noinput", "--username", "root", "--email", "root@example.com")
    box.run(*words, variables=[f"DJANGO_SUPERUSER_PASSWORD={password}"])
    admin = Admin(password)
    for number in range(shops):
        fields: dict[str, object] = {"name": f"Крамниця {number}", "language": "uk", "time_zone": "Europe/Kyiv"}
        admin.add("history/workspace", fields | NO_MEMBERS)
    workspaces = admin.ids("history/workspace")
    assert len(workspaces) == shops
    manage = _token(admin, "connects", ["manage"])
    for workspace in workspaces:
        url = f"https://{SITE}/api/v1/workspaces/{workspace}/chat-webhook"
        target = f"https://{RECEIVER}:{RECEIVER_PORT}/{workspace}"
        answer = call("PUT", url, {"url": target, "password": "open-sesame"}, token=manage)
        assert answer.status == 200, answer.text
    return Installed(workspaces, _token(admin, "sends events in", ["ingest"])), admin
