"""The command line of support: a test event, and what is recorded."""

from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deliveries.intake import take_in
from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.wire.envelope import EVENT_TYPES, PING
from integrations.connecting import connect
from integrations.management.commands import fetch_events
from integrations.pages.webhook.testing import TYPES
from tests.conftest import incoming, record
from tests.receiver import Receiver


@pytest.fixture(autouse=True)
def private_targets(settings: Any) -> None:
    settings.HAPP_ALLOW_PRIVATE_TARGETS = True


def said(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_a_test_event_is_sent_and_its_answer_said(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace.pk, url=receiver.url)
    line = said("send_test_event", workspace.pk, "--type", "order.created", "--channel", "viber")
    assert line.startswith("Accepted with 200 in ")
    assert receiver.arrivals[-1].event["type"] == "order.created"
    assert receiver.arrivals[-1].headers["happ-test"] == "1"


def test_a_refused_test_event_fails_with_its_code(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace.pk, url=receiver.url)
    receiver.script = lambda arrival: 401
    with pytest.raises(CommandError, match=r"HTTP_401 after [0-9]+ ms"):
        said("send_test_event", workspace.pk)


def test_what_cannot_be_sent_is_named(workspace: Workspace, receiver: Receiver) -> None:
    with pytest.raises(CommandError, match="Connect a URL first"):
        said("send_test_event", workspace.pk)
    with pytest.raises(CommandError, match=r"/type: Give one of: ping, message\.received"):
        said("send_test_event", workspace.pk, "--type", "order.paid")
    assert receiver.arrivals == []


def test_recorded_events_are_printed_byte_for_byte(workspace: Workspace) -> None:
    record(workspace, "chat_1", "chat_2", "chat_1")
    bodies = list(ChatEvent.objects.order_by("sequence").values_list("body", flat=True))
    assert said("fetch_events", workspace.pk).splitlines() == bodies
    assert said("fetch_events", workspace.pk, "--after", 1, "--until", 2).splitlines() == bodies[1:2]


def test_recorded_events_are_read_page_by_page(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_events, "PAGE", 2)
    record(workspace, *["chat_1"] * 5)
    bodies = list(ChatEvent.objects.order_by("sequence").values_list("body", flat=True))
    with CaptureQueriesContext(database) as statements:
        assert said("fetch_events", workspace.pk).splitlines() == bodies
    pages = [each["sql"] for each in statements if '"body"' in each["sql"]]
    assert len(pages) == 4
    assert all("LIMIT 2" in page for page in pages)


def test_recorded_events_can_be_narrowed_to_a_channel_and_a_chat(workspace: Workspace) -> None:
    take_in(workspace.pk, [incoming("chat_1"), incoming("chat_2"), incoming("chat_1", channel="viber")])
    bodies = list(ChatEvent.objects.order_by("sequence").values_list("body", flat=True))
    assert said("fetch_events", workspace.pk, "--channel", "telegram").splitlines() == bodies[:2]
    assert said("fetch_events", workspace.pk, "--chat-id", "chat_1").splitlines() == [bodies[0], bodies[2]]
    narrow = ("--channel", "viber", "--chat-id", "chat_1", "--after", 0, "--until", 3)
    assert said("fetch_events", workspace.pk, *narrow).splitlines() == bodies[2:]
    with pytest.raises(CommandError, match="invalid choice: 'signal'"):
        said("fetch_events", workspace.pk, "--channel", "signal")


@pytest.mark.parametrize("encoding", ["ascii", "cp1251", "utf-8"])
def test_recorded_events_are_utf_8_on_any_terminal(workspace: Workspace, encoding: str) -> None:
    take_in(workspace.pk, [incoming(text="Доброго дня, кава ☕")])
    written = BytesIO()
    terminal = TextIOWrapper(written, encoding=encoding)
    call_command("fetch_events", workspace.pk, stdout=terminal)
    terminal.flush()
    assert written.getvalue().decode() == ChatEvent.objects.get().body + "\n"
    assert "кава ☕" in written.getvalue().decode()


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["fetch_events", "send_test_event"])
def test_a_workspace_that_does_not_exist_is_named(command: str) -> None:
    with pytest.raises(CommandError, match=r"^There is no workspace ws_nobody\.$"):
        said(command, "ws_nobody")


def test_the_test_button_offers_every_type_there_is() -> None:
    assert [type_ for type_, _ in TYPES] == [PING, *EVENT_TYPES]
