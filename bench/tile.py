"""How long people wait for the tile and the log with millions of attempts in the table, beside thousands."""

import os
import sys
import time
from dataclasses import dataclass

from bench.report.figures import Report, percentiles
from bench.stage import databases
from bench.stage.children import finish
from bench.stage.stage import Stage
from config.demo.folder import read_json


@dataclass(frozen=True)
class Sizes:
    """How many attempts the two logs hold, and how often each page is asked for in a round."""

    small: int
    large: int
    turns: int


FULL = Sizes(5_000, 5_000_000, 40)
QUICK = Sizes(2_000, 20_000, 3)


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("tile")
    for attempts in (sizes.small, sizes.large):
        began = time.monotonic()
        _make(stage, attempts)
        sys.stderr.write(f"{attempts:,} attempts are there after {time.monotonic() - began:.0f} s\n")
    try:
        for _ in range(rounds):
            for attempts in (sizes.small, sizes.large):
                _measure(stage, report, attempts, sizes.turns)
    finally:
        for attempts in (sizes.small, sizes.large):
            databases.drop(stage.server_url, _name(attempts))
    for page in _pages(report, sizes):
        large, small = (_title(page, attempts) for attempts in (sizes.large, sizes.small))
        report.compare(f"{page}: p95, large / small", large, small, "<=", 1.5)
    return report


def _pages(report: Report, sizes: Sizes) -> list[str]:
    end = _title("", sizes.small)
    return [title.removesuffix(end) for title in report.measures if title.endswith(end)]


def _title(page: str, attempts: int) -> str:
    return f"{page}: p95 with {attempts:,}"


def _name(attempts: int) -> str:
    return f"happ_bench_{attempts}"


def _environment(stage: Stage, attempts: int) -> dict[str, str]:
    url = databases.sibling(stage.server_url, _name(attempts))
    return {**os.environ, "DATABASE_URL": url}


def _make(stage: Stage, attempts: int) -> None:
    databases.make(stage.server_url, _name(attempts))
    finish(["-m", "bench.log_filling", str(attempts)], _environment(stage, attempts))


def _measure(stage: Stage, report: Report, attempts: int, turns: int) -> None:
    file = stage.folder / "pages.json"
    finish(["-W", "ignore", "-m", "bench.pages", str(attempts), str(turns), str(file)], _environment(stage, attempts))
    for page, seconds in read_json(file).items():
        report.add(_title(page, attempts), percentiles(seconds)["p95"] * 1000, "ms")
