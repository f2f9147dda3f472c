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


def start(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """Python with these arguments; without any, `manage.py check`."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("HAPP_")}
    return subprocess.run(
        [sys.executable, *(arguments or ("manage.py", "check"))],
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
        ("HAPP_AUDIT_DAYS", "29"),
        ("HAPP_CA_BUNDLE", "/nowhere/ca.pem"),
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
    used = set(re.findall(r"\bHAPP_[A-Z_]+[A-Z]\b", text)) | {"DATABASE_URL", "REDIS_URL", "PROMETHEUS_MULTIPROC_DIR"}
    table = (CHECKOUT / "docs/ops/settings.md").read_text()

    assert {name for name in used if f"| `{name}` |" not in table} == set()


READ_FROM_FILES = {"secret", "secrets", "encryption_keys", "database", "broker"}
SECRETS = ("HAPP_SECRET_KEY", "HAPP_ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL")


def test_every_secret_may_be_in_a_file_and_none_is_read_without_that_choice() -> None:
    settings = (CHECKOUT / "config/settings.py").read_text()
    read = {name: reader for reader, name in re.findall(r'environment\.(\w+)\((?:\d+, )?"(\w+)"', settings)}
    by_file = {name for name, reader in read.items() if reader in READ_FROM_FILES}
    table = (CHECKOUT / "docs/ops/settings.md").read_text()

    assert by_file == {*SECRETS, "HAPP_SECRET_KEY_FALLBACKS", "SENTRY_DSN"}
    assert {name for name in by_file if f"`{name}_FILE`" not in table} == set()
    assert {name for name in read if re.search("SECRET|KEY|PASSWORD|TOKEN|_URL|_DSN", name)} == by_file


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_read_from_the_file_that_is_named(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(GOOD[name] + "\n")

    started = start(**{name: "", f"{name}_FILE": str(file)})

    assert (started.returncode, started.stderr) == (0, "")


def test_the_value_in_the_file_is_the_value(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("k" * 60 + "\n")
    ask = "from config import settings; print(settings.SECRET_KEY)"

    told = start("-c", ask, HAPP_SECRET_KEY="", HAPP_SECRET_KEY_FILE=str(file))

    assert (told.stdout, told.stderr) == ("k" * 60 + "\n", "")


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_given_twice_is_an_error_that_names_both(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(GOOD[name])

    started = start(**{f"{name}_FILE": str(file)})

    assert started.returncode == 1
    assert started.stderr == f"{name} and {name}_FILE are both set: keep one of them.\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "names a file that cannot be read: No such file or directory."),
        (b" \n", "names an empty file."),
        (b"\xff\xfe", "names a file that is no text."),
    ],
)
def test_a_file_that_holds_no_secret_stops_the_start(content: bytes | None, told: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    started = start(HAPP_SECRET_KEY="", HAPP_SECRET_KEY_FILE=str(file))

    assert (started.returncode, started.stderr) == (1, f"HAPP_SECRET_KEY_FILE {told}\n")


def test_a_malformed_secret_in_a_file_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("no-key-but-a-secret")

    started = start(HAPP_ENCRYPTION_KEYS="", HAPP_ENCRYPTION_KEYS_FILE=str(file))

    assert started.returncode == 1
    assert started.stderr.startswith("HAPP_ENCRYPTION_KEYS must be Fernet keys")
    assert "no-key" not in started.stderr
