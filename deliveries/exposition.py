"""All that Prometheus is told: the database's figures, and what the processes of this host counted."""

import threading
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

from deliveries import gauges
from deliveries.metering import folder

#: Who asks more often is told the same again: figures must not be a way to load the database.
KEPT_SECONDS = 1.0


class _Figures:
    def collect(self) -> Iterator[Metric]:
        yield from gauges.read()


class _Counts:
    def collect(self) -> Iterator[Metric]:
        place = folder.folder()
        if place is not None and place.is_dir():
            yield from folder.read(place)


class _Kept:
    lock = threading.Lock()
    until = 0.0
    text = b""


def exposition() -> bytes:
    """The text of a scrape. Without a folder to count in, the database's figures are all of it."""
    with _Kept.lock:
        if time.monotonic() >= _Kept.until:
            registry = CollectorRegistry()
            registry.register(_Figures())
            registry.register(_Counts())
            _Kept.text = generate_latest(registry)
            _Kept.until = time.monotonic() + KEPT_SECONDS
        return _Kept.text


def forget() -> None:
    """Read anew."""
    _Kept.until = 0.0
