"""How much of a URL is shown to whom."""

import pytest

from integrations.addresses import concealed, masked

MAKE = "https://hook.eu2.make.com/abcdefghijklmnopqrstuvwxyz012345"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.zapier.com/hooks/catch/123/abc/", "https://hooks.zapier.com/hooks/***"),
        ("https://n8n.example/webhook/4f1d?token=abc", "https://n8n.example/webhook/***?token=***"),
        (MAKE, "https://hook.eu2.make.com/***"),
        ("https://shop.example:8443/happ", "https://shop.example:8443/happ"),
        ("https://shop.example/happ/", "https://shop.example/happ/"),
        ("https://shop.example", "https://shop.example"),
    ],
    ids=["zapier", "n8n", "make", "one part", "one part and a slash", "no path"],
)
def test_who_may_not_change_a_url_sees_no_secret_of_its_path(url: str, shown: str) -> None:
    assert concealed(url) == shown
    assert concealed(shown) == shown


def test_who_may_change_it_sees_its_path() -> None:
    assert masked("https://n8n.example/webhook/4f1d?token=abc") == "https://n8n.example/webhook/4f1d?token=***"
