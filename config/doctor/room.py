"""Is there room where processes of this host write?"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from config.doctor.asked import Asked
from config.findings import Finding

MIB = 1024 * 1024
#: A process takes 128 KiB to count in, and is ended by the kernel if it cannot have them.
LEAST_MIB = 16
BEAT_SCHEDULE = "/tmp/happ-beat-schedule"  # noqa: S108 (the Procfile's)


def examine(asked: Asked) -> Iterator[Finding]:
    places = {"PROMETHEUS_MULTIPROC_DIR": settings.PROMETHEUS_MULTIPROC_DIR, "HAPP_BEAT_SCHEDULE": _of_beat()}
    told = [finding for name, place in places.items() if place for finding in _look(name, place)]
    yield from told or [Finding("Room", "ok", f"At least {LEAST_MIB} MiB where processes write.")]


def _of_beat() -> str:
    return str(Path(os.environ.get("HAPP_BEAT_SCHEDULE") or BEAT_SCHEDULE).parent)


def _look(name: str, place: str) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(place).free // MIB
    except OSError as problem:
        yield Finding("Room", "error", f"The folder of {name} cannot be used: {problem.strerror}.", "Make it.")
        return
    if free < LEAST_MIB:
        yield Finding("Room", "error", f"{free} MiB are left in the folder of {name}.", "Make room, or name another.")
