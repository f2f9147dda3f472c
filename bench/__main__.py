"""The command `./run bench`: brings up a durable database and a broker of its own, and runs the suite beside them.

DATABASE_URL and REDIS_URL replace them: servers on this machine that nobody else uses. What is measured lives in
databases named happ_bench..., which are made anew.
"""

import sys
from collections.abc import Sequence

from bench.options import parse
from bench.stage.servers import running
from config.demo.postgres import ServerError
from config.demo.servers import run, secrets_for_tests, temporary_folder


def main(arguments: Sequence[str]) -> int:
    parse(arguments)
    try:
        with temporary_folder() as folder, running(folder) as environment:
            command = [sys.executable, "-m", "bench.suite", *arguments]
            return run(command, {**secrets_for_tests(), **environment, "HAPP_BENCH_DIR": str(folder)})
    except ServerError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
