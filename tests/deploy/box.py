"""A Debian of its own that boots systemd: what an operator gets from whoever rents out machines, thrown away after.

It has a network with nobody else in it, so all packages are fetched beforehand: Debian's into apt's own store, the
registry's into a folder.
"""

import contextlib
import ctypes
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.processes import CHECKOUT

KEPT = CHECKOUT / "var" / "deploy"
RELEASE = "bookworm"
TOOLS = ("debootstrap", "systemd-nspawn", "nsenter")
BASE = "systemd,systemd-sysv,dbus,iproute2"
PACKAGES = ("adduser", "ca-certificates", "nginx", "openssl", "postgresql", "prometheus", "python3-venv")
BROKERS = {"redis": "redis-server", "rabbitmq": "rabbitmq-server"}
BOOTED_WITHIN = 60
NETWORK = 0x40000000  # CLONE_NEWNET of sched.h
NSPAWN = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--machine=happ-box")


class MissingToolError(Exception):
    """Something that this needs is not on the machine."""


def do(*words: str | Path) -> None:
    """Runs a command on this machine; CalledProcessError if it fails."""
    subprocess.run([str(word) for word in words], check=True)


def fetched() -> Path:
    """A folder with a minimal Debian, all packages to be installed on it, and wheels. Made once, and kept."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise MissingToolError(f"{', '.join(missing)}: apt-get install debootstrap systemd-container util-linux")
    debian, wheels = KEPT / "debian", KEPT / "wheels"
    if not (KEPT / "complete").exists():
        shutil.rmtree(KEPT, ignore_errors=True)
        wheels.mkdir(parents=True)
        do("debootstrap", "--variant=minbase", f"--include={BASE}", RELEASE, debian)
        fetch = "apt-get -qq update; apt-get -qq install --no-install-recommends --download-only"
        names = " ".join((*PACKAGES, *BROKERS.values()))
        do(*NSPAWN, "-D", debian, "sh", "-c", f"{fetch} {names} >/dev/null")
        (KEPT / "complete").touch()
    # Without the conditions: Debian's Python is another patch release than the one that runs here.
    locked = re.sub(r" ; [^\\\n]*", "", (CHECKOUT / "requirements" / "base.txt").read_text())
    (KEPT / "all.txt").write_text(locked)
    do(sys.executable, "-m", "pip", "download", "-qqq", "--no-deps", "-r", KEPT / "all.txt", "-d", wheels)
    return KEPT


@dataclass
class Box:
    """`root` is its file system. `run` is at a shell of root's."""

    root: Path
    process: "subprocess.Popen[bytes] | None" = None

    @classmethod
    @contextlib.contextmanager
    def made(cls, kept: Path) -> "Iterator[Box]":
        """Over the kept Debian, which stays as it is: what changes is in memory."""
        layers = kept / "box"
        layers.mkdir(exist_ok=True)
        do("mount", "-t", "tmpfs", "-o", "size=6g", "happ-box", layers)
        try:
            for name in ("changed", "work", "root"):
                (layers / name).mkdir()
            options = f"lowerdir={kept / 'debian'},upperdir={layers / 'changed'},workdir={layers / 'work'}"
            do("mount", "-t", "overlay", "-o", options, "overlay", layers / "root")
            box = cls(layers / "root")
            try:
                yield box
            finally:
                box.stop()
                do("umount", box.root)
        finally:
            do("umount", layers)

    def boot(self) -> None:
        """Starts it, and moves this thread and those it starts from now on into its network."""
        words = [*NSPAWN, f"--directory={self.root}", "--private-network", "--console=pipe", "--boot"]
        with (self.root.parent / "console").open("ab") as console:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        end = time.monotonic() + BOOTED_WITHIN
        while not self._is_up():
            if time.monotonic() > end:
                raise AssertionError(f"it does not boot: {(self.root.parent / 'console').read_text()[-2000:]}")
            time.sleep(0.2)
        with Path(f"/proc/{self._leader()}/ns/net").open() as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), NETWORK):
                raise OSError(ctypes.get_errno(), "setns")

    def _is_up(self) -> bool:
        if self.process is None or self.process.poll() is not None or not self._leader():
            return False
        state = self.run("systemctl", "is-system-running", check=False)
        return state.strip() in {"running", "degraded"}

    def _leader(self) -> str:
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return children[0] if children else ""

    def run(self, *words: str, check: bool = True, variables: Sequence[str] = ()) -> str:
        """What the command printed; `variables` as NAME=value."""
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        inside = ("nsenter", "--target", self._leader(), "--all", "--root", "--wd")
        command = [*inside, "env", "--ignore-environment", path, "LANG=C.UTF-8", *variables, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(words)} ended with {done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return done.stdout

    def stop(self) -> None:
        """As an operator's poweroff does it."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.run("systemctl", "poweroff", check=False)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.process = None
