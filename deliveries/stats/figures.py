"""Reading the figures: hours that are over from their tallies, what came since from the log itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database

from deliveries.models import COUNTED
from deliveries.stats.tallies import ROUNDED, written_until

# The window's length and how many equal buckets it has. Those of more than an hour begin on whole hours.
WINDOWS = {"1h": (timedelta(hours=1), 12), "24h": (timedelta(hours=24), 24), "7d": (timedelta(days=7), 28)}
MOST_ERRORS = 20

TRIES = """
SELECT width_bucket(extract(epoch FROM a.started_at), %(start)s, %(end)s, %(buckets)s), a.error, rounded.ms,
       count(*), min(a.started_at), max(a.started_at)
  FROM deliveries_deliveryattempt a, LATERAL ({rounded}) AS rounded(ms)
 WHERE a.connection_id = ANY(%(connections)s) AND a.started_at >= to_timestamp(%(live)s)
   AND a.started_at < to_timestamp(%(end)s)
 GROUP BY 1, 2, 3
""".replace("{rounded}", ROUNDED)
DROPS = """
SELECT width_bucket(extract(epoch FROM settled_at), %(start)s, %(end)s, %(buckets)s), count(*)
  FROM deliveries_delivery
 WHERE workspace_id = %(workspace)s AND status = 'dropped'
   AND settled_at >= to_timestamp(%(live)s) AND settled_at < to_timestamp(%(end)s)
 GROUP BY 1
UNION ALL
SELECT width_bucket(extract(epoch FROM c.closed_at), %(start)s, %(end)s, %(buckets)s),
       (SELECT count(*) FROM (SELECT FROM deliveries_delivery
         WHERE connection_id = c.id AND status = 'pending' LIMIT %(most)s) AS counted)
  FROM deliveries_connection c
 WHERE c.workspace_id = %(workspace)s AND c.closed_at IS NOT NULL AND c.settled_at IS NULL
   AND c.close_reason <> 'DISCONNECTED'
   AND c.closed_at >= to_timestamp(%(start)s) AND c.closed_at < to_timestamp(%(end)s)
"""
WRITTEN = """
SELECT width_bucket(extract(epoch FROM start), %(start)s, %(end)s, %(buckets)s), dropped, code,
       sum(count), min(first_at), max(last_at)
  FROM deliveries_tally
 WHERE workspace_id = %(workspace)s AND start >= to_timestamp(%(start)s) AND start < to_timestamp(%(live)s)
 GROUP BY 1, 2, 3
"""
WRITTEN_TIMES = """
SELECT width_bucket(extract(epoch FROM start), %(start)s, %(end)s, %(buckets)s), ms, sum(number)
  FROM deliveries_tally, unnest(times, counts) AS measured(ms, number)
 WHERE workspace_id = %(workspace)s AND start >= to_timestamp(%(start)s) AND start < to_timestamp(%(live)s)
   AND NOT dropped
 GROUP BY 1, 2
"""
CONNECTIONS = "SELECT array_agg(id) FROM deliveries_connection WHERE workspace_id = %s"


@dataclass(frozen=True)
class Bucket:
    start: datetime
    delivered: int
    failed: int
    dropped: int


@dataclass(frozen=True)
class Stats:
    """`p50_ms` and `p95_ms`, at most 5 % off, are None while nothing was tried."""

    window: str
    buckets: list[Bucket]
    p50_ms: int | None
    p95_ms: int | None
    errors: list[tuple[str, int]]


@dataclass(frozen=True)
class AnswerTimes:
    """Of half and of 95 in 100 tries of a bucket; None where nothing was tried."""

    p50_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True)
class ErrorCount:
    """How often an error came, and when its tries began first and last within the window."""

    code: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Figures:
    """The stats with an answer time for each of their buckets, and their errors with times."""

    stats: Stats
    answer_times: list[AnswerTimes]
    errors: list[ErrorCount]


class _Sums:
    """What is added up while the rows come in, by bucket."""

    def __init__(self) -> None:
        self.tries: Counter[tuple[int, bool]] = Counter()
        self.drops: Counter[int] = Counter()
        self.times: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self.errors: dict[str, ErrorCount] = {}

    def add_tries(self, bucket: int, code: str, count: int, first_at: datetime, last_at: datetime) -> None:
        self.tries[bucket, not code] += count
        if code:
            known = self.errors.get(code, ErrorCount(code, 0, first_at, last_at))
            self.errors[code] = ErrorCount(
                code, known.count + count, min(known.first_at, first_at), max(known.last_at, last_at)
            )


def stats_of(workspace_id: str, window: str, now: datetime) -> Stats:
    """The figures of the window that ends now; the first bucket begins on a whole span."""
    return figures_of(workspace_id, window, now).stats


def figures_of(workspace_id: str, window: str, now: datetime) -> Figures:
    """The same with more about answer times and errors. Six statements."""
    length, count = WINDOWS[window]
    span = length.total_seconds() / count
    end = (int(now.timestamp() / span) + 1) * span
    start = end - length.total_seconds()
    sums = _read(workspace_id, start, end, count)
    numbers = range(1, count + 1)
    moments = [datetime.fromtimestamp(start + span * (number - 1), now.tzinfo) for number in numbers]
    buckets = [
        Bucket(moment, sums.tries[number, True], sums.tries[number, False], sums.drops[number])
        for number, moment in zip(numbers, moments, strict=True)
    ]
    errors = sorted(sums.errors.values(), key=lambda each: (-each.count, each.code))[:MOST_ERRORS]
    whole = _answer_times(_together(sums.times.values()))
    stats = Stats(window, buckets, whole.p50_ms, whole.p95_ms, [(each.code, each.count) for each in errors])
    return Figures(stats, [_answer_times(sums.times[number]) for number in numbers], errors)


def _read(workspace_id: str, start: float, end: float, count: int) -> _Sums:
    sums = _Sums()
    written = written_until() if (end - start) > timedelta(hours=1).total_seconds() else None
    live = min(max(start, written.timestamp()), end) if written else start
    values = {"workspace": workspace_id, "start": start, "end": end, "buckets": count, "live": live}
    for bucket, dropped, code, number, first_at, last_at in _rows(WRITTEN, values):
        if dropped:
            sums.drops[bucket] += int(number)
        else:
            sums.add_tries(bucket, code, int(number), first_at, last_at)
    for bucket, ms, number in _rows(WRITTEN_TIMES, values):
        sums.times[bucket][ms] += int(number)
    connections = _rows(CONNECTIONS, [workspace_id])[0][0] or []
    for bucket, error, ms, number, first_at, last_at in _rows(TRIES, {**values, "connections": connections}):
        sums.add_tries(bucket, error, number, first_at, last_at)
        sums.times[bucket][ms] += number
    for bucket, number in _rows(DROPS, {**values, "most": COUNTED}):
        sums.drops[bucket] += number
    return sums


def _rows(sql: str, values: Any) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _together(times: Iterable[Counter[int]]) -> Counter[int]:
    whole: Counter[int] = Counter()
    for each in times:
        whole.update(each)
    return whole


def _answer_times(times: Counter[int]) -> AnswerTimes:
    return AnswerTimes(percentile(times, 50), percentile(times, 95))


def percentile(times: Mapping[int, int], percent: int) -> int | None:
    """The smallest value that `percent` in 100 of the measurements do not exceed; None without any."""
    left = -(-sum(times.values()) * percent // 100)
    for value in sorted(times):
        left -= times[value]
        if left <= 0:
            return value
    return None
