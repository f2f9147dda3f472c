"""The most memory that a process has held, as the kernel counts it."""

import re
from pathlib import Path


def forget_peak(process: int | str = "self") -> None:
    Path(f"/proc/{process}/clear_refs").write_text("5")


def peak_memory(process: int | str = "self") -> int:
    """The most bytes since `forget_peak`."""
    status = Path(f"/proc/{process}/status").read_text()
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) * 1024
