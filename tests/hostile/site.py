"""A person at the admin of a real web process, as a browser would speak to it."""

import re
from typing import Any

import requests


class Browser:
    """Keeps cookies and sends every form with its CSRF token."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.trust_env = False

    def sign_in(self, username: str, password: str) -> None:
        answer = self.fill_in("/admin/login/?next=/admin/", username=username, password=password)
        assert "/admin/login" not in answer.url, answer.text[:2000]

    def fill_in(self, path: str, **fields: str) -> Any:
        """Opens a page and sends its form with these fields."""
        page = self.session.get(self.site + path, timeout=20)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        token = found[1] if found else self.session.cookies.get("csrftoken", "")
        seen = dict(re.findall(r'name="(seen)" value="([^"]*)"', page.text))
        data = {"csrfmiddlewaretoken": token, **seen, **fields}
        return self.session.post(self.site + path, data, headers={"referer": self.site + path}, timeout=20)
