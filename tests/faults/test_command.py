"""What `./run faults` is told, and what it makes of it."""

import pytest

from tests.faults.__main__ import KINDS, arguments, named


def test_all_kinds_of_faults_are_injected_unless_some_are_named() -> None:
    assert arguments([]).kinds == list(KINDS)
    assert {kind.name for kind in arguments(["--only", "beat"]).kinds} == {"beat killed", "two beats"}
    assert arguments(["--only", "beat", "--only", "clock"]).kinds == named(["beat", "clock"])


def test_a_word_of_no_kind_is_an_error_that_names_the_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(["--only", "beat", "--only", "wombat"])
    assert ended.value.code == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "no kind of fault has 'wombat' in its name." in said
    assert all(kind.name in said for kind in KINDS)


def test_no_two_kinds_bear_one_name() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
