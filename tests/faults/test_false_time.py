"""What clock faults do to a worker: its wall clock is wrong, and it still sleeps as long as it should."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.clock import HOUR, library, variables

PROGRAM = """import time
began = time.monotonic()
time.sleep(0.05)
print(time.time(), 0.05 <= time.monotonic() - began < 5)
"""


@pytest.mark.skipif(library() is None, reason="libfaketime is not installed")
@pytest.mark.parametrize("offset", [HOUR, -HOUR, 0])
def test_under_false_time_the_clock_is_off_and_a_sleep_is_not(tmp_path: Path, offset: int) -> None:
    (tmp_path / "faketime").write_text(f"{offset:+d}")
    environment = {**os.environ, **variables(tmp_path / "faketime")}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=30)
    told, slept = done.stdout.split()
    assert slept == "True"
    now = (tmp_path / "faketime").stat().st_mtime
    assert abs(float(told) - now - offset) < HOUR / 60
