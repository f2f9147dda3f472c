"""Is the process alive, can it do its work, and how much waits?"""

from django.db import Error as DatabaseError
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

WAITING = """
SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(d.recorded_at)), 0)
  FROM deliveries_delivery d JOIN deliveries_connection c ON c.id = d.connection_id AND c.closed_at IS NULL
 WHERE d.status = 'pending'
"""
CONNECTIONS = """
SELECT count(*), count(*) FILTER (WHERE failures_in_row > 0), count(*) FILTER (WHERE down_since IS NOT NULL),
       count(*) FILTER (WHERE lease_until > clock_timestamp())
  FROM deliveries_connection WHERE closed_at IS NULL
"""


def livez(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 while events can be accepted: the database answers and its schema is up to date. The broker may be away."""
    try:
        executor = MigrationExecutor(database)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return HttpResponse("the database is away\n", status=503, content_type="text/plain")
    if behind:
        return HttpResponse("the database's schema is behind: run migrate\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, read from the database, so that every web process answers the same."""
    registry = CollectorRegistry()
    try:
        _read(registry)
    except DatabaseError:
        return HttpResponse("the database is away\n", status=503, content_type="text/plain")
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _read(registry: CollectorRegistry) -> None:
    with database.cursor() as cursor:
        cursor.execute(WAITING)
        pending, oldest = cursor.fetchone() or (0, 0)
        cursor.execute(CONNECTIONS)
        connections, failing, down, couriers = cursor.fetchone() or (0, 0, 0, 0)
    for name, text, value in (
        ("happ_pending_deliveries", "Deliveries that wait for an accepted POST.", pending),
        ("happ_oldest_pending_seconds", "Age of the oldest of them.", oldest),
        ("happ_open_connections", "Connected workspaces.", connections),
        ("happ_failing_connections", "Those whose last try failed.", failing),
        ("happ_down_connections", "Those whose endpoint did not answer a ping.", down),
        ("happ_couriers", "Couriers that hold a lease.", couriers),
    ):
        Gauge(name, text, registry=registry).set(float(value))
