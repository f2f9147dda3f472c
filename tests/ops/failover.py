"""A primary that is lost and a standby that is promoted in its place, with all of its WAL and without the end of it."""

import signal
import time
from pathlib import Path
from typing import Any

from config.demo.ports import any_free
from tests.demo.processes import Demo
from tests.ops.cluster import Cluster, stopped_at_last, wait_for
from tests.ops.shop import Shop
from tests.receiver import Receiver

KEPT, LOST = range(200), range(200, 250)
CAUGHT_UP = "SELECT count(*) = 1 FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_flush_lsn()"


def run(folder: Path) -> dict[str, Any]:
    """Figures by name. `folder` is empty. The product is not restarted: the standby takes over the address."""
    primary = Cluster(folder / "primary", any_free(), durable=True)
    receiver = Receiver()
    with stopped_at_last(primary):
        primary.start()
        product = Demo(folder / "product", DATABASE_URL=primary.url, HAPP_RETRY_LADDER="2,2,2,2,2")
        try:
            shop = Shop(product.ready(), receiver)
            shop.connect()
            shop.wait_for(shop.post(KEPT))
            standby = primary.copied_to(folder / "standby", any_free(), "--write-recovery-conf")
            with stopped_at_last(standby):
                return _fail_over(shop, primary, standby)
        finally:
            product.end()
            receiver.close()


def _fail_over(shop: Shop, primary: Cluster, standby: Cluster) -> dict[str, Any]:
    standby.start()
    wait_for(lambda: primary.one(CAUGHT_UP), "the standby to catch up")
    # From here it gets nothing any more, and nobody waits for it: that is what asynchronous means.
    standby.stop()
    lost = shop.post(LOST)
    shop.wait_for(lost)
    primary.stop(signal.SIGKILL)
    began = time.monotonic()
    standby.port = primary.port
    standby.start()
    standby.one("SELECT pg_promote()")
    promoted = round(time.monotonic() - began, 2)
    first = [900]
    shop.post(first)
    accepted = round(time.monotonic() - began, 2)
    history = standby.one("SELECT count(*) FROM history_chatevent")
    again = shop.post(LOST)
    shop.wait_for(again)
    before = {each["id"] for each in lost}
    return {
        "promoted after, s": promoted,
        "first event accepted after, s": accepted,
        "accepted before the loss": len(KEPT) + len(LOST),
        "in the history after it": history - len(first),
        "posted again, gone: queued": sum(each["state"] == "queued" for each in again),
        "of them with the webhook-id of before": sum(each["id"] in before for each in again),
        "posted again, known: duplicate": sum(each["state"] == "duplicate" for each in shop.post(KEPT)),
    }
