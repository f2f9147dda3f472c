"""The ready file: tells scripts where the demo serves, how to get in, and which processes to hurt."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.demo.access import Access
from config.demo.folder import write_json
from config.demo.supervisor import Supervisor

GROUPS = {"web": ("web",), "worker": ("worker", "troubled"), "beat": ("beat",)}


@dataclass
class ReadyFile:
    """Written by rename, first when the demo serves and again whenever a process number has changed."""

    path: Path
    facts: dict[str, Any]
    written: dict[str, list[int]] = field(default_factory=dict)

    def update(self, supervisor: Supervisor) -> None:
        """Rewrite the file if it is out of date. Cheap: call it every tenth of a second."""
        pids = {group: supervisor.pids(*names) for group, names in GROUPS.items()}
        if pids != self.written:
            write_json(self.path, {**self.facts, "pid": os.getpid(), "pids": pids})
            self.written = pids

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def facts(access: Access, web: str, receiver: str, addresses: dict[str, str], log_dir: Path) -> dict[str, Any]:
    """All but the process numbers."""
    return {
        "web": web,
        "workspace_id": access["workspace_id"],
        "other_workspace_id": access["other_workspace_id"],
        "ingest_token": access["ingest_token"],
        "manage_token": access["manage_token"],
        "backfill_token": access["backfill_token"],
        "receiver": receiver,
        "database_url": addresses["DATABASE_URL"],
        "redis_url": addresses["REDIS_URL"],
        "log_dir": str(log_dir),
        "users": {name: access["users"][name] for name in ("owner", "support")},
    }
