"""All receivers of a test in a process of their own, so that what the test measures is the sender's alone.

Prints their ports as JSON, and ends with its standard input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.wire import receivers
from tests.wire.hostile import HOSTILE
from tests.wire.receivers import receiver

OTHERS = {name: getattr(receivers, name) for name in ("never_reads", "drip_tls", "silent")}


@contextmanager
def crowd() -> Iterator[dict[str, int]]:
    """The ports of all receivers, by name."""
    command = [sys.executable, "-m", "tests.wire.crowd"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def main() -> None:
    with ExitStack() as stack:
        handlers = {**{name: handler for name, (handler, _) in HOSTILE.items()}, **OTHERS}
        ports = {name: stack.enter_context(receiver(handler)).port for name, handler in handlers.items()}
        for number in range(3):
            ports[f"blackhole {number}"] = stack.enter_context(receivers.blackhole())
        ports["never accepts"] = stack.enter_context(receivers.never_accepts())
        print(json.dumps(ports), flush=True)  # noqa: T201 - the answer
        sys.stdin.read()


if __name__ == "__main__":
    main()
