"""A missing or malformed setting stops the start with one line that names it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
GOOD = {
    "HAPP_SECRET_KEY": "x" * 50,
    "HAPP_ENCRYPTION_KEYS": "A" * 43 + "=",
    "DATABASE_URL": "postgres://a:b@127.0.0.1:1/c",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def start(**changes: str) -> "subprocess.CompletedProcess[str]":
    variables = {name: value for name, value in os.environ.items() if not name.startswith("HAPP_")}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=CHECKOUT,
        env={**variables, **GOOD, **changes},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///x"),
        ("REDIS_URL", "http://x"),
        ("HAPP_SECRET_KEY", ""),
        ("HAPP_ENCRYPTION_KEYS", "short"),
        ("HAPP_RETRY_LADDER", "5,zero"),
        ("HAPP_DEADLINE_SECONDS", "600"),
        ("HAPP_LOG_DAYS", "-3"),
        ("HAPP_ALLOW_PRIVATE_TARGETS", "yes"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line_that_names_it(name: str, value: str) -> None:
    started = start(**{name: value})

    assert started.returncode == 1
    assert started.stdout == ""
    [line] = started.stderr.strip().splitlines()
    assert line.startswith(f"{name} ")
    assert not value or value not in line


def test_private_targets_are_refused_in_production() -> None:
    started = start(HAPP_PRODUCTION="1", HAPP_ALLOW_PRIVATE_TARGETS="1")

    assert started.returncode == 1
    assert "happ.E001" in started.stderr
    assert start(HAPP_PRODUCTION="1").returncode == 0


def test_every_setting_is_in_the_table() -> None:
    sources = [CHECKOUT / "config/settings.py", CHECKOUT / "Procfile", *(CHECKOUT / "config/demo").glob("*.py")]
    text = "\n".join(path.read_text() for path in sources)
    used = set(re.findall(r"\bHAPP_[A-Z_]+[A-Z]\b", text)) | {"DATABASE_URL", "REDIS_URL"}
    table = (CHECKOUT / "docs/ops/settings.md").read_text()

    assert {name for name in used if f"| `{name}` |" not in table} == set()
