"""Sets the product up on an empty Debian as docs/ops/set-up.md says, and uses it: `python -m tests.deploy`. As root."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.deploy import box, play

OWN_MOUNTS = "HAPP_DEPLOY_MOUNTS"


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.deploy", description=__doc__)
    parser.add_argument("--broker", choices=tuple(box.BROKERS), default="redis")
    parser.add_argument("--seconds", type=float, default=30, help="how long 200 events a second go on (30)")
    options = parser.parse_args(words)
    if os.geteuid():
        parser.error("only root can boot a system.")
    if OWN_MOUNTS not in os.environ:
        command = ["unshare", "--mount", sys.executable, "-m", "tests.deploy", *words]
        os.execvpe(command[0], command, {**os.environ, OWN_MOUNTS: "1"})  # noqa: S606 (no shell is wanted)
    with tempfile.TemporaryDirectory(prefix="happ-deploy-") as folder, box.Box.made(box.fetched()) as machine:
        try:
            play.play(machine, Path(folder), options.broker, options.seconds)
        except Exception:
            play.say(machine.run("journalctl", "--no-pager", "--lines=60", "--unit=happ-w*", check=False))
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
