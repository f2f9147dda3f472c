"""What is counted as it happens: counters and histograms, in files that all processes of a host share.

Labels are of small fixed sets, never a workspace or a host. Every series is there from the start, at 0: Prometheus
would not see the step from nothing to one.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, values

from deliveries.metering.folder import folder, own_name
from happ_webhooks.wire import outcome as codes
from happ_webhooks.wire.outcome import Outcome

# Without a folder each process counts for itself alone, and nobody is told.
values.ValueClass = values.MultiProcessValue(own_name) if folder() else values.MutexValue  # type: ignore[no-untyped-call]

CLASSES = ("1xx", "2xx", "4xx", "5xx")
OUTCOMES = (*CLASSES, *codes.CODES, "other")

REGISTRY = CollectorRegistry()


def _counter(name: str, text: str, label: str = "", of: tuple[str, ...] = ()) -> Counter:
    counter = Counter(name, text, [label] if label else [], registry=REGISTRY)
    for value in of:
        counter.labels(value)
    return counter


def _histogram(
    name: str, text: str, buckets: tuple[float, ...], label: str = "", of: tuple[str, ...] = ()
) -> Histogram:
    histogram = Histogram(name, text, [label] if label else [], buckets=buckets, registry=REGISTRY)
    for value in of:
        histogram.labels(value)
    return histogram


ACCEPTED = _counter(
    "happ_accepted_events_total",
    "Events answered 202; a duplicate was recorded before and is not sent again.",
    "state",
    ("queued", "recorded", "duplicate"),
)
ATTEMPTS = _counter("happ_attempts_total", "POSTs of events, by what they came to.", "outcome", OUTCOMES)
PINGS = _counter("happ_pings_total", "Pings that couriers sent, by what they came to.", "outcome", OUTCOMES)
SETTLED = _counter(
    "happ_settled_deliveries_total", "Deliveries that ended.", "status", ("delivered", "dropped", "cancelled")
)
STOPPED = _counter("happ_stopped_streams_total", "Streams that stopped.", "reason", ("MAX_RETRIES_EXCEEDED", "GONE"))

ARRIVAL = _histogram(
    "happ_arrival_seconds",
    "From an event's recording to the start of the POST that was accepted; well: the first try, of an endpoint that "
    "neither failed nor asked to wait.",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400),
    "endpoint",
    ("well", "troubled"),
)
ATTEMPT = _histogram(
    "happ_attempt_seconds",
    "Wall clock of an event's POST.",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 5.5),
)
PHASE = _histogram(
    "happ_attempt_phase_seconds",
    "Parts of it that took place; a connection that is kept needs the last one only.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    "phase",
    ("dns", "connect", "tls", "first_byte"),
)

RUNS = _counter(
    "happ_courier_runs_total",
    "Visits of couriers, by the word they ended with.",
    "result",
    ("delivered", "waiting", "stopped", "closed", "busy"),
)
LEASE_LOSSES = _counter("happ_lease_losses_total", "Recordings refused since the lease was not the courier's any more.")
WAKES_SENT = _counter("happ_sent_wakes_total", "Wakes handed to the broker.", "queue", ("fresh", "troubled"))
WAKES_EMPTY = _counter("happ_empty_wakes_total", "Wakes that found nothing to do, or another courier at it.")
WAKES_SWEPT = _counter(
    "happ_swept_wakes_total",
    "Wakes that the sweeper sent: it was their time; one sent before was not served; a courier died.",
    "because",
    ("due", "unserved", "courier_died"),
)
WAKES_LOST = _counter("happ_lost_wakes_total", "Swept wakes, sent before and not served, that found work.")

SECRETS_UNREADABLE = _counter("happ_unreadable_secrets_total", "Secrets that no key of HAPP_ENCRYPTION_KEYS opened.")
BROKER_ERRORS = _counter(
    "happ_broker_errors_total",
    "The broker was not reached, by what for.",
    "at",
    ("wake", "countdown", "start", "connection"),
)
DATABASE_ERRORS = _counter(
    "happ_database_errors_total",
    "The database broke off or was not reached, by where.",
    "at",
    ("visit", "look", "recording", "heartbeat", "web"),
)


def outcome_label(outcome: Outcome) -> str:
    """One of OUTCOMES: the class of a status, or the error's code."""
    if outcome.error in codes.CODES:
        return str(outcome.error)
    name = f"{(outcome.status_code or 0) // 100}xx"
    return name if name in CLASSES else "other"
