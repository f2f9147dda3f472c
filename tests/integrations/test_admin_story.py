"""An integration's story in the admin: who did what, and what the customer is told of it."""

from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deliveries.models import CloseReason, Connection
from happ_webhooks.history.models import Workspace
from integrations import connecting
from integrations.admin.timeline import timeline
from tests.conftest import record, visit
from tests.integrations.conftest import stop, with_token
from tests.integrations.support import act, address, page
from tests.receiver import Receiver


def told(workspace: Workspace) -> list[tuple[str, str, str]]:
    return [(entry.text, entry.by, entry.reason) for entry in timeline(workspace.pk)]


def test_the_timeline_tells_every_act_once_with_who_did_it_and_why(
    support: Client, listed: Workspace, receiver: Receiver
) -> None:
    host = receiver.url.split("/")[2]
    assert with_token(listed, "manage")("put", body={"url": receiver.url + "?token=tok_canary"}).status_code == 200
    act(support, listed, "ping")
    act(support, listed, "disconnect")
    act(support, listed, "ping")
    with CaptureQueriesContext(database) as asked:
        found = told(listed)
    assert len(asked) == 2
    assert found == [
        ("Refused to support, Send test ping: not_connected", "support support", "Ticket 7"),
        ("Disconnected, connection 1", "support support", "Ticket 7"),
        ("Test ping sent by support, 200", "support support", "Ticket 7"),
        (f"Connected, connection 1, {host}", "API token test", ""),
    ]
    assert "canary" not in page(support, address(listed))


def test_what_was_replaced_and_what_was_ended_a_moment_later_are_told_apart(
    listed: Workspace, receiver: Receiver
) -> None:
    connecting.connect(listed.pk, url=receiver.url)
    connecting.connect(listed.pk, url=receiver.url)
    connecting.disconnect(listed.pk)
    assert [text.partition(", 127")[0] for text, _, _ in told(listed)] == [
        "Disconnected, connection 2",
        "Connected, connection 2",
        "Replaced by a new connection, connection 1",
        "Connected, connection 1",
    ]


def test_the_timeline_tells_what_nobody_did(listed: Workspace, receiver: Receiver) -> None:
    connecting.connect(listed.pk, url=receiver.url)
    Connection.objects.update(failing_since="2026-01-01T00:00Z")
    stop(listed, CloseReason.GONE)
    texts = [text for text, _, _ in told(listed)]
    assert texts[0] == "Stopped, connection 1: GONE, Your service said it is gone"
    assert texts[-1] == "Failing since then, connection 1"


def test_the_customers_text_is_in_the_customers_language_and_support_reads_english(
    transactional_db: None, support: Client, listed: Workspace, receiver: Receiver
) -> None:
    connection = connecting.connect(listed.pk, url=receiver.url + "/path_canary?token=tok_canary")
    receiver.script = lambda arrival: 401
    record(listed, "chat_1")
    visit(connection)
    shown = support.get(address(listed), headers={"accept-language": "uk"}).content.decode()
    letter = shown.split('<pre id="letter"')[1].split("</pre>")[0]
    for text in (
        'lang="uk"',
        "підключено",
        "Неправильний пароль",
        "Наступна спроба о",
        "(спроба 2 з 8)",
        "/***?token=***",
    ):
        assert text in letter
    assert '<html lang="en"' in shown
    assert "Wrong password" in shown
    assert "canary" not in shown


def test_a_customer_whose_stream_stopped_is_told_the_three_steps(
    support: Client, listed: Workspace, receiver: Receiver
) -> None:
    Workspace.objects.filter(pk=listed.pk).update(language="en")
    connecting.connect(listed.pk, url=receiver.url)
    record(listed, "chat_1")
    stop(listed)
    letter = page(support, address(listed)).split('<pre id="letter"')[1].split("</pre>")[0]
    for text in (
        "Chat Webhook: stopped.",
        "(MAX_RETRIES_EXCEEDED)",
        "1. Fix the service first. Check that the URL opens and returns 2xx.",
        "2. Disconnect and reconnect in HAPP.",
        "3. Back-fill if needed.",
        "1 event since ",
        f"/api/v1/workspaces/{listed.pk}/events?after=0",
        "while has_more is true, ask again with after=next_after",
    ):
        assert text in letter
