"""Child processes that never outlive their parent, not even one killed with SIGKILL."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SET_DEATH_SIGNAL, SET_KEEP_CAPABILITIES, AMBIENT, AMBIENT_RAISE = 1, 8, 47, 2
BYPASS_FILE_PERMISSIONS = 1
CAPABILITY_VERSION = 0x20080522

# Loaded before any fork: between fork and exec a child must not import or allocate more than it has to.
libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Account:
    """Whom a child runs as. `any_folder` lets it enter what only root may enter, such as a checkout in /root."""

    uid: int
    gid: int
    any_folder: bool


def launch(
    program: str | Path,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    folder: Path | None = None,
    keep: Collection[int] = (),
    death_signal: signal.Signals = signal.SIGKILL,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only us. Output goes to `log`, if given.

    `keep` are open file descriptors that the child takes over under the same numbers.

    The kernel sends `death_signal` when the THREAD that called this ends: call it from the main thread.
    """
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            [program, *arguments],
            env=None if environment is None else dict(environment),
            cwd=folder,
            stdin=None if output is None else subprocess.DEVNULL,
            stdout=output,
            stderr=output and subprocess.STDOUT,
            start_new_session=True,
            pass_fds=keep,
            preexec_fn=_tied_to(os.getpid(), death_signal, account),
        )
    finally:
        if output:
            output.close()


def _tied_to(parent: int, death_signal: signal.Signals, account: Account | None) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None

    def enter() -> None:
        if account:
            _become(account)
        # Last: a change of user clears it.
        libc.prctl(SET_DEATH_SIGNAL, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return enter


def _become(account: Account) -> None:
    if account.any_folder:
        libc.prctl(SET_KEEP_CAPABILITIES, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    if account.any_folder:
        mask = 1 << BYPASS_FILE_PERMISSIONS
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
        libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
        libc.prctl(AMBIENT, AMBIENT_RAISE, BYPASS_FILE_PERMISSIONS, 0, 0)


def unprivileged(*needed: Path) -> Account | None:
    """The account for a program that refuses to run as root and must reach `needed`; None if we are not root.

    The account is `nobody`, which every system has, so that a demo leaves no new user behind.
    """
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    closed = any(not path.stat().st_mode & 0o001 for start in needed for path in (start, *start.parents))
    return Account(entry.pw_uid, entry.pw_gid, any_folder=closed)


def stop(process: subprocess.Popen[bytes], polite: signal.Signals, grace: float) -> int:
    """Ask a child to end, insist after `grace` seconds; returns its exit code."""
    if process.poll() is None:
        process.send_signal(polite)
    try:
        return process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def is_running(pid: int, mark: str) -> bool:
    """Whether a process with this number runs and has `mark` in its command line: numbers are used again by others."""
    try:
        return mark in Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return False


def end(pid: int, mark: str, polite: signal.Signals, grace: float = 5) -> None:
    """End what a killed run left behind; `mark` as in `is_running`."""
    for sign, patience in ((polite, grace), (signal.SIGKILL, 2.0)):
        if not is_running(pid, mark):
            return
        os.kill(pid, sign)
        wait_until(lambda: not is_running(pid, mark), patience)


def wait_until(true: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Wait for a condition; False if it has not come true in time."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(pause)
    return True
