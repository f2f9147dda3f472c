"""The log's lists in the admin: newest first, page by page, each over a bounded number of rows."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deliveries.models import Connection, Delivery, DeliveryAttempt
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.envelope import new_event_id
from integrations.admin import bisect, keyset
from integrations.admin.log import DeliveryAdmin
from tests.conftest import connect
from tests.integrations.support import Person, page

ATTEMPTS = reverse("admin:deliveries_deliveryattempt_changelist")
DELIVERIES = reverse("admin:deliveries_delivery_changelist")
START = datetime(2026, 5, 25, 11, 0, tzinfo=UTC)


@pytest.fixture
def root(person: Person) -> Client:
    client = Client()
    client.force_login(person("root", is_staff=True, is_superuser=True))
    return client


def owe(connection: Connection, count: int, at: datetime = START, **fields: object) -> list[Delivery]:
    """Deliveries of a workspace, a second apart, with one attempt each."""
    workspace = connection.workspace
    first = workspace.last_sequence + 1
    made = [
        Delivery(
            event_id=new_event_id(),
            workspace=workspace,
            connection=connection,
            sequence=first + number,
            type="message.received",
            channel="viber" if number % 2 else "telegram",
            chat_id=f"chat_{number}",
            recorded_at=at + timedelta(seconds=number),
            attempts=1,
            **{"status": "delivered", **fields},
        )
        for number in range(count)
    ]
    Delivery.objects.bulk_create(made)
    workspace.last_sequence += count
    workspace.save(update_fields=["last_sequence"])
    for each in made:
        error = str(fields.get("last_error", ""))
        DeliveryAttempt.objects.create(
            delivery=each, connection=connection, number=1, started_at=each.recorded_at, response_ms=5, error=error
        )
    return made


def ids(shown: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r">(evt_[0-9A-Z]{26})<", shown)))


def older(shown: str) -> str:
    [found] = re.findall(r'<a href="(\?[^"]*)" rel="next">', shown)
    return str(found).replace("&amp;", "&")


@pytest.mark.parametrize("listing", [DELIVERIES, ATTEMPTS], ids=["deliveries", "attempts"])
@pytest.mark.parametrize("by_workspace", [False, True], ids=["all", "of a workspace"])
def test_pages_follow_each_other_without_a_count(
    root: Client, workspace: Workspace, listing: str, by_workspace: bool
) -> None:
    made = [each.event_id for each in owe(connect(workspace, "https://x.example"), 120)]
    if by_workspace:
        owe(connect(Workspace.objects.create(name="Other"), "https://y.example"), 3)
    query = f"?q={workspace.pk}" if by_workspace else ""
    seen: list[list[str]] = []
    while True:
        with CaptureQueriesContext(database) as asked:
            shown = page(root, listing + query)
        assert not any("count(" in each["sql"].lower() for each in asked)
        assert len(asked) <= 12
        seen.append(ids(shown))
        if "Nothing older." in shown:
            break
        query = older(shown)
    assert [len(each) for each in seen] == [50, 50, 20]
    assert sorted(event for each in seen for event in each) == sorted(made)


def test_a_page_looks_at_a_bounded_number_of_rows_and_says_how_far(
    root: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "WINDOW", 10)
    connection = connect(workspace, "https://x.example")
    [old] = owe(connection, 1, START - timedelta(hours=1), status="dropped")
    owe(connection, 14)
    for listing, query in ((DELIVERIES, {"stands": "dropped", "q": workspace.pk}), (ATTEMPTS, {"number": "2"})):
        shown = page(root, listing, **query)
        assert ids(shown) == []
        assert "Looked back to 25.05.2026, 11:00:04 UTC." in shown
    shown = page(root, DELIVERIES, stands="dropped", q=workspace.pk)
    shown = page(root, DELIVERIES + older(shown))
    assert ids(shown) == [old.event_id]
    assert "Nothing older." in shown


def test_lists_are_narrowed_by_their_filters(root: Client, workspace: Workspace) -> None:
    connection = connect(workspace, "https://x.example")
    good = owe(connection, 2)
    [bad] = owe(connection, 1, START + timedelta(minutes=1), status="dropped", last_error="DNS")
    telegram, viber = (each.event_id for each in good)
    for query, found in (
        ({"result": "accepted"}, [viber, telegram]),
        ({"result": "failed"}, [bad.event_id]),
        ({"error": "DNS"}, [bad.event_id]),
        ({"error": "TLS"}, []),
        ({"delivery__channel": "viber"}, [viber]),
        ({"number": "1"}, [bad.event_id, viber, telegram]),
        ({"number": "9+"}, []),
        ({"q": bad.event_id}, [bad.event_id]),
        ({"q": "ws_none"}, []),
        ({"q": "no such thing"}, []),
    ):
        assert ids(page(root, ATTEMPTS, **query)) == found
    for query, found in (
        ({"stands": "dropped"}, [bad.event_id]),
        ({"last_error": "DNS", "q": workspace.pk}, [bad.event_id]),
        ({"attempts": "1", "channel": "viber"}, [viber]),
        ({"attempts": "2"}, []),
    ):
        assert ids(page(root, DELIVERIES, **query)) == found


@pytest.mark.parametrize("listing", [DELIVERIES, ATTEMPTS], ids=["deliveries", "attempts"])
@pytest.mark.parametrize(
    "query", ["?before=x", "?before=%00", "?day=2026-13-45", "?day=x&hour=99", "?o=1.-2&p=7&all=", "?q=%00"]
)
def test_nonsense_in_the_address_is_no_fault(root: Client, workspace: Workspace, listing: str, query: str) -> None:
    assert root.get(listing + query, follow=True).status_code == 200


@pytest.mark.parametrize("by_workspace", [False, True], ids=["all", "of a workspace"])
def test_a_day_and_its_hours_are_found_without_reading_the_table(
    root: Client, workspace: Workspace, by_workspace: bool
) -> None:
    connection = connect(workspace, "https://x.example")
    owe(connection, 5, START - timedelta(days=1))
    [first] = owe(connection, 1, START)
    [second] = owe(connection, 1, START + timedelta(hours=2))
    owe(connection, 5, START + timedelta(days=1))
    of = {"q": workspace.pk} if by_workspace else {}
    assert ids(page(root, ATTEMPTS, day="2026-05-25", **of)) == [second.event_id, first.event_id]
    assert ids(page(root, ATTEMPTS, day="2026-05-25", hour="13", **of)) == [second.event_id]
    assert ids(page(root, ATTEMPTS, day="2026-05-23", **of)) == []
    if by_workspace:
        assert ids(page(root, DELIVERIES, day="2026-05-25", hour="11", **of)) == [first.event_id]


def test_the_sequence_of_a_time_is_found_by_halving(workspace: Workspace) -> None:
    connection = connect(workspace, "https://x.example")
    owe(connection, 500, START)
    with CaptureQueriesContext(database) as asked:
        found = bisect.sequences(workspace.pk, START + timedelta(seconds=100), START + timedelta(seconds=200))
    assert found == (41, 261)
    assert len(asked) == 3


def test_event_ids_bound_the_times_they_were_made_at() -> None:
    first, end = bisect.event_ids(datetime.now(UTC), datetime.now(UTC))
    assert first < new_event_id() < end


def test_a_page_is_exported_as_ids_codes_and_times(root: Client, workspace: Workspace) -> None:
    [made] = owe(connect(workspace, "https://x.example"), 1, status="dropped", last_error="DNS")
    for name, columns in (("delivery", DeliveryAdmin.exported), ("deliveryattempt", None)):
        answer = root.get(reverse(f"admin:deliveries_{name}_csv"), {"q": workspace.pk})
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
        [row] = csv.DictReader(io.StringIO(answer.content.decode()))
        assert (row["event_id"], row["workspace_id"]) == (made.event_id, workspace.pk)
        assert (row["channel"], row.get("last_error", row.get("error"))) == ("telegram", "DNS")
        assert columns is None or len(row) == len(columns)
        assert "detail" not in row


def test_a_cell_that_would_be_a_formula_is_text(root: Client, workspace: Workspace) -> None:
    owe(connect(workspace, "https://x.example"), 1)
    Delivery.objects.update(chat_id="=1+1")
    answer = root.get(reverse("admin:deliveries_delivery_csv"))
    [row] = csv.DictReader(io.StringIO(answer.content.decode()))
    assert row["chat_id"] == "'=1+1"


def test_the_export_needs_the_right_to_look(person: Person, workspace: Workspace) -> None:
    client = Client()
    client.force_login(person("support", is_staff=True))
    for name in ("delivery", "deliveryattempt"):
        assert client.get(reverse(f"admin:deliveries_{name}_csv")).status_code == 403
