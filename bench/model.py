"""From what one event uses to what many a second need, and what is full first. Pure arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass

DAY = 86_400


@dataclass(frozen=True)
class Plant:
    """What there is of what cannot simply be doubled by starting another process.

    One database server, one broker (which uses one core), a disk that takes so many bytes of WAL a second. A Python
    process uses one core at most, and is kept at `busy` of it.
    """

    database_cores: float = 16
    broker_cores: float = 1
    wal_bytes: float = 200e6
    sessions: float = 500
    busy: float = 0.7
    sessions_of_web: int = 4
    sessions_of_worker: int = 64


@dataclass(frozen=True)
class Needs:
    """At one rate: processes to start, and the share of what there is of each thing, 1 for all of it."""

    web_processes: float
    worker_processes: float
    database_cores: float
    broker_cores: float
    sessions: float
    stored_bytes_a_day: float
    shares: Mapping[str, float]

    @property
    def full_first(self) -> tuple[str, float]:
        """The scarcest thing and its share."""
        return max(self.shares.items(), key=lambda item: item[1])


def needs(cost: Mapping[str, float], rate: float, plant: Plant) -> Needs:
    """`cost` of one event as bench.stage.meters names it, `rate` in events a second."""
    web = rate * cost["web CPU ms"] / 1000 / plant.busy
    worker = rate * cost["worker CPU ms"] / 1000 / plant.busy
    database = rate * cost["database CPU ms"] / 1000
    broker = rate * cost["broker CPU ms"] / 1000
    sessions = web * plant.sessions_of_web + worker * plant.sessions_of_worker
    shares = {
        "database CPU": database / (plant.database_cores * plant.busy),
        "broker CPU": broker / (plant.broker_cores * plant.busy),
        "WAL": rate * cost["WAL bytes"] / plant.wal_bytes,
        "database sessions": sessions / plant.sessions,
    }
    return Needs(web, worker, database, broker, sessions, rate * cost["stored bytes"] * DAY, shares)


def most_on(cores: int, workers: int, cost: Mapping[str, float]) -> float:
    """Deliveries a second that so many worker processes make on a machine that also runs all else.

    A worker process is one core at most, and together nothing uses more than there is.
    """
    whole = sum(cost[name] for name in cost if name.endswith("CPU ms"))
    return min(workers * 1000 / cost["worker CPU ms"], cores * 1000 / whole)
