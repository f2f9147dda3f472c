"""`./run demo --smoke`: proves the main job end to end in a demo of its own; exit code 0 or 1."""

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from config.demo import child
from config.demo.client import NoAnswerError
from config.demo.scene import Scene, UnexpectedError
from config.demo.smoke_steps import STEPS, Step

# The deadline is the real one; the ladder, four tries, is short so that its end is reached.
ENVIRONMENT = {"HAPP_RETRY_LADDER": "0.4,0.4,0.6", "HAPP_DEADLINE_SECONDS": "5", "HAPP_ALLOW_PRIVATE_TARGETS": "1"}
START_SECONDS, STOP_SECONDS = 180.0, 15.0


def main() -> int:
    began = time.monotonic()
    # So that the demo is stopped and its folder removed on the way out.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        with running_demo() as scene:
            print(f"ok   {time.monotonic() - began:5.1f} s  the stack serves at {scene.web}", flush=True)
            for step in STEPS:
                play(step.__doc__ or step.__name__, step, scene)
    except UnexpectedError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    print(f"All is well, after {time.monotonic() - began:.1f} s.", flush=True)
    return 0


def play(title: str, step: Step, scene: Scene) -> None:
    """Run one step and print a line about it; UnexpectedError if it went another way than promised."""
    began = time.monotonic()
    try:
        step(scene)
    except (UnexpectedError, NoAnswerError, KeyError, TypeError, IndexError) as problem:
        print(f"FAIL {time.monotonic() - began:5.1f} s  {title}", flush=True)
        raise UnexpectedError(f"{type(problem).__name__}: {problem}") from problem
    print(f"ok   {time.monotonic() - began:5.1f} s  {title}", flush=True)


@contextlib.contextmanager
def running_demo() -> Iterator[Scene]:
    """A demo in a temporary folder, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="happ-smoke-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        log, ready = folder / "demo.log", folder / "ready.json"
        process = child.launch(
            sys.executable,
            ["-m", "config.demo", "--no-simulator", "--ready-file", str(ready)],
            environment={**os.environ, **ENVIRONMENT, "HAPP_DEMO_DIR": str(folder / "demo")},
            log=log,
            death_signal=signal.SIGTERM,
        )
        try:
            child.wait_until(lambda: ready.exists() or process.poll() is not None, START_SECONDS)
            if not ready.exists():
                raise UnexpectedError(f"Expected the demo to serve, but it said:\n{log.read_text()}")
            yield Scene(json.loads(ready.read_text()))
        finally:
            child.stop(process, signal.SIGTERM, STOP_SECONDS)
