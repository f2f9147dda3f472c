"""What the long forms of the generated tests came to is read from pytest's own results."""

import pytest

from tests.faults.suites import Counts, count, problems

RESULTS = """<testsuites><testsuite>
<testcase classname="tests.hostile.test_schema" name="test_one"><failure message="no">why</failure></testcase>
<testcase classname="tests.hostile.test_api" name="test_two"><skipped/></testcase>
<testcase classname="tests.hostile.test_schema" name="test_last"><system-out>--- Captured Out ---
5012 requests to 23 operations, 23 known
</system-out></testcase>
<testcase classname="tests.model.test_machine" name="test_four"><error message="no">why</error></testcase>
</testsuite></testsuites>"""
FINE = Counts(tests=4, skipped=0, failed=(), requests=5000)


def test_the_tests_and_the_requests_are_counted() -> None:
    failed = ("tests.hostile.test_schema.test_one", "tests.model.test_machine.test_four")
    assert count(RESULTS) == Counts(tests=4, skipped=1, failed=failed, requests=5012)


def test_a_run_in_which_all_passed_has_no_problems() -> None:
    assert problems(FINE, 0) == []


@pytest.mark.parametrize(
    ("counts", "code", "problem"),
    [
        (Counts(4, 0, ("tests.a.test_b",), 5000), 1, "tests.a.test_b failed"),
        (FINE, 3, "the tests ended with code 3"),
        (Counts(4, 0, (), 4999), 0, "of the API's schema only 4999 requests were made up, not 5000"),
    ],
)
def test_a_failure_an_early_end_and_too_few_requests_are_problems(counts: Counts, code: int, problem: str) -> None:
    assert problems(counts, code) == [problem]
