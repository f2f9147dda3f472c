"""A kill leaves nobody over: PostgreSQL's sessions are in groups of their own, and would serve on for a moment."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.demo.child import wait_until
from config.demo.supervisor import children
from tests.faults.killing import kill

PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {child!r}], start_new_session={own!r})"
CHILD = "import signal, sys; print('ready', flush=True); signal.pause()"


def is_gone(pid: int) -> bool:
    """Also if nobody has asked for its exit code yet."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


@pytest.mark.parametrize("own", [True, False], ids=["in-a-group-of-its-own", "in-its-parent's"])
def test_a_killed_process_leaves_no_child(own: bool) -> None:
    command = [sys.executable, "-S", "-c", PARENT.format(child=CHILD, own=own)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        (child,) = children(parent.pid)
        kill([parent.pid])
        assert parent.wait(5) == -signal.SIGKILL
    assert wait_until(lambda: is_gone(child), 5)


def test_one_that_is_gone_already_is_no_hindrance() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", ""], start_new_session=True) as process:
        process.wait(5)
    kill([process.pid])
