"""Runs what operators do and prints what was measured: `python -m tests.ops [point_in_time] [failover]`."""

import sys
import tempfile
from pathlib import Path

from tests.ops import failover, point_in_time

TASKS = {"point_in_time": point_in_time.run, "failover": failover.run}

if __name__ == "__main__":
    for name in sys.argv[1:] or TASKS:
        with tempfile.TemporaryDirectory(prefix="happ-ops-") as folder:
            Path(folder).chmod(0o755)
            figures = TASKS[name](Path(folder))
        width = max(map(len, figures))
        sys.stdout.write(f"{name}\n" + "".join(f"  {what:<{width}}  {value}\n" for what, value in figures.items()))
