"""The command line of `./run bench`."""

import argparse
from collections.abc import Sequence
from typing import Final

NAMES: Final = ("drain", "latency", "fair", "burst", "deep", "waiting", "ingest", "tile", "costs")
ROUNDS: Final = 3


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """names (all, if none is given), json, quick, rounds."""
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description="Measures the product beside its references and prints medians, ratios and targets.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    parser.add_argument("--rounds", type=int, help=f"how often each is measured in turn ({ROUNDS}; 1 with --quick)")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work, not how fast is it")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in NAMES]
    if unknown or (options.rounds is not None and options.rounds < 1):
        parser.error(f"no benchmark {', '.join(unknown)}" if unknown else "--rounds is at least 1")
    options.names = options.names or list(NAMES)
    options.rounds = options.rounds or (1 if options.quick else ROUNDS)
    return options
