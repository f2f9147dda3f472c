"""Which stretches of which index hold what is looked for, each of them ordered by sequence.

The narrowest filter chooses the stretches; the others are compared row by row as they are walked.
"""

from dataclasses import dataclass
from itertools import product

from django.db import connection as database

from deliveries.log.filters import Filters
from deliveries.models import CloseReason, Status
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES

Condition = tuple[str, tuple[object, ...]]

#: Where filters meet, the one that leaves fewer rows than this is walked.
PROBED = 1000
PROBE = "(SELECT FROM deliveries_delivery d WHERE d.workspace_id = %s AND {range} LIMIT %s)"

UNSETTLED = """
SELECT id, closed_at IS NULL, close_reason FROM deliveries_connection
 WHERE workspace_id = %s AND (closed_at IS NULL OR settled_at IS NULL)
"""


@dataclass(frozen=True)
class Search:
    """`ranges` are OR, `rest` are AND; each a condition on deliveries_delivery as d with its values."""

    ranges: list[Condition]
    rest: list[Condition]


@dataclass(frozen=True)
class Walk:
    """Stretches of one index, and which filters they answer."""

    ranges: list[Condition]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Owing:
    """Connections that may have pending deliveries: the open one, and closed ones the sweeper has not come to yet."""

    open: list[int]
    stopped: list[int]
    disconnected: list[int]


def search_of(workspace_id: str, filters: Filters) -> Search:
    """How to look for what the filters ask. At most two statements."""
    owing = _owing(workspace_id) if filters.status is not None else Owing([], [], [])
    walks = _walks(filters, owing) or [Walk([("true", ())], ())]
    chosen = walks[0] if len(walks) == 1 else _narrowest(workspace_id, walks)
    return Search(chosen.ranges, _rest(filters, owing, *chosen.answers))


def _walks(filters: Filters, owing: Owing) -> list[Walk]:
    """Every index that could be walked, the one that is mostly the narrowest first."""
    channels = CHANNELS if filters.channel is None else (filters.channel,)
    types = EVENT_TYPES if filters.type is None else (filters.type,)
    walks: list[Walk] = []
    if filters.event_id is not None:
        return [Walk([("d.event_id = %s", (filters.event_id,))], ())]
    if filters.chat_id is not None:
        chats = [("d.channel = %s AND d.chat_id = %s", (each, filters.chat_id)) for each in channels]
        walks.append(Walk([*chats], ("channel", "chat_id")))
    if filters.status is not None and filters.status != Status.DELIVERED:
        walks.append(Walk(_of_status(filters.status, owing), ("status",)))
    if filters.error is not None:
        walks.append(Walk([("d.last_error = %s", (filters.error,))], ("error",)))
    if filters.chat_id is None and (filters.channel is not None or filters.type is not None):
        both = [("d.channel = %s AND d.type = %s", each) for each in product(channels, types)]
        walks.append(Walk([*both], ("channel", "type")))
    return walks


def _narrowest(workspace_id: str, walks: list[Walk]) -> Walk:
    """The one with the fewest rows, counted up to PROBED; the first of those that have more."""
    values: list[object] = []
    counts = []
    for walk in walks:
        values += [value for _, given in walk.ranges for value in (workspace_id, *given, PROBED)]
        parts = " UNION ALL ".join(PROBE.format(range=sql) for sql, _ in walk.ranges) or "SELECT WHERE false"
        counts.append(f"(SELECT least(count(*), {PROBED}) FROM ({parts}) AS probed)")  # noqa: S608
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", values)  # type: ignore[arg-type]
        found = cursor.fetchone() or ()
    return walks[found.index(min(found))]


def _of_status(status: str, owing: Owing) -> list[Condition]:
    waiting = "d.connection_id = %s AND d.status = 'pending'"
    if status == Status.PENDING:
        return [(waiting, (each,)) for each in owing.open]
    unsettled = owing.disconnected if status == Status.CANCELLED else owing.stopped
    settled: Condition = ("d.status = %s", (status,))
    return [settled, *((waiting, (each,)) for each in unsettled)]


def _rest(filters: Filters, owing: Owing, *walked: str) -> list[Condition]:
    """What the index did not answer."""
    exact = {
        "d.channel = %s": ("channel", filters.channel),
        "d.chat_id = %s": ("chat_id", filters.chat_id),
        "d.type = %s": ("type", filters.type),
        "d.last_error = %s": ("error", filters.error),
        "d.recorded_at >= %s": ("since", filters.since),
        "d.recorded_at < %s": ("until", filters.until),
    }
    rest: list[Condition] = [
        (sql, (value,)) for sql, (name, value) in exact.items() if value is not None and name not in walked
    ]
    if filters.status is not None and "status" not in walked:
        rest.append(_stands(filters.status, owing))
    return rest


def _stands(status: str, owing: Owing) -> Condition:
    if status == Status.PENDING:
        return "d.status = 'pending' AND d.connection_id = ANY(%s)", (owing.open,)
    if status == Status.DELIVERED:
        return "d.status = 'delivered'", ()
    unsettled = owing.disconnected if status == Status.CANCELLED else owing.stopped
    return "(d.status = %s OR d.status = 'pending' AND d.connection_id = ANY(%s))", (status, unsettled)


def _owing(workspace_id: str) -> Owing:
    with database.cursor() as cursor:
        cursor.execute(UNSETTLED, [workspace_id])
        found = cursor.fetchall()
    return Owing(
        [key for key, is_open, _ in found if is_open],
        [key for key, is_open, reason in found if not is_open and reason != CloseReason.DISCONNECTED],
        [key for key, is_open, reason in found if not is_open and reason == CloseReason.DISCONNECTED],
    )
