"""What could be had at most: the bare loop over recorded events, and what the receiver itself bears."""

from collections.abc import Mapping

from django.db import connection as database

from bench.stage.children import finish
from bench.stage.shops import PASSWORD
from bench.stage.stage import Stage
from config.demo.folder import read_json, write_json
from happ_webhooks.wire.signature import new_signing_secret

BODIES = "SELECT id, body FROM history_chatevent ORDER BY workspace_id, sequence LIMIT %s"


def bare_loop(stage: Stage, events: int) -> Mapping[str, float]:
    """Recorded events by `requests` in one process: {rate: deliveries a second, cpu_ms: for each}."""
    with database.cursor() as cursor:
        cursor.execute(BODIES, [events])
        rows = cursor.fetchall()
    file = stage.folder / "bare.json"
    given = {"url": stage.receiver.url(0), "secret": new_signing_secret(), "password": PASSWORD, "events": rows}
    write_json(file, given)
    finish(["-m", "bench.bare", str(file)])
    took = read_json(file)
    return {"rate": len(rows) / took["seconds"], "cpu_ms": took["cpu_seconds"] / len(rows) * 1000}


def ceiling(stage: Stage, posts: int) -> float:
    """POSTs a second that the receiver answers when eight connections ask as fast as it can."""
    file = stage.folder / "ceiling.json"
    write_json(file, {"url": stage.receiver.url(0), "posts": posts})
    finish(["-m", "bench.flood", str(file)])
    return posts / float(read_json(file)["seconds"])
