"""The command line of support: a test event, and what is recorded."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from happ_webhooks.history.models import ChatEvent, Workspace
from integrations.connecting import connect
from tests.conftest import record
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


@pytest.mark.django_db
def test_a_workspace_that_does_not_exist_is_named() -> None:
    with pytest.raises(CommandError, match=r"There is no workspace ws_nobody\."):
        said("fetch_events", "ws_nobody")
