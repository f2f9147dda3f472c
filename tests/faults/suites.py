"""What `./run faults` tries besides: requests made up from the API's schema, and the model, in long forms."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from config.demo.folder import CHECKOUT
from tests.faults.report import say

EXAMPLES = 5000
TESTS = ("tests/hostile/test_schema.py", "tests/model")
LONG = {"HAPP_EXAMPLES": str(EXAMPLES), "HYPOTHESIS_PROFILE": "faults"}
REQUESTS = re.compile(r"^(\d+) requests to (\d+) operations", re.MULTILINE)


@dataclass(frozen=True)
class Counts:
    """What came of the tests. `failed` has their names."""

    tests: int
    skipped: int
    failed: tuple[str, ...]
    requests: int

    def __str__(self) -> str:
        return (
            f"{self.tests} tests, {self.skipped} of them skipped, {len(self.failed)} failed; "
            f"{self.requests} requests made up from the API's schema"
        )


def run(seed: int) -> tuple[Counts | None, list[str]]:
    """The counts, and a sentence for each promise that did not hold. The output is theirs."""
    say(f"\nThe long forms of {' and '.join(TESTS)}:")
    with tempfile.TemporaryDirectory(prefix="happ-suites-") as folder:
        results = Path(folder) / "results.xml"
        done = subprocess.run(command(seed, results), cwd=CHECKOUT, env={**os.environ, **LONG}, check=False)
        counts = count(results.read_text()) if results.exists() else None
    if counts is None:
        return None, [f"{' and '.join(TESTS)}: they did not run to the end (exit code {done.returncode})"]
    say(str(counts))
    return counts, problems(counts, done.returncode)


def command(seed: int, results: Path) -> list[str]:
    pytest = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-q", "--no-header"]
    pytest += [
        "-p",
        "no:cacheprovider",
        f"--hypothesis-seed={seed}",
        f"--junitxml={results}",
        "-o",
        "junit_logging=all",
    ]
    return [sys.executable, "-m", "config.demo.servers", "--", *pytest, *TESTS]


def problems(counts: Counts, code: int) -> list[str]:
    found = [f"{name} failed" for name in counts.failed]
    if code and not found:
        found.append(f"the tests ended with code {code}")
    if counts.requests < EXAMPLES:
        found.append(f"of the API's schema only {counts.requests} requests were made up, not {EXAMPLES}")
    return found


def count(results: str) -> Counts:
    """Reads what pytest has written."""
    cases = list(ET.fromstring(results).iter("testcase"))  # noqa: S314 (pytest's own)
    failed = [f"{case.get('classname')}.{case.get('name')}" for case in cases if _has(case, "failure", "error")]
    # The tests say it at their end; it stands with whichever was the last.
    requests = [int(found) for text in _texts(cases) for found, _ in REQUESTS.findall(text)]
    return Counts(len(cases), sum(_has(case, "skipped") for case in cases), tuple(failed), max(requests, default=0))


def _has(case: ET.Element, *tags: str) -> bool:
    return any(case.find(tag) is not None for tag in tags)


def _texts(cases: list[ET.Element]) -> Iterator[str]:
    return (element.text or "" for case in cases for element in case.iter("system-out"))
