from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from happ_webhooks.history.moments import moment_of


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_what_python_and_javascript_write_is_read(moment: datetime) -> None:
    assert moment_of(moment.isoformat()) == moment
    shortened = moment.replace(microsecond=0)
    assert moment_of(shortened.isoformat().replace("+00:00", ".000Z")) == shortened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-25T11:30:07Z", datetime(2026, 5, 25, 11, 30, 7, tzinfo=UTC)),
        ("2026-05-25t14:30:07.412+03:00", datetime(2026, 5, 25, 11, 30, 7, 412000, tzinfo=UTC)),
        ("2026-05-25 11:30:07.123456789z", datetime(2026, 5, 25, 11, 30, 7, 123456, tzinfo=UTC)),
    ],
)
def test_zones_and_fractions_are_understood(text: str, expected: datetime) -> None:
    assert moment_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-05-25",
        "2026-05-25T11:30:07",
        "2026-05-25T11:30Z",
        "2026-W21-1T11:30:07Z",
        "20260525T113007Z",
        "2026-02-30T11:30:07Z",
        "2026-05-25T24:00:00Z",
        "2026-05-25T23:59:60Z",
        "2026-05-25T11:30:07+24:00",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        " 2026-05-25T11:30:07Z",
        "2026-05-25T11:30:07Z\n",
        "٢٠٢٦-05-25T11:30:07Z",
        "1779708607",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        moment_of(text)
