"""Several processes of a host count together, and what the dead counted stays."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deliveries.metering import folder

COUNT = """
import os, sys, time
from deliveries.metering.counted import ACCEPTED, ATTEMPT
ACCEPTED.labels("queued").inc({count})
ATTEMPT.observe(0.3)
print("ready", flush=True)
sys.stdin.read()
"""
FORK = """
import os, sys
from deliveries.metering.counted import ACCEPTED
ACCEPTED.labels("queued").inc(1)
children = []
for count in (10, 100):
    pid = os.fork()
    if not pid:
        ACCEPTED.labels("queued").inc(count)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
"""


class Hosts:
    """Processes that count in one folder."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, code: str) -> "subprocess.Popen[bytes]":
        variables = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self.place)}
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.running.append(process)
        return process

    def count(self, number: int) -> "subprocess.Popen[bytes]":
        """A process that has counted so many events, and lives on."""
        process = self.start(COUNT.format(count=number))
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    def end(self, process: "subprocess.Popen[bytes]", number: int = signal.SIGKILL) -> None:
        process.send_signal(number)
        process.communicate()

    def told(self) -> tuple[float, float]:
        """Events queued, and attempts measured at most 0.5 s."""
        samples = {
            (sample.name, *sample.labels.values()): sample.value
            for family in folder.read(self.place)
            for sample in family.samples
        }
        return samples["happ_accepted_events_total", "queued"], samples["happ_attempt_seconds_bucket", "0.5"]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    hosts = Hosts(tmp_path)
    yield hosts
    for process in hosts.running:
        process.kill()
        process.communicate()


def test_what_all_living_processes_counted_is_one_sum(hosts: Hosts) -> None:
    hosts.count(3)
    hosts.count(40)
    assert hosts.told() == (43, 2)


def test_what_a_killed_process_counted_stays_and_its_files_go(hosts: Hosts) -> None:
    killed, ended = hosts.count(3), hosts.count(40)
    hosts.count(500)
    assert hosts.told() == (543, 3)
    hosts.end(killed)
    hosts.end(ended, signal.SIGTERM)

    assert hosts.told() == (543, 3)
    names = sorted(file.name for file in hosts.place.iterdir())
    assert len(names) == 6
    assert [name for name in names if "past" in name] == ["counter_past.db", "histogram_past.db"]

    hosts.count(7000)
    assert hosts.told() == (7543, 4)


def test_forked_processes_count_apart_and_add_up(hosts: Hosts) -> None:
    process = hosts.start(FORK)
    process.communicate()
    assert hosts.told() == (111, 0)
    assert hosts.told() == (111, 0)


def test_a_forked_process_that_outlives_its_parent_goes_on_counting(hosts: Hosts) -> None:
    code = COUNT.format(count=2).replace('print("ready"', 'os.fork() and os._exit(0)\nprint("ready"')
    code = code.replace("sys.stdin.read()", 'sys.stdin.readline()\nACCEPTED.labels("queued").inc(5)\nprint("more")')
    process = hosts.start(code)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.wait()
    assert hosts.told() == (2, 1)
    out, _ = process.communicate(b"\n")
    assert out == b"more\n"
    assert hosts.told() == (7, 1)


def test_nobody_reads_while_the_dead_are_added_up(hosts: Hosts) -> None:
    hosts.end(hosts.count(3))
    told: list[tuple[float, float]] = []
    reader = threading.Thread(target=lambda: told.append(hosts.told()))
    with (hosts.place / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reader.start()
        reader.join(0.2)
        assert told == []
    reader.join()
    assert told == [(3, 1)]


def test_without_a_folder_a_process_works_and_leaves_no_file(tmp_path: Path) -> None:
    for value in ({}, {"PROMETHEUS_MULTIPROC_DIR": ""}):
        variables = {name: text for name, text in os.environ.items() if name != folder.VARIABLE}
        code = "from deliveries.metering.counted import ACCEPTED; ACCEPTED.labels('queued').inc(); print('counted')"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**variables, "PYTHONPATH": str(Path.cwd()), **value},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.stdout == "counted\n", done.stderr
    assert list(tmp_path.iterdir()) == []
