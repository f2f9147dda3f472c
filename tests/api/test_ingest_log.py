"""The line of an ingest request: what leads from a caller's trace to the trace of each event."""

from typing import Any

import pytest

from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.trace import trace_of
from tests.api.caller import Caller, answer, event
from tests.conftest import connect

UNUSED_URL = "http://127.0.0.1:1/"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
CANARY = "canary-in-the-content"


def lines(caplog: pytest.LogCaptureFixture, logger: str = "deliveries.intake") -> list[dict[str, Any]]:
    return [vars(each) for each in caplog.records if each.name == logger]


def test_one_event_has_a_line_with_its_trace_and_the_callers(
    shop: Workspace, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    connect(shop, UNUSED_URL)
    caller.client.defaults["HTTP_TRACEPARENT"] = TRACEPARENT

    [accepted] = answer(caller.post("/events", event(data={"message": {"text": CANARY}, "sender": {}})), 202)[
        "accepted"
    ]

    [line] = lines(caplog)
    assert (line["message"], line["levelname"], line["workspace"]) == ("ingest", "INFO", shop.pk)
    assert (line["event"], line["trace"], line["caller_trace"]) == (accepted["id"], trace_of(accepted["id"]), TRACE)
    assert (line["first_sequence"], line["last_sequence"], line["queued"]) == (1, 1, 1)
    assert "recorded" not in line
    assert [each["trace"] for each in lines(caplog, "config.access")] == [TRACE]
    assert CANARY not in repr([vars(each) for each in caplog.records])


def test_a_batch_has_one_line_that_names_all_its_events(
    shop: Workspace, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    batch = [event(source_id="s"), event(source_id="s"), event(), event()]

    accepted = answer(caller.post("/events", {"events": batch}), 202)["accepted"]

    [line] = lines(caplog)
    ids = [each["id"] for each in accepted]
    assert line["events"] == ids
    assert "trace" not in line
    assert (line["first_sequence"], line["last_sequence"], line["recorded"], line["duplicate"]) == (1, 3, 3, 1)
    assert line["fresh"] == [ids[0], *ids[2:]]
    assert "queued" not in line


@pytest.mark.parametrize("said", ["", "00-short-1-01"])
def test_a_request_without_a_trace_gets_one_that_joins_its_two_lines(
    shop: Workspace, caller: Caller, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caller.client.defaults["HTTP_TRACEPARENT"] = said

    caller.post("/events", event())

    [ingest], [request] = lines(caplog), lines(caplog, "config.access")
    assert len(request["trace"]) == 32
    assert ingest["caller_trace"] == request["trace"]


def test_what_is_refused_has_no_line_but_that_of_the_request(
    shop: Workspace, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caller.post("/events", event(channel=CANARY))

    assert lines(caplog) == []
    assert [(each["status"], each["path"]) for each in lines(caplog, "config.access")] == [
        (422, f"/api/v1/workspaces/{shop.pk}/events")
    ]
    assert CANARY not in repr([vars(each) for each in caplog.records])
