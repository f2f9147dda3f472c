"""Backup, and restore to a point in time: what it brings back, what arrives twice, what the sources must repeat."""

import shutil
import time
from pathlib import Path
from typing import Any

from config.demo.ports import any_free
from tests.demo.processes import Demo
from tests.ops.cluster import Cluster, stopped_at_last, wait_for
from tests.ops.shop import Shop
from tests.receiver import Arrival, Receiver

SICK = "sick"
LADDER = ",".join(["2"] * 20)
BEFORE_BACKUP, AFTER_BACKUP, WAITING, AFTER_POINT = range(200), range(200, 400), range(400, 420), range(420, 720)


def refuse_one_chat(arrival: Arrival) -> int:
    return 500 if arrival.event.get("chat_id") == SICK else 200


def run(folder: Path) -> dict[str, Any]:
    """Figures by name. `folder` is empty."""
    archive = folder / "archive"
    archive.mkdir()
    archive.chmod(0o777)
    keep = {"archive_mode": "on", "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f"}
    primary = Cluster(folder / "primary", any_free(), durable=True, settings=keep)
    restored = Cluster(folder / "restored", primary.port, durable=True)
    receiver = Receiver(refuse_one_chat)
    with stopped_at_last(primary, restored):
        primary.start()
        product = _start(folder, primary)
        try:
            shop = Shop(product.ready(), receiver)
            shop.connect()
            point, later, backup_seconds = _live(shop, primary, folder / "base")
        finally:
            product.end()
        primary.stop()
        restore_seconds = _restore(folder / "base", restored, archive, point)
        product = _start(folder, restored)
        try:
            shop.facts = product.ready()
            figures = _look(shop, restored, later)
        finally:
            product.end()
            receiver.close()
    return {"base backup, s": backup_seconds, "restore, s": restore_seconds, **figures}


def _start(folder: Path, database: Cluster) -> Demo:
    return Demo(folder / "product", DATABASE_URL=database.url, HAPP_RETRY_LADDER=LADDER)


def _live(shop: Shop, primary: Cluster, base: Path) -> tuple[str, list[dict[str, Any]], float]:
    """A backup, then traffic, a point in it, and more traffic, all of which arrives."""
    shop.wait_for(shop.post(BEFORE_BACKUP))
    began = time.monotonic()
    primary.copied_to(base, any_free())
    seconds = round(time.monotonic() - began, 2)
    shop.wait_for(shop.post(AFTER_BACKUP))
    waiting = shop.post(WAITING, SICK)
    shop.wait_for(waiting[:1])
    point = str(primary.one("SELECT clock_timestamp()"))
    shop.receiver.script = lambda arrival: 200
    later = shop.post(AFTER_POINT)
    shop.wait_for([*waiting, *later])
    name = primary.one("SELECT pg_walfile_name(pg_switch_wal())")
    archived = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
    wait_for(lambda: primary.one(archived, name), "the last WAL file in the archive")
    return point, later, seconds


def _restore(base: Path, restored: Cluster, archive: Path, point: str) -> float:
    began = time.monotonic()
    restored.folder.mkdir()
    shutil.move(base / "postgres", restored.folder)
    shutil.copy(base / "postgres.password", restored.folder)
    (restored.data / "recovery.signal").touch()
    restored.settings = {
        "restore_command": f"cp {archive}/%f %p",
        "recovery_target_time": point,
        "recovery_target_action": "promote",
    }
    restored.start()
    wait_for(lambda: not restored.one("SELECT pg_is_in_recovery()"), "the end of the recovery")
    return round(time.monotonic() - began, 2)


def _look(shop: Shop, restored: Cluster, later: list[dict[str, Any]]) -> dict[str, Any]:
    """What the receiver gets again by itself, and what comes of sources that post once more."""
    wait_for(lambda: not restored.one("SELECT count(*) FROM deliveries_delivery WHERE status = 'pending'"), "the drain")
    twice = [times for times in shop.arrived().values() if times > 1]
    again_known = shop.post(AFTER_BACKUP)
    again_later = shop.post(AFTER_POINT)
    shop.wait_for(again_later)
    lost = {each["id"]: each["sequence"] for each in later}
    return {
        "accepted before the point": len(BEFORE_BACKUP) + len(AFTER_BACKUP) + len(WAITING),
        "accepted after it": len(later),
        "in the history after the restore": restored.one("SELECT count(*) FROM history_chatevent") - len(again_later),
        "sent again by itself, same webhook-id": len(twice),
        "posted again, known: duplicate": sum(each["state"] == "duplicate" for each in again_known),
        "posted again, gone: queued": sum(each["state"] == "queued" for each in again_later),
        "of them with the webhook-id of before": sum(each["id"] in lost for each in again_later),
        "of them with a sequence that was used before": sum(each["sequence"] in lost.values() for each in again_later),
    }
