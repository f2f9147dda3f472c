"""How long the tile and the log take: `python -m bench.pages ATTEMPTS TURNS FILE`, on a log made by log_filling.

Writes {page: [seconds, ...]} to the file: server times as Django's test client sees them, that is middleware, view,
templates and database, without network.
"""

import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402 - models need the set-up
from django.test import Client  # noqa: E402

from bench.log_filling import SHOP, USER  # noqa: E402
from config.demo.folder import write_json  # noqa: E402

PAGES = {
    "tile": "/",
    "tile, live part": "/tile/",
    "log": "/deliveries/",
    "log, live rows": "/deliveries/rows/",
    "log, delivered": "/deliveries/?status=delivered",
    "log, waiting": "/deliveries/?status=pending",
    "log, dropped": "/deliveries/?status=dropped",
    "log, cancelled": "/deliveries/?status=cancelled",
    "log, error HTTP_500": "/deliveries/?error=HTTP_500",
    "log, error that never was": "/deliveries/?error=DNS",
    "log, channel telegram": "/deliveries/?channel=telegram",
    "log, channel facebook (3 events)": "/deliveries/?channel=facebook",
    "log, type order.created": "/deliveries/?type=order.created",
    "log, chat": "/deliveries/?chat_id=chat_7919",
    "log, 1 h": "/deliveries/?period=1h",
    "log, 7 d, delivered": "/deliveries/?period=7d&status=delivered",
    "log, own period": "/deliveries/?period=own&until=2026-01-01T00:00",
    "log, rare together": "/deliveries/?status=dropped&channel=facebook",
    "log, search by event": "/deliveries/?q=evt_{middle:026}",
    "log, page in the middle": "/deliveries/?before={middle}",
    "log, figures of 1 h": "/deliveries/?window=1h",
    "log, figures of 7 d": "/deliveries/?window=7d",
    "log, one delivery": "/deliveries/evt_{middle:026}/",
}
API = {
    "API, tile": "",
    "API, deliveries": "/deliveries",
    "API, deliveries of a chat": "/deliveries?chat_id=chat_7919&channel=telegram",
    "API, dropped": "/deliveries?status=dropped",
    "API, one delivery": "/deliveries/evt_{middle:026}",
    "API, gaps": "/gaps",
    "API, stats of 1 h": "/stats?window=1h",
    "API, stats of 7 d": "/stats?window=7d",
}


def main(attempts: int, turns: int, file: Path) -> None:
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(username=USER), "django.contrib.auth.backends.ModelBackend")
    addresses = {name: f"/integrations/{SHOP}{path}" for name, path in PAGES.items()}
    addresses |= {name: f"/api/v1/workspaces/{SHOP}/chat-webhook{path}" for name, path in API.items()}
    # Every tenth delivery is another shop's.
    middle = attempts * 4 // 5 // 20 * 10
    filled = {name: address.format(middle=middle) for name, address in addresses.items()}
    write_json(file, {name: _times(client, address, turns) for name, address in filled.items()})


def _times(client: Client, address: str, turns: int) -> list[float]:
    """Without the first, which may compile a template."""
    times = []
    for _ in range(turns + 1):
        began = time.perf_counter()
        answer = client.get(address)
        times.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")
    return times[1:]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
