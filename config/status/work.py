"""Who does the work: workers by queue, and beat."""

from collections.abc import Iterator, Sequence
from typing import Final

from config.findings import Finding, ago, plural
from deliveries.heartbeats import SHOWN_SECONDS, Sign, Signs
from deliveries.wakes import CONTROL, FRESH, TROUBLED

LACKING: Final = {
    FRESH: "Nothing new is sent: no worker serves the queue fresh.",
    TROUBLED: "Endpoints that failed once get nothing: no worker serves the queue troubled.",
    CONTROL: "Lost wakes and long waits are not woken: no worker serves the queue control.",
}
PROGRAM: Final = {FRESH: "worker", TROUBLED: "troubled", CONTROL: "worker or troubled"}


def work(signs: Signs) -> Iterator[Finding]:
    """Each queue, those workers that are not heard any more, and beat."""
    for queue in PROGRAM:
        yield _queue(queue, signs.workers)
    yield from (_silent(sign) for sign in signs.workers if sign.state != "alive")
    yield _beat(signs.beat)


def _queue(queue: str, workers: Sequence[Sign]) -> Finding:
    serving = [sign for sign in workers if queue in sign.queues]
    alive = [sign for sign in serving if sign.state == "alive"]
    if not alive:
        return _unserved(queue, serving, workers)
    return Finding(f"Queue {queue}", "ok", f"{plural(len(alive), 'worker')}, last heard {_range(alive)} ago.")


def _unserved(queue: str, serving: Sequence[Sign], workers: Sequence[Sign]) -> Finding:
    says = "No worker serves it."
    if serving:
        says += f" The last one was heard {_last_heard(serving)} ago."
    headline = LACKING[queue]
    if queue == FRESH and all(sign.state != "alive" for sign in workers):
        silence = _last_heard(workers) if workers else ago(SHOWN_SECONDS)
        headline = f"Nothing is sent: no worker has been heard for {silence}."
    fix = f"Start the Procfile's {PROGRAM[queue]}, and find out why it was not running."
    return Finding(f"Queue {queue}", "error", says, fix, "HappNoWorker", headline)


def _silent(sign: Sign) -> Finding:
    return Finding(
        f"Worker {sign.name}",
        "warning",
        f"It was last heard {ago(sign.seconds)} ago, and did not end in order.",
        "If its process is still there it is frozen, or does not reach the database: end it with SIGKILL.",
        "HappWorkerSilent",
        f"a worker has not been heard for {ago(sign.seconds)}",
    )


def _beat(sign: Sign | None) -> Finding:
    says = f"Its last sweep ran {ago(sign.seconds)} ago." if sign else "None of its sweeps was ever run."
    if sign is not None and sign.state == "alive":
        return Finding("Beat", "ok", says)
    return Finding(
        "Beat",
        "warning",
        says,
        "Start the Procfile's beat, once; if it runs, look at the broker and at the workers of the queue control.",
        "HappBeatSilent",
        "beat sends no sweeps, so that retries of more than a minute wait",
    )


def _last_heard(signs: Sequence[Sign]) -> str:
    return ago(min(sign.seconds for sign in signs))


def _range(signs: Sequence[Sign]) -> str:
    first, last = ago(min(sign.seconds for sign in signs)), ago(max(sign.seconds for sign in signs))
    return first if first == last else f"{first} to {last}"
