"""A real Prometheus with the configuration and alerts of deploy/prometheus."""

import json
import shutil
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from tests.deploy.box import Box
from tests.processes import CHECKOUT

PROMETHEUS = "http://127.0.0.1:9090/api/v1/"
SCRAPED_WITHIN = 60
FIRES_WITHIN = 180


def watch(box: Box) -> None:
    silent = "DEBIAN_FRONTEND=noninteractive"
    box.run("apt-get", "-qq", "install", "--no-install-recommends", "prometheus", variables=[silent])
    for file in ("prometheus.yml", "alerts.yml"):
        shutil.copy(CHECKOUT / "deploy" / "prometheus" / file, box.root / "etc" / "prometheus" / file)
    box.run("systemctl", "restart", "prometheus")


def value(query: str) -> float | None:
    found = _ask(f"query?query={urllib.parse.quote(query)}")["result"]
    return float(found[0]["value"][1]) if found else None


def firing() -> set[str]:
    return {alert["labels"]["alertname"] for alert in _ask("alerts")["alerts"] if alert["state"] == "firing"}


def _ask(path: str) -> Any:
    with urllib.request.urlopen(PROMETHEUS + path, timeout=5) as response:
        return json.load(response)["data"]


def until(done: Callable[[], object], seconds: float, what: str) -> float:
    """How long it took, in seconds."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"no {what} within {seconds} s")
        time.sleep(0.5)
    return time.monotonic() - began
