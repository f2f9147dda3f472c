"""The first page of the admin: how the platform does, as far as the person may see it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from deliveries import heartbeats, platform
from deliveries.models import Delivery, DeliveryAttempt
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record
from tests.integrations.support import Person, page

INDEX = reverse("admin:index")
MANY = """
INSERT INTO deliveries_deliveryattempt (event_id, connection_id, number, started_at, response_ms, error, detail)
SELECT 'evt_' || n, %s, 1, %s, n %% 100, CASE WHEN n %% 2 = 0 THEN 'DNS' ELSE '' END, ''
  FROM generate_series(1, 20000) n
"""


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def looks(person: Person, *permissions: str, name: str = "support") -> Client:
    user = person(name, is_staff=True)
    for permission in permissions:
        user.user_permissions.add(Permission.objects.get(codename=permission))
    client = Client()
    client.force_login(user)
    return client


def tried(workspace: Workspace, *errors: str, minutes_ago: int = 0, ms: int = 100) -> None:
    connection = connect(workspace, "https://x.example")
    events = record(workspace, *(f"chat_{number}" for number in range(len(errors))))
    for event, error in zip(events, errors, strict=True):
        DeliveryAttempt.objects.create(
            delivery_id=event.id,
            connection=connection,
            number=1,
            started_at=timezone.now() - timedelta(minutes=minutes_ago),
            response_ms=ms,
            error=error,
        )


def test_it_shows_results_answer_times_errors_and_who_fails(person: Person, workspace: Workspace) -> None:
    tried(workspace, "", "", "TIMEOUT", ms=5001)
    shown = page(looks(person, "view_integration", "view_deliveryattempt"), INDEX)
    for text in ("Tries and given-up events per hour", "limit 5 s", "Slow response", "?error=TIMEOUT", workspace.name):
        assert text.replace("'", "&#x27;") in shown
    assert "3 events" in shown
    assert "Half of all tries took up to 5001 ms" in shown
    assert "estimated" not in shown


def test_it_says_who_is_at_work(person: Person, workspace: Workspace) -> None:
    client = looks(person, "view_integration")
    shown = page(client, INDEX)
    assert "No sweep was run yet." in shown
    assert "None was seen for a quarter of an hour." in shown
    heartbeats.note(heartbeats.BEAT)
    heartbeats.note("worker@a 7")
    shown = page(client, INDEX)
    assert "last sweep" in shown
    assert "worker@a 7" in shown
    assert shown.count("happ-pill happ-good") == 2


def test_it_shows_only_what_the_person_may_see(person: Person, workspace: Workspace) -> None:
    tried(workspace, "TIMEOUT")
    charts, people = "Tries and given-up events per hour", "Who is at work"
    with CaptureQueriesContext(database) as asked:
        shown = page(looks(person), INDEX)
    assert charts not in shown
    assert people not in shown
    assert "deliveries_" not in str(asked.captured_queries)
    shown = page(looks(person, "view_deliveryattempt", name="log"), INDEX)
    assert charts in shown
    assert people not in shown
    assert workspace.pk not in shown


def test_a_page_that_is_loaded_again_reads_the_figures_once(person: Person, workspace: Workspace) -> None:
    client = looks(person, "view_integration", "view_deliveryattempt")
    page(client, INDEX)
    with CaptureQueriesContext(database) as asked:
        page(client, INDEX)
    assert not any("TABLESAMPLE" in each["sql"] for each in asked)
    assert len(asked) <= 8


def test_figures_stand_in_their_hours(workspace: Workspace) -> None:
    tried(workspace, "", "DNS", ms=40)
    DeliveryAttempt.objects.filter(error="DNS").update(started_at=timezone.now() - timedelta(hours=25))
    Delivery.objects.update(status="dropped", settled_at=timezone.now())
    with CaptureQueriesContext(database) as asked:
        found = platform.figures(datetime.now(UTC))
    assert len(asked) == 5
    assert (len(found.hours), found.percent) == (24, 100)
    newest = found.hours[-1]
    assert (newest.accepted, newest.failed, newest.dropped, newest.cancelled) == (1, 0, 2, 0)
    assert (newest.p50_ms, newest.p95_ms, found.hours[0].p50_ms) == (40, 40, None)
    assert (found.errors, found.failing, found.p95_ms) == ([], [], 40)


def test_a_chart_says_when_given_up_events_were_not_all_counted(
    person: Person, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried(workspace, "", "")
    Delivery.objects.update(status="dropped", settled_at=timezone.now())
    monkeypatch.setattr(platform, "COUNTED", 2)
    assert not platform.figures(timezone.now()).capped
    monkeypatch.setattr(platform, "COUNTED", 1)
    assert platform.figures(timezone.now()).capped
    client = looks(person, "view_deliveryattempt")
    assert "only the newest 100,000 given-up events are counted" in page(client, INDEX)
    cache.clear()
    monkeypatch.undo()
    assert "only the newest" not in page(client, INDEX)


def test_many_attempts_are_told_from_a_sample(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(workspace, "https://x.example")
    now = timezone.now()
    with database.cursor() as cursor:
        cursor.execute(MANY, [connection.pk, now])
    monkeypatch.setattr(platform, "SAMPLE_BYTES", 600_000)
    found = platform.figures(now)
    assert 10 < found.percent < 60
    assert 10_000 < found.hours[-1].accepted + found.hours[-1].failed < 30_000
    assert found.errors[0][0] == "DNS"
    assert found.p50_ms is not None
    assert 40 < found.p50_ms < 60


def test_what_waits_is_counted_so_far_and_the_oldest_is_named(workspace: Workspace) -> None:
    assert platform.waiting() == platform.Waiting(0, False, None, "")
    connect(workspace, "https://x.example")
    first, *_ = record(workspace, "chat_1", "chat_2", "chat_3")
    oldest = Delivery.objects.get(pk=first.id).recorded_at
    assert platform.waiting() == platform.Waiting(3, False, oldest, workspace.pk)
    assert platform.waiting(2) == platform.Waiting(2, True, oldest, workspace.pk)
