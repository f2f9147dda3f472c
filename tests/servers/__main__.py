"""The suite with another broker or behind a pooler: `./run test [--broker rabbitmq] [--pooler pgbouncer] ...`.

Runs pytest with the arguments that are left. PostgreSQL and Valkey are there already, by DATABASE_URL and REDIS_URL.
"""

import argparse
import contextlib
import os
import sys

from config.demo.postgres import ServerError
from config.demo.servers import run, temporary_folder
from tests.pooled import DIRECT
from tests.servers import pgbouncer, rabbitmq
from tests.servers.missing import MissingError


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("./run test", allow_abbrev=False, add_help=False)
    parser.add_argument("--broker", choices=["rabbitmq"])
    parser.add_argument("--pooler", choices=["pgbouncer"])
    chosen, left = parser.parse_known_args(arguments)
    command = [sys.executable, "-m", "pytest", *left]
    if not (chosen.broker or chosen.pooler):
        os.execv(command[0], command)  # noqa: S606 (no shell is meant)
    try:
        with contextlib.ExitStack() as started:
            return run(command, {**os.environ, **addresses(started, chosen.broker, chosen.pooler)})
    except (MissingError, ServerError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2


def addresses(started: contextlib.ExitStack, broker: str | None, pooler: str | None) -> dict[str, str]:
    folder = started.enter_context(temporary_folder())
    found = {}
    if broker:
        found["REDIS_URL"] = started.enter_context(rabbitmq.running(folder)).url
    if pooler:
        found[DIRECT] = os.environ["DATABASE_URL"]
        found["DATABASE_URL"] = started.enter_context(pgbouncer.running(folder, found[DIRECT])).url
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
