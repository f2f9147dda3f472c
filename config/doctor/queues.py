"""Does somebody take from each queue? Workers say so to the database, and RabbitMQ knows as well."""

from collections.abc import Iterator
from dataclasses import replace

from config.doctor.asked import Asked
from config.findings import Finding, plural
from config.probes import broker
from config.probes.broker import QUEUES, Queue
from config.status import ground
from config.status.work import PROGRAM, work

LIMIT_SECONDS = 3.0


def examine(asked: Asked) -> Iterator[Finding]:
    """The broker, its queues, and then the workers and beat."""
    at_broker = broker.look(queues=True, seconds=LIMIT_SECONDS)
    yield ground.broker(at_broker)
    figures = asked.facts.figures
    told = {} if figures is None else {finding.name: finding for finding in work(figures.signs)}
    for name in QUEUES:
        finding = _judged(name, told.pop(f"Queue {name}", None), at_broker.queues.get(name))
        if finding is not None:
            yield finding
    yield from told.values()


def _judged(name: str, finding: Finding | None, queue: Queue | None) -> Finding | None:
    """What the workers say, and how many messages wait; None if nobody can tell."""
    if queue is None:
        return finding
    waiting = f" {plural(queue.messages, 'message')} in it." if queue.messages else ""
    if queue.consumers == 0 and (finding is None or finding.state == "ok"):
        return _deserted(name, finding, waiting)
    if finding is not None:
        return replace(finding, says=finding.says + waiting)
    if queue.consumers is None:
        return Finding(f"Queue {name}", "warning", f"Who takes from it is not known.{waiting}") if waiting else None
    return Finding(f"Queue {name}", "ok", f"{plural(queue.consumers, 'consumer')} at the broker.{waiting}")


def _deserted(name: str, finding: Finding | None, waiting: str) -> Finding:
    return Finding(
        f"Queue {name}",
        "error",
        f"Nobody takes from it at the broker{', though workers show life' if finding else ''}.{waiting}",
        f"Restart the Procfile's {PROGRAM[name]}, with the REDIS_URL that this command has.",
        "HappNoWorker",
    )
