"""`./run` on a machine that lacks something."""

import shutil
import subprocess
from pathlib import Path

import pytest

from config.demo.folder import CHECKOUT


def run(*arguments: str, folder: Path = CHECKOUT, path: str = "/usr/bin:/bin") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", str(folder / "run"), *arguments], env={"PATH": path}, capture_output=True, text=True, check=False
    )


def test_help_names_every_command() -> None:
    done = run("help")
    assert done.returncode == 0
    assert all(f"./run {command}" in done.stdout for command in ("demo", "test", "check", "help"))


def test_an_unknown_command_shows_the_help_and_fails() -> None:
    done = run("dance")
    assert done.returncode == 2
    assert "./run demo" in done.stderr


@pytest.mark.parametrize("python", ["", "#!/bin/sh\nexit 1\n"])
def test_without_a_fitting_python_it_says_in_one_line_what_to_install(tmp_path: Path, python: str) -> None:
    shutil.copy(CHECKOUT / "run", tmp_path / "run")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "cat"):
        (tools / name).symlink_to(shutil.which(name) or "")
    if python:
        (tools / "python3").write_text(python)
        (tools / "python3").chmod(0o755)
    done = run("test", folder=tmp_path, path=str(tools))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.endswith("Install it with: apt-get install python3-venv\n")


def test_the_procfile_starts_what_the_product_is_made_of() -> None:
    lines = dict(line.split(": ", 1) for line in (CHECKOUT / "Procfile").read_text().splitlines())
    assert set(lines) >= {"release", "web", "worker", "troubled", "beat"}
    assert "--queues fresh,control" in lines["worker"]
    assert "--queues troubled,control" in lines["troubled"]
