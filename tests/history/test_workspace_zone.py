"""A workspace's own time zone, whatever was written into it."""

import pytest

from happ_webhooks.history.models import Workspace


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Europe/Warsaw", "Europe/Warsaw"),
        ("Europe/Atlantis", "Europe/Kyiv"),
        ("", "Europe/Kyiv"),
        ("../etc", "Europe/Kyiv"),
    ],
    ids=["known", "unknown", "empty", "path"],
)
def test_a_zone_that_does_not_exist_is_kyivs(written: str, zone: str) -> None:
    assert Workspace(time_zone=written).zone.key == zone
