"""Pages of the log by sequence: each costs the same wherever it lies and however long the log is.

A page looks at no more than LOOKED_AT rows in a stretch of an index. Filters of which each is common and which together
are rare would walk the whole log else: such a page is short, and says how far it looked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection as database
from django.db.models import QuerySet

from deliveries.log.filters import Filters
from deliveries.log.periods import with_bounds
from deliveries.log.ranges import Condition, Search, search_of
from deliveries.log.settled import as_settled
from deliveries.models import Connection, Delivery, DeliveryAttempt

LOOKED_AT = 5_000

#: A connection is read with every delivery of a page: no more of it than when it closed or pauses, and no secrets.
READ = ("id", "closed_at", "paused_until")
UNREAD = [f"connection__{column.name}" for column in Connection._meta.concrete_fields if column.name not in READ]

COLUMNS = "event_id, sequence, status, connection_id, channel, type, chat_id, last_error, recorded_at"
FOUND = "SELECT event_id, sequence FROM ({ranges}) AS d {rest} ORDER BY sequence {order} LIMIT %s"
RANGE = "(SELECT {columns} FROM deliveries_delivery d WHERE {range} ORDER BY sequence {order} LIMIT %s)"
REACH = "(SELECT sequence FROM deliveries_delivery d WHERE {range} ORDER BY sequence {order} OFFSET %s LIMIT 1)"


@dataclass(frozen=True)
class Page:
    """`deliveries` are newest first, with `stands` and `because`.

    `next` is where the next page begins, going the same way; None at the end. `looked_to` is the sequence at which the
    search ended early.
    """

    deliveries: list[Delivery]
    next: int | None
    looked_to: int | None = None


def page_of(workspace_id: str, filters: Filters, limit: int) -> Page:
    """At most `limit` deliveries below `before`, or above `after`. At most seven statements."""
    upward = filters.after is not None
    walk = _Walk(workspace_id, with_bounds(workspace_id, filters), upward=upward)
    found = walk.found(limit + 1)
    looked_to = walk.looked_to() if len(found) <= limit else None
    if looked_to is not None:
        found = [each for each in found if (each[1] <= looked_to if upward else each[1] >= looked_to)]
    ids = [event_id for event_id, _ in found[:limit]]
    deliveries = list(_read(workspace_id, ids).order_by("-sequence")) if ids else []
    last = found[limit - 1][1] if len(found) > limit else None
    return Page(deliveries, next=looked_to if last is None else last, looked_to=looked_to)


def rows_of(workspace_id: str, filters: Filters, chunk: int) -> Iterator[Delivery]:
    """All of them, newest first, read in chunks."""
    place: int | None = filters.before
    while True:
        page = page_of(workspace_id, replace(filters, before=place), chunk)
        yield from page.deliveries
        place = page.next
        if place is None:
            return


def delivery_of(workspace_id: str, event_id: str) -> Delivery | None:
    """One delivery of the workspace, with its connection, `stands` and `because`."""
    if "\0" in event_id:  # No database row can be asked for it.
        return None
    return _read(workspace_id, [event_id]).first()


def attempts_of(delivery: Delivery) -> "QuerySet[DeliveryAttempt]":
    """Every POST, in order; only partitions since the first of them are looked at."""
    attempts = delivery.attempt_set.order_by("number", "started_at")
    return attempts.filter(started_at__gte=delivery.first_attempt_at) if delivery.first_attempt_at else attempts


def _read(workspace_id: str, event_ids: list[str]) -> "QuerySet[Delivery]":
    rows = Delivery.objects.filter(workspace_id=workspace_id, pk__in=event_ids)
    return as_settled(rows.select_related("connection").defer(*UNREAD))


class _Walk:
    """One search through the stretches of `search_of`, down from the newest or up from a place."""

    def __init__(self, workspace_id: str, filters: Filters, *, upward: bool) -> None:
        search: Search = search_of(workspace_id, filters)
        bounds: list[Condition] = [("d.workspace_id = %s", (workspace_id,))]
        if filters.before is not None:
            bounds.append(("d.sequence < %s", (filters.before,)))
        if filters.after is not None:
            bounds.append(("d.sequence > %s", (filters.after,)))
        self._ranges = [_all([*bounds, each]) for each in search.ranges]
        self._rest = _all(search.rest) if search.rest else None
        self._order = "ASC" if upward else "DESC"

    def found(self, limit: int) -> list[tuple[str, int]]:
        """Event ids and sequences, nearest first."""
        if not self._ranges:
            return []
        each = limit if self._rest is None else LOOKED_AT
        values: list[object] = []
        for _, given in self._ranges:
            values += [*given, each]
        values += [*(self._rest[1] if self._rest else ()), limit]
        sql = FOUND.format(
            ranges=self._union(RANGE), rest=f"WHERE {self._rest[0]}" if self._rest else "", order=self._order
        )
        return [(event_id, sequence) for event_id, sequence in self._rows(sql, values)]

    def looked_to(self) -> int | None:
        """The nearest sequence at which a stretch was left before its end; None if all were walked whole."""
        if self._rest is None or not self._ranges:
            return None
        values: list[object] = []
        for _, given in self._ranges:
            values += [*given, LOOKED_AT - 1]
        ends = [int(sequence) for (sequence,) in self._rows(self._union(REACH), values)]
        if not ends:
            return None
        return min(ends) if self._order == "ASC" else max(ends)

    def _union(self, form: str) -> str:
        return " UNION ALL ".join(form.format(columns=COLUMNS, range=sql, order=self._order) for sql, _ in self._ranges)

    def _rows(self, sql: str, values: Any) -> list[tuple[Any, ...]]:
        with database.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())


def _all(conditions: list[Condition]) -> Condition:
    sql = " AND ".join(f"({each})" for each, _ in conditions)
    return sql, tuple(value for _, values in conditions for value in values)
