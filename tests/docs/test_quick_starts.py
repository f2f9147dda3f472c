"""The quick starts in two languages say the same, and the request that they show is a real one."""

import re

import pytest
import standardwebhooks.webhooks
from standardwebhooks import Webhook

from deliveries.receiver_docs import QUICK_STARTS, folder
from deliveries.receiver_docs.request import with_request
from deliveries.receiver_docs.vectors import SECRET
from happ_webhooks.history.problems import STATUS
from happ_webhooks.wire.header_schema import HEADERS
from tests.docs.test_links import LINK
from tests.docs.test_receiver_docs import FixedClock


def text(name: str) -> str:
    return (folder() / name).read_text()


def test_both_lead_to_the_same_pages() -> None:
    english, ukrainian = (LINK.findall(text(name)) for name in QUICK_STARTS)
    assert [link.replace(".uk", "") for link in ukrainian] == [link.replace(".uk", "") for link in english]
    assert {"README.uk.md", "errors.md", "events.md", "ten-minutes.md", "filtering.md"} < set(english)


def test_every_page_is_linked_from_the_quick_start() -> None:
    pages = {path.name for path in folder().glob("*.md")}
    assert pages - set(LINK.findall(text("README.md"))) == {"README.md", "errors.uk.md"}


@pytest.mark.parametrize("name", QUICK_STARTS)
def test_the_request_that_is_shown_has_all_headers_and_a_signature_that_verifies(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", FixedClock)
    head, _, body = text(name).partition("```\nPOST /happ HTTP/1.1\n")[2].partition("\n```\n")[0].partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    assert set(headers) == {each.name for each in HEADERS if each.always} | {"authorization"}
    event = Webhook(SECRET).verify(body, headers)
    assert (event["id"], event["type"], event["channel"]) == (headers["webhook-id"], "message.received", "telegram")


@pytest.mark.parametrize("name", ["errors.md", "errors.uk.md"])
def test_the_codes_of_problem_documents_are_listed_with_their_status(name: str) -> None:
    table = re.findall(r"^\| `(\w+)` \| (\d+) \|", text(name), re.MULTILINE)
    assert {code: int(status) for code, status in table} == STATUS


def test_a_block_that_went_stale_is_written_anew() -> None:
    stale = "Before\n\n```\nPOST /old HTTP/1.0\nold: 1\n```\n\nAfter\n"
    fresh = with_request(stale)
    assert fresh.startswith("Before\n\n```\nPOST /happ HTTP/1.1\n")
    assert fresh.endswith("```\n\nAfter\n")
    assert "old" not in fresh.partition("{")[0]
