"""Runs the benchmarks that were asked for, one after the other, and prints what they found."""

import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
logging.getLogger("deliveries").setLevel(logging.WARNING)  # Its own alone, not those of what it starts.

from bench.options import parse  # noqa: E402 - models need the set-up
from bench.report.figures import Report  # noqa: E402
from bench.report.table import table  # noqa: E402
from bench.stage.stage import Stage, stage  # noqa: E402


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    found = []
    with stage() as ready:
        for name in options.names:
            began = time.monotonic()
            report = _measured(name, ready, quick=options.quick, rounds=options.rounds)
            sys.stderr.write(f"{name} took {time.monotonic() - began:.0f} s\n")
            found.append(report.as_json())
            if not options.json:
                sys.stdout.write(table(report) + "\n")
                sys.stdout.flush()
    if options.json:
        json.dump({"quick": options.quick, "rounds": options.rounds, "benchmarks": found}, sys.stdout, indent=1)
        sys.stdout.write("\n")


def _measured(name: str, ready: Stage, *, quick: bool, rounds: int) -> Report:
    module = import_module(f"bench.{name}")
    report = module.measure(ready, module.QUICK if quick else module.FULL, rounds)
    if not isinstance(report, Report):
        raise TypeError(f"bench.{name}.measure returns a Report")
    return report


if __name__ == "__main__":
    main(sys.argv[1:])
