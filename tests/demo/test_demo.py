"""The demo as a person or a script runs it: real processes, killed in every way."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.demo.client import call
from config.demo.demo import is_ready
from config.demo.folder import CHECKOUT
from tests.demo.processes import Demo, all_gone, clean_environment, command, eventually, family


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("first") / "demo")
    yield demo
    demo.end()


@pytest.fixture(scope="module")
def second(first: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("second") / "demo"
    (folder / "postgres").mkdir(parents=True)
    (folder / "access.json").write_text('{"manage_token": "happ_old", "workspace_id": "ws_old"}')
    (folder / "mine.txt").write_text("kept")
    demo = Demo(folder, "--reset", "--port", str(urlsplit(first.ready()["web"]).port))
    yield demo
    demo.end()


def accepts(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except OSError:
        return False
    return True


def test_the_ready_file_is_true(first: Demo) -> None:
    facts = first.ready()
    assert facts["pid"] == first.process.pid
    assert call("GET", f"{facts['web']}/readyz").status == 200
    assert call("GET", f"{facts['receiver']}/arrivals").body == []
    assert Path(facts["log_dir"], "worker.log").is_file()
    assert len(facts["pids"]["worker"]) == 2
    running = {one.pid for one in family(first.process.pid)}
    assert running.issuperset(pid for group in facts["pids"].values() for pid in group)


def test_its_tokens_open_its_own_workspace_only(first: Demo) -> None:
    facts = first.ready()
    for workspace, status in (("workspace_id", 200), ("other_workspace_id", 404)):
        url = f"{facts['web']}/api/v1/workspaces/{facts[workspace]}/chat-webhook"
        assert call("GET", url, token=facts["manage_token"]).status == status


@pytest.mark.parametrize("group", ["worker", "beat", "web"])
def test_a_killed_process_is_back_within_two_seconds(first: Demo, group: str) -> None:
    before = first.ready()["pids"][group]
    os.kill(before[0], signal.SIGKILL)
    assert eventually(lambda: before[0] not in (now := first.ready()["pids"][group]) and len(now) > 0, 2)
    pids = first.ready()["pids"][group]
    assert {one.pid for one in family(first.process.pid)}.issuperset(pids)


def test_the_web_answers_again_after_it_was_killed(first: Demo) -> None:
    facts = first.ready()
    os.kill(facts["pids"]["web"][0], signal.SIGKILL)
    assert eventually(lambda: is_ready(facts["web"]), 10)


@pytest.mark.parametrize(
    ("pid_file", "address"), [("postgres/postmaster.pid", "database_url"), ("valkey.pid", "redis_url")]
)
def test_a_killed_server_is_back_on_its_port(first: Demo, pid_file: str, address: str) -> None:
    file = first.folder / pid_file
    before = file.read_text().splitlines()[0]
    os.kill(int(before), signal.SIGKILL)
    assert eventually(lambda: file.exists() and file.read_text().splitlines()[:1] not in ([before], []), 5)
    assert eventually(lambda: accepts(first.ready()[address]), 5)


def test_a_second_demo_on_the_same_folder_says_in_one_line_that_one_runs(first: Demo) -> None:
    environment = clean_environment(HAPP_DEMO_DIR=str(first.folder))
    done = subprocess.run(command(), env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert str(first.process.pid) in done.stderr
    assert first.ready()["web"] in done.stderr


def test_two_demos_side_by_side_do_not_meet(first: Demo, second: Demo) -> None:
    one, other = first.ready(), second.ready()
    for name in ("web", "receiver", "database_url", "redis_url", "workspace_id", "manage_token", "log_dir"):
        assert one[name] != other[name]
    url = f"{other['web']}/api/v1/workspaces/{other['workspace_id']}/chat-webhook"
    assert call("GET", url, token=one["manage_token"]).status == 401
    assert call("GET", url, token=other["manage_token"]).status == 200


def test_a_taken_port_gives_way_to_the_next_and_the_demo_says_so(first: Demo, second: Demo) -> None:
    wanted = urlsplit(first.ready()["web"]).port
    assert f"Port {wanted} is taken: the web is at {second.ready()['web']}" in second.said()


def test_reset_forgets_the_data_and_touches_nothing_else_in_the_folder(second: Demo) -> None:
    facts = second.ready()
    assert facts["workspace_id"] != "ws_old"
    assert facts["manage_token"] != "happ_old"
    assert (second.folder / "mine.txt").read_text() == "kept"


def test_sigterm_stops_all_within_ten_seconds(second: Demo) -> None:
    members = family(second.process.pid)
    assert len(members) > 8
    began = time.monotonic()
    assert second.end() == 0
    assert time.monotonic() - began < 10
    assert all_gone(members, 1)
    assert not second.ready_file.exists()


def test_a_killed_supervisor_leaves_no_orphan_and_its_data_serve_the_next_run(first: Demo) -> None:
    before, members = first.ready(), family(first.process.pid)
    first.end(signal.SIGKILL)
    assert all_gone(members, 5)
    with_data = Demo(first.folder)
    try:
        after = with_data.ready()
    finally:
        with_data.end()
    assert [after[name] for name in ("workspace_id", "manage_token", "users")] == [
        before[name] for name in ("workspace_id", "manage_token", "users")
    ]
