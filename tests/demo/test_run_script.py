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
    assert all(f"./run {command}" in done.stdout for command in ("demo", "test", "check", "screenshots", "help"))


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


TOOLS = ("dirname", "cat", "find", "head")


class Machine:
    """A checkout whose packages are installed, on a machine with few programs. What is installed is in `done`."""

    def __init__(self, folder: Path, user: int) -> None:
        self.folder, self.done = folder, folder / "done"
        self.done.touch()
        self._tools = folder / "tools"
        self._tools.mkdir()
        for name in TOOLS:
            (self._tools / name).symlink_to(shutil.which(name) or "")
        shutil.copy(CHECKOUT / "run", folder / "run")
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "installed-dev").write_text("digest")
        self.program("id", f"echo {user}")
        self.program("../.venv/bin/python", '[ "$1" = -c ] && echo digest || echo "$@" >>"$RUN_DONE"')

    def program(self, name: str, does: str) -> None:
        # Never through a link: it leads to the real program.
        (self._tools / name).unlink(missing_ok=True)
        (self._tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (self._tools / name).chmod(0o755)

    def test(self, **variables: str) -> "subprocess.CompletedProcess[str]":
        return self.run("test", "tests/pages", **variables)

    def run(self, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        variables = {"PATH": str(self._tools), "RUN_DONE": str(self.done), **variables}
        command = ["/bin/sh", str(self.folder / "run"), *words]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    def log(self) -> list[str]:
        return self.done.read_text().splitlines()


SUITE = "-m config.demo.servers -- python -m tests.servers -n 2 --dist loadfile tests/pages"


def test_root_gets_the_missing_browser_installed_before_the_suite(tmp_path: Path) -> None:
    machine = Machine(tmp_path, user=0)
    machine.program("apt-get", 'echo "apt-get $*" >>"$RUN_DONE"')
    assert machine.test().returncode == 0
    update, install, suite = machine.log()
    assert update == "apt-get update -qq"
    assert install.startswith("apt-get install -y -qq --no-install-recommends chromium")
    assert suite == SUITE


@pytest.mark.parametrize(("user", "apt_get"), [(1000, "exit 0"), (0, "exit 1"), (0, None)], ids=str)
def test_who_cannot_install_the_browser_is_told_how_and_the_suite_runs(
    tmp_path: Path, user: int, apt_get: str | None
) -> None:
    machine = Machine(tmp_path, user)
    if apt_get:
        machine.program("apt-get", apt_get)
    done = machine.test()
    assert "Install it with: apt-get install --no-install-recommends chromium" in done.stderr.splitlines()[-1]
    assert machine.log() == [SUITE]


@pytest.mark.parametrize("own", [True, False], ids=["named", "found"])
def test_a_browser_that_is_there_is_left_as_it_is(tmp_path: Path, own: bool) -> None:
    machine = Machine(tmp_path, user=1000)
    if not own:
        machine.program("chromium", "exit 0")
    done = machine.test(**({"HAPP_CHROMIUM": "/opt/chromium"} if own else {}))
    assert "chromium" not in done.stderr
    assert machine.log() == [SUITE]


FAULTS = "-m tests.faults --minutes 1"


def test_root_gets_what_moves_clocks_installed_before_the_faults(tmp_path: Path) -> None:
    machine = Machine(tmp_path, user=0)
    machine.program("find", "exit 0")
    machine.program("apt-get", 'echo "apt-get $*" >>"$RUN_DONE"')
    assert machine.run("faults", "--minutes", "1").returncode == 0
    update, install, faults = machine.log()
    assert update == "apt-get update -qq"
    assert install.startswith("apt-get install -y -qq --no-install-recommends libfaketime")
    assert "chromium" not in install
    assert faults == FAULTS


def test_who_cannot_install_it_is_told_that_some_faults_are_left_out(tmp_path: Path) -> None:
    machine = Machine(tmp_path, user=1000)
    machine.program("find", "exit 0")
    done = machine.run("faults", "--minutes", "1")
    told = "Some faults need what is missing here and are left out. Install it with: apt-get install "
    assert done.stderr.splitlines()[-1].startswith(f"{told}--no-install-recommends libfaketime")
    assert machine.log() == [FAULTS]


def test_the_procfile_starts_what_the_product_is_made_of() -> None:
    lines = dict(line.split(": ", 1) for line in (CHECKOUT / "Procfile").read_text().splitlines())
    assert set(lines) >= {"release", "web", "worker", "troubled", "beat"}
    assert "--queues fresh,control" in lines["worker"]
    assert "--queues troubled,control" in lines["troubled"]
