from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from happ_webhooks.wire.target import Target, TargetRefused, check_url


def refusal(url: str, *, allow_private: bool = False) -> str:
    with pytest.raises(TargetRefused) as caught:
        check_url(url, allow_private=allow_private)
    assert caught.value.detail.endswith(".")
    return caught.value.code


@pytest.mark.parametrize(
    ("url", "normal", "host", "port", "origin"),
    [
        ("https://crm.example.com", "https://crm.example.com", "crm.example.com", 443, "https://crm.example.com"),
        ("  HTTPS://CRM.Example.com./Hook?A=b#x\n", "https://crm.example.com/Hook?A=b", "crm.example.com", 443, None),
        ("https://n8n.example.com:5678/w", None, "n8n.example.com", 5678, "https://n8n.example.com:5678"),
        ("https://example.com:443/", "https://example.com/", "example.com", 443, "https://example.com"),
        ("https://example.com:/", "https://example.com/", "example.com", 443, None),
        ("https://my_host.example.com/%2fa", None, "my_host.example.com", 443, None),
        ("https://приклад.укр/Шлях", None, "xn--80aikifvh.xn--j1amh", 443, None),
        ("https://аррӏе.com/", None, "xn--80ak6aa92e.com", 443, None),
        ("https://example\u3002com/", "https://example.com/", "example.com", 443, None),
        ("https://8.8.8.8/", "https://8.8.8.8/", "8.8.8.8", 443, None),
        ("https://0x08080808/", "https://8.8.8.8/", "8.8.8.8", 443, None),
        ("https://[2606:4700:0::1111]:8443/", "https://[2606:4700::1111]:8443/", "2606:4700::1111", 8443, None),
    ],
)
def test_a_good_url_has_one_spelling(url: str, normal: str | None, host: str, port: int, origin: str | None) -> None:
    target = check_url(url, allow_private=False)
    assert (target.host, target.port) == (host, port)
    assert target.url == (normal or target.url)
    assert target.origin == (origin or target.origin)
    assert target.url.isascii()
    assert check_url(target.url, allow_private=False) == target


@pytest.mark.parametrize(
    ("code", "urls"),
    [
        ("empty", ["", "  ", "\n\t"]),
        ("length", ["https://example.com/" + "a" * 2048, "https://example.com/" + "я" * 400]),
        (
            "chars",
            [
                "https://exa mple.com/",
                "https://example.com/a\tb",
                "https://exam\r\nple.com/",
                "https://example.com\\@127.0.0.1/",
                "https://example.com/\x00",
                "https://example.com/\x7f",
                "https://example.com/\u00a0a",
                "https://exa\u200bmple.com/",
                "https://example.com/\u202e",
                "https://example.com/\ud800",
            ],
        ),
        (
            "scheme",
            [
                "http://example.com/",
                "ftp://example.com/",
                "file:///etc/passwd",
                "gopher://example.com/",
                "javascript:alert(1)",
                "example.com",
                "//example.com",
                "https:example.com",
                "https:/example.com",
                "httpſ://example.com",
            ],
        ),
        ("userinfo", ["https://user:pass@example.com/", "https://@example.com/", "https://example.com@127.0.0.1/"]),
        (
            "host",
            [
                "https:///path",
                "https://redis/",
                "https://intranet./",
                "https://a..b/",
                "https://.example.com/",
                "https://example.com../",
                "https://-a.example.com/",
                "https://example.com%2e/",
                "https://%31%32%37.0.0.1/",
                "https://ex*mple.com/",
                "https://" + "a" * 64 + ".com/",
                "https://" + "a." * 130 + "com/",
                "https://1.2.3.4.5/",
                "https://256.1.1.1/",
                "https://1.2.3.08x.0x/",
                "https://[fe80::1%25eth0]/",
                "https://[::1/",
                "https://::1/",
                "https://[zz]/",
                "https://[127.0.0.1]/",
                "https://a℀b.com/",
                "https://example.com/".replace(".com", ".\u0338com"),
            ],
        ),
        (
            "port",
            [
                f"https://example.com:{port}/"
                for port in ("0", "22", "25", "1023", "65536", "99999999", "-1", "x", "８０")
            ],
        ),
        (
            "address",
            [
                "https://127.0.0.1/",
                "https://127.1/",
                "https://2130706433/",
                "https://0x7f000001/",
                "https://0x7f.1/",
                "https://017700000001/",
                "https://0177.0.0.1/",
                "https://127.0.0.1./",
                "https://127\u30020\u30020\u30021/",
                "https://１２７.0.0.1/",
                "https://①②⑦.0.0.1/",
                "https://127.0.0.1\u00ad/",
                "https://0/",
                "https://10.0.0.5:8443/",
                "https://169.254.169.254/",
                "https://100.64.0.1/",
                "https://192.168.1.1/",
                "https://172.16.0.1/",
                "https://[::1]/",
                "https://[::]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[::ffff:7f00:1]/",
                "https://[::127.0.0.1]/",
                "https://[64:ff9b::7f00:1]/",
                "https://[fd00::1]/",
                "https://localhost/",
                "https://LOCALHOST./",
                "https://a.localhost/",
            ],
        ),
    ],
)
def test_a_bad_url_is_refused_with_its_own_code(code: str, urls: list[str]) -> None:
    assert {url: refusal(url) for url in urls} == dict.fromkeys(urls, code)


def test_private_targets_pass_where_they_are_allowed() -> None:
    for url in (
        "http://localhost:8010/happ",
        "http://127.0.0.1:1/",
        "https://redis/",
        "http://[::1]:9/",
        "http://10.0.0.1:22/",
    ):
        assert check_url(url, allow_private=True).url == url
    assert check_url("http://0x7f.1/x?y", allow_private=True) == Target(
        "http://127.0.0.1/x?y", "http", "127.0.0.1", 80, "/x?y"
    )
    assert refusal("ftp://localhost/", allow_private=True) == "scheme"
    assert refusal("http://a@localhost/", allow_private=True) == "userinfo"
    assert refusal("http://localhost:0/", allow_private=True) == "port"


def test_happ_itself_is_no_receiver() -> None:
    with pytest.raises(TargetRefused) as caught:
        check_url("https://API.happ.example.:8443/", allow_private=False, own_hosts={"api.happ.example"})
    assert caught.value.code == "own_host"


@settings(deadline=None)
@given(st.text(max_size=60), st.booleans())
def test_any_text_is_a_target_or_a_refusal(text: str, allow_private: bool) -> None:
    for url in (text, f"https://{text}", f"https://{text}/", f"http://example.com{text}"):
        try:
            target = check_url(url, allow_private=allow_private)
        except TargetRefused:
            continue
        assert target.url.isascii()
        assert check_url(target.url, allow_private=allow_private) == target
