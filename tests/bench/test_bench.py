"""`./run bench`, small: that it counts right, not how fast anything is."""

import itertools
import json
import os
import subprocess
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from bench.fair import _mixed
from bench.ingest import _measure
from bench.model import Plant, most_on, needs
from bench.report.figures import Report, percentiles
from bench.report.table import table
from bench.stage.shops import Shop
from config.demo.folder import CHECKOUT
from tests import broker, pooled

COST = {
    "web CPU ms": 1.0,
    "worker CPU ms": 2.0,
    "database CPU ms": 0.5,
    "broker CPU ms": 0.1,
    "WAL bytes": 4000.0,
    "stored bytes": 2000.0,
}


def test_ratios_are_of_the_same_round_and_judged_by_their_median() -> None:
    report = Report("drain")
    for ours, theirs in ((90, 100), (40, 50), (30, 100)):
        report.add("ours", ours, "deliveries/s")
        report.add("theirs", theirs, "deliveries/s")
    report.compare("ours / theirs", "ours", "theirs", ">=", 0.8)
    found = report.as_json()
    assert found["measures"]["ours"] == {"unit": "deliveries/s", "median": 40, "rounds": [90, 40, 30]}
    assert found["goals"][0] == {
        "title": "ours / theirs",
        "median": 0.8,
        "rounds": [0.9, 0.8, 0.3],
        "target": ">= 0.8",
        "met": True,
    }
    assert "ours / theirs  0.8  target >= 0.8  met  (0.3 to 0.9)" in table(report)


def test_percentiles_of_few_and_of_many() -> None:
    assert percentiles([7.0]) == {"p50": 7, "p95": 7, "p99": 7, "max": 7}
    assert percentiles(range(101)) == {"p50": 50, "p95": 95, "p99": 99, "max": 100}


def shops(count: int) -> list[Shop]:
    return [Shop(workspace_id=f"ws_{number}", connection_id=number, url="", secret="") for number in range(count)]


def test_the_healthy_come_evenly_among_the_others() -> None:
    everybody = shops(100)
    mixed = _mixed([everybody[:50], everybody[50:75], everybody[75:]])
    assert sorted(shop.connection_id for shop in mixed) == list(range(100))
    places = [place for place, shop in enumerate(mixed) if shop.connection_id >= 75]
    assert {after - before for before, after in itertools.pairwise(places)} == {4}


def test_a_door_that_takes_longer_than_the_measurement_is_measured_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow:
        now = 0.0

        def ingest(self, *_: object) -> None:
            self.now += 0.1

    door, report = Slow(), Report("ingest")
    monkeypatch.setattr("bench.ingest.time", SimpleNamespace(monotonic=lambda: door.now))
    assert _measure(report, "slow", door, shops(1), (1, 1, 1), 0.01) == 2
    assert report.measures["slow: p50"].values == [pytest.approx(100)]


def test_the_model_names_what_is_full_first() -> None:
    found = needs(COST, 1000, Plant())
    assert found.web_processes == pytest.approx(1 / 0.7)
    assert found.worker_processes == pytest.approx(2 / 0.7)
    assert found.stored_bytes_a_day == pytest.approx(172.8e9)
    assert found.full_first[0] == "database sessions"
    # One core of the worker's own is less than a half of two cores for all of it, and two workers share them.
    assert most_on(4, 1, COST) == pytest.approx(500)
    assert most_on(2, 2, COST) == pytest.approx(2000 / 3.6)


def test_an_unknown_benchmark_is_refused_at_once() -> None:
    done = subprocess.run(
        ["/bin/sh", "run", "bench", "speed"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no benchmark speed" in done.stderr


def test_ingest_takes_in_what_it_counts_and_says_so_in_json() -> None:
    command = ["/bin/sh", "run", "bench", "ingest", "--quick", "--json"]
    done = subprocess.run(command, cwd=CHECKOUT, env=_own_servers(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["benchmarks"]
    assert found["benchmark"] == "ingest"
    rates = [measure["median"] for title, measure in found["measures"].items() if title.endswith("rate")]
    assert len(rates) == 6
    assert all(rates)
    assert len(found["goals"]) == 4


def _own_servers() -> dict[str, str]:
    """A Redis that no process of another test listens to, and PostgreSQL without a pooler: it makes databases."""
    variables = {**os.environ, "DATABASE_URL": os.environ.get(pooled.DIRECT) or os.environ["DATABASE_URL"]}
    given = variables.pop("REDIS_URL")
    if broker.is_redis():
        variables["REDIS_URL"] = urlsplit(given)._replace(path="/15").geturl()
    return variables
