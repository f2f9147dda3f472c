"""`deploy/set-up` stops at once where it cannot work, and says what to do."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.processes import CHECKOUT

SET_UP = CHECKOUT / "deploy" / "set-up"


def said(*words: str) -> tuple[int, str]:
    done = subprocess.run([SET_UP, *words], capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr or done.stdout


def test_asked_for_help_it_tells_its_options() -> None:
    code, told = said("--help")

    assert code == 0
    assert told.startswith("deploy/set-up NAME --certificate FILE --key FILE")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--key", "x"), "the first word must be the name of the site; --help has more."),
        (("happ.example.com", "--key"), "--key needs a value."),
        (("happ.example.com", "--colour", "red"), "--colour is not known; --help has more."),
        (("happ.example.com/", "--key", "x"), "happ.example.com/ is no host name."),
        (("happ.example.com", "--broker", "kafka"), "--broker must be redis or rabbitmq."),
        (("happ.example.com", "--workers", "two"), "--workers must be a whole number above 0."),
    ],
)
def test_words_that_it_does_not_know_are_named(words: tuple[str, ...], sentence: str) -> None:
    assert said(*words) == (1, f"set-up: {sentence}\n")


@pytest.mark.skipif(os.geteuid() != 0 or Path("/run/systemd/system").exists(), reason="it would really set up")
def test_without_systemd_it_changes_nothing() -> None:
    sentence = "this host does not run systemd, which is to start the processes."
    assert said("happ.example.com") == (1, f"set-up: {sentence}\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may")
def test_without_root_it_changes_nothing() -> None:
    assert said("happ.example.com") == (1, "set-up: run this as root.\n")
