"""The pages of one workspace's Chat Webhook as somebody who is signed in sees them."""

import re
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.test import Client

from happ_webhooks.history.models import Membership, Workspace

BY_SCRIPT = {"hx-request": "true"}


class Shop:
    """One person at the pages of one workspace, in English unless a header says otherwise."""

    zone = ZoneInfo("Europe/Kyiv")

    def __init__(self, workspace: Workspace, role: str = Membership.Role.ADMIN) -> None:
        self.workspace = workspace
        self.user = User.objects.create_user(f"{role}{Membership.objects.count()}")
        Membership.objects.create(workspace=workspace, user=self.user, role=role)
        self.client = Client()
        self.client.force_login(self.user)

    def address(self, page: str = "") -> str:
        return f"/integrations/{self.workspace.pk}/{page}"

    def get(self, page: str = "", **headers: str) -> Any:
        return self.client.get(self.address(page), headers={"accept-language": "en", **headers})

    def post(self, page: str, fields: dict[str, str], **headers: str) -> Any:
        return self.client.post(self.address(page), fields, headers={"accept-language": "en", **headers})

    def tile(self, language: str = "en") -> str:
        """The words of the page with the tile."""
        return words(self.get(**{"accept-language": language}).content.decode())

    def version(self, page: str = "connect/") -> str:
        """The version of the settings that a form holds which is opened now."""
        return hidden(self.get(page).content.decode(), "version")

    def connect(self, url: str, **fields: str) -> Any:
        """The answer to the form of Connect, opened now unless `version` says otherwise."""
        version = fields.pop("version", "") or self.version()
        return self.post("connect/", {"url": url, "version": version, "scheme": "bearer", **fields})


def hidden(page: str, name: str) -> str:
    """What a hidden field holds."""
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found, f"There is no field {name}"
    return found[1]


def value_of(page: str, name: str) -> str:
    """What stands in a visible field."""
    field = re.search(rf'<input id="{name}".*?>', page, re.DOTALL)
    assert field, f"There is no field {name}"
    found = re.search(r'\svalue="([^"]*)"', field[0])
    return unescape(found[1]) if found else ""


def words(page: str) -> str:
    """What is read in the main part: no tags, one blank between words, none before a full stop or a comma."""
    main = page.partition("<main")[2].partition("</main>")[0].partition(">")[2] or page
    text = unescape(re.sub(r"<noscript>.*?</noscript>|<[^>]*>", " ", main, flags=re.DOTALL))
    return re.sub(r"\s+([.,)])", r"\1", re.sub(r"\s+", " ", text)).strip()
