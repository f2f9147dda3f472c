"""Throw-away servers around a command: `python -m config.demo.servers`."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from config.demo import servers
from config.demo.folder import CHECKOUT
from tests.demo.processes import all_gone, clean_environment, eventually, family

SERVERS = [sys.executable, "-m", "config.demo.servers", "--"]
USE_BOTH = """
import os, psycopg2, redis, sys
connection = psycopg2.connect(os.environ["DATABASE_URL"])
connection.close()
broker = redis.Redis.from_url(os.environ["REDIS_URL"])
broker.ping()
broker.close()
sys.exit(7)
"""


def run(*command: str, folder: Path, **extra: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*SERVERS, *command],
        cwd=CHECKOUT,
        env=clean_environment(TMPDIR=str(folder), **extra),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_finds_both_servers_and_its_exit_code_is_handed_on(tmp_path: Path) -> None:
    done = run(sys.executable, "-c", USE_BOTH, folder=tmp_path)
    assert done.returncode == 7, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_addresses_from_outside_replace_the_servers(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgres://elsewhere/db", "REDIS_URL": "redis://elsewhere"}
    done = run("sh", "-c", 'echo "$DATABASE_URL $REDIS_URL"; ls "$TMPDIR"/*', folder=tmp_path, **given)
    assert done.stdout.splitlines() == ["postgres://elsewhere/db redis://elsewhere", "lock"]


def test_a_command_ended_by_a_signal_gives_the_shells_code(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgres://elsewhere/db", "REDIS_URL": "redis://elsewhere"}
    assert run("sh", "-c", "kill -TERM $$", folder=tmp_path, **given).returncode == 128 + signal.SIGTERM


def test_a_killed_run_leaves_no_process_and_the_next_clears_its_folder(tmp_path: Path) -> None:
    started = subprocess.Popen(
        [*SERVERS, "sh", "-c", "touch $TMPDIR/up; sleep 60"], cwd=CHECKOUT, env=clean_environment(TMPDIR=str(tmp_path))
    )
    assert eventually((tmp_path / "up").exists, 20)
    members = family(started.pid)
    assert len(members) > 4
    started.kill()
    started.wait()
    assert all_gone(members, 5)
    assert list(tmp_path.glob(f"{servers.PREFIX}*")) != []
    assert run("true", folder=tmp_path).returncode == 0
    assert list(tmp_path.glob(f"{servers.PREFIX}*")) == []


def test_a_folder_in_use_is_not_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with servers.temporary_folder() as mine:
        with servers.temporary_folder():
            assert mine.is_dir()
        assert mine.is_dir()
    assert not mine.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")
def test_root_runs_postgresql_in_a_folder_that_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert run("true", folder=closed).returncode == 0
