"""What a demo prints leads on by names that stand on the pages, in both languages."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.translation import gettext, override

from config.demo import banner
from config.demo.receiver_words import WORDS

PERSON = {"username": "owner", "password": "pw"}
ACCESS: Any = {"users": {"owner": PERSON, "support": PERSON}, "workspace_id": "ws_1"}
SOCKETS: Any = SimpleNamespace(web_url="http://127.0.0.1:8000", receiver_url="http://127.0.0.1:8010")
FOLDER: Any = SimpleNamespace(access_file="access.json", logs="logs")


@pytest.mark.parametrize("language", ["uk", "en"])
def test_it_says_what_to_press_as_it_stands_there(language: str) -> None:
    said = banner.text(SOCKETS, ACCESS, FOLDER)
    with override(language):
        connect = gettext("Connect")
    assert said.count("http://127.0.0.1:8010/happ") == 3
    assert f" {connect}," in said.replace("«", "").replace("»", "")
    assert WORDS[language]["500"] in said
