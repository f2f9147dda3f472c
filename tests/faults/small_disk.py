"""A disk that is soon full: a tmpfs for the database's data, and a ballast file that takes what is left."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIZE = "2g"
MOUNT, UMOUNT = "/bin/mount", "/bin/umount"


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """The mounted folder; None where mounting is not allowed."""
    folder.mkdir()
    command = [MOUNT, "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(folder)]
    if not Path(MOUNT).exists() or subprocess.run(command, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run([UMOUNT, "--lazy", str(folder)], check=False)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """No byte is left on that disk while the block runs."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        free = os.statvfs(folder)
        with contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize))
        with contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
    try:
        yield
    finally:
        ballast.unlink()
