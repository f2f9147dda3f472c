"""What starts the processes in different places starts the same ones: Procfile, systemd's units, Docker's files."""

import configparser
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.processes import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
PROCFILE = dict(line.split(": ", 1) for line in (CHECKOUT / "Procfile").read_text().splitlines())
UNITS = {
    "web": "happ-web.service",
    "worker": "happ-worker@.service",
    "troubled": "happ-troubled@.service",
    "beat": "happ-beat.service",
}
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SETTING = re.compile(r"\b(HAPP_[A-Z_]+|DATABASE_URL|REDIS_URL|PROMETHEUS_MULTIPROC_DIR)(?:_FILE)?=")


def unit(file: str) -> configparser.RawConfigParser:
    read = configparser.RawConfigParser(strict=False)
    read.read(DEPLOY / "systemd" / file)
    return read


def plain(command: str) -> str:
    """Without what differs from place to place: where programs lie, the names of workers, and beat's file."""
    command = command.removeprefix("/opt/happ/current/venv/bin/").replace("-%i@%%h", "@%h")
    return re.sub(r"--schedule \S+", "--schedule FILE", command).replace(" --bind 0.0.0.0:8000", "")


def table() -> str:
    return (CHECKOUT / "docs" / "ops" / "settings.md").read_text()


@pytest.mark.parametrize("process", UNITS)
def test_a_unit_of_systemd_starts_what_the_procfile_starts(process: str) -> None:
    assert plain(unit(UNITS[process])["Service"]["ExecStart"]) == plain(PROCFILE[process])


def test_every_process_of_the_procfile_has_a_unit() -> None:
    assert {*UNITS, "release"} == {*PROCFILE}
    assert {file.name for file in (DEPLOY / "systemd").glob("*.service")} == {*UNITS.values()}


@pytest.mark.parametrize("process", ["worker", "troubled", "beat"])
def test_a_service_of_compose_starts_what_the_procfile_starts(process: str) -> None:
    assert plain(COMPOSE["services"][process]["command"]) == plain(PROCFILE[process])


def test_the_image_starts_web_as_the_procfile_does() -> None:
    words = re.search(r"^CMD (.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert words
    assert plain(" ".join(json.loads(words[1]))) == plain(PROCFILE["web"])
    assert "command" not in COMPOSE["services"]["web"]


def test_compose_migrates_as_the_procfile_does() -> None:
    assert PROCFILE["release"] in COMPOSE["services"]["migrate"]["command"]


def test_compose_gives_every_process_all_that_has_no_default() -> None:
    required = set(re.findall(r"^\| `([A-Z_]+)` \| required", table(), re.MULTILINE))
    given = {name.removesuffix("_FILE") for name in COMPOSE["services"]["worker"]["environment"]}
    assert required - {"HAPP_PUBLIC_HOSTS"} <= given


@pytest.mark.parametrize(
    "file",
    [
        *(path.relative_to(DEPLOY) for path in sorted(DEPLOY.rglob("*.service"))),
        "systemd/happ-.service.d/common.conf",
        "environment",
        "happ",
        "compose.yaml",
    ],
    ids=str,
)
def test_every_setting_that_is_made_is_in_the_table(file: str | Path) -> None:
    text = (DEPLOY / file).read_text().replace(": ", "=")
    assert {name for name in SETTING.findall(text) if f"`{name}`" not in table()} == set()


def test_the_image_and_set_up_take_the_same_code_along() -> None:
    taken = re.search(r"set -- (manage.py .*)$", (DEPLOY / "set-up").read_text(), re.MULTILINE)
    assert taken
    copied = re.findall(r"^COPY (\w+(?:\.py)?) ", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {*taken[1].split()} == {*copied, "requirements"}
    assert {f"!{name}" for name in copied} < {*ignored}
