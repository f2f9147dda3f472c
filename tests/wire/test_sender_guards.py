"""Never inward: whatever DNS, redirects, encodings, proxies and the environment say."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from happ_webhooks.wire.sender import Sender
from tests.wire import receivers
from tests.wire.hostile import HOSTILE
from tests.wire.receivers import OK, answers_with, receiver

HEADERS = {"authorization": "Bearer right", "accept-encoding": "identity"}
BODY = b'{"a":1}'
BLOCKED = "The URL leads to a private or reserved address."


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.0.0.5",),
        ("169.254.169.254",),
        ("::1",),
        ("fe80::1%eth0",),
        ("::ffff:127.0.0.1",),
        ("8.8.8.8", "10.0.0.5"),
        ("10.0.0.5", "8.8.8.8"),
    ],
)
def test_a_name_with_any_inner_address_is_blocked_before_a_packet_leaves(
    addresses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", connect)
    result = Sender(resolve=answers_with(*addresses)).post("https://crm.example.com/", HEADERS, BODY)
    assert (result.error, result.detail, result.status_code) == ("BLOCKED", BLOCKED, None)
    assert result.connect_ms is None


def test_an_inner_address_in_the_url_itself_is_blocked() -> None:
    for url in ("https://127.0.0.1/", "https://0x7f.1/", "https://[::1]/", "https://2130706433/"):
        assert Sender().post(url, HEADERS, BODY).error == "BLOCKED"


def test_a_url_that_is_no_target_is_blocked() -> None:
    for url in ("", "ftp://example.com/", "http://example.com/", "https://a b.com/", "\ud800"):
        assert Sender().post(url, HEADERS, BODY).error == "BLOCKED"


def test_the_name_is_asked_once_and_the_connection_goes_to_what_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second lookup would be the rebinding attack: public when checked, inner when connected."""
    lookups: list[str] = []
    connected: list[object] = []

    def resolve(host: str, port: int, family: int, kind: int) -> list[object]:
        lookups.append(host)
        address = "93.184.216.34" if len(lookups) == 1 else "127.0.0.1"
        return [(socket.AF_INET, kind, 6, "", (address, port))]

    def connect(self: socket.socket, address: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    result = Sender(resolve=resolve).post("https://crm.example.com/", HEADERS, BODY)
    assert result.error == "REFUSED"
    assert lookups == ["crm.example.com."]
    assert connected == [("93.184.216.34", 443)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_and_its_target_never_told(status: int) -> None:
    with receiver(receivers.answer(OK)) as inner:
        location = f"Location: {inner.url('/secret')}\r\nContent-Length: 0\r\n\r\n".encode()
        with receiver(receivers.answer(b"HTTP/1.1 %d X\r\n" % status + location)) as it:
            sender = Sender(allow_private=True)
            result = sender.post(it.url(), HEADERS, BODY)
            sender.close()
    assert (result.error, result.status_code) == ("REDIRECT", status)
    assert "secret" not in result.detail
    assert len(it.requests) == 1
    assert inner.connections == 0


def test_a_location_that_is_no_url_is_still_a_redirect() -> None:
    with receiver(receivers.redirect_to("http://[bad")) as it:
        assert Sender(allow_private=True).post(it.url(), HEADERS, BODY).error == "REDIRECT"


def test_netrc_proxies_cookies_and_ca_bundles_of_the_environment_change_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login evil password evil\n")
    with receiver(receivers.answer(OK)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
        cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok"
        with receiver(receivers.answer(cookie)) as it:
            sender = Sender(allow_private=True)
            assert [sender.post(it.url(), HEADERS, BODY).error for _ in range(2)] == [None, None]
            sender.close()
    assert proxy.connections == 0
    for request in it.requests:
        assert b"authorization: Bearer right\r\n" in request
        assert b"cookie" not in request.lower()


def test_what_arrives_is_exactly_the_request() -> None:
    with receiver(receivers.answer(OK)) as it:
        sender = Sender(allow_private=True)
        sender.post(it.url("/Hook/%D0%B0?q=1#fragment"), {"accept-encoding": "identity", "user-agent": "u"}, BODY)
        sender.close()
    assert it.requests == [
        b"POST /Hook/%%D0%%B0?q=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\naccept-encoding: identity\r\nuser-agent: u\r\n"
        b"Content-Length: 7\r\n\r\n%b" % (it.port, BODY)
    ]


def test_a_fault_of_ours_is_internal_and_its_log_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with receiver(receivers.answer(OK)) as it:
        sender = Sender(allow_private=True)
        url = it.url("/path-canary@x/y?token=query-canary")
        for password in ("header-canary\r\nx: y", "канарка"):
            result = sender.post(url, {"authorization": password}, BODY)
            assert (result.error, result.detail) == ("INTERNAL", "HAPP could not send this; the fault is ours.")
    assert it.requests == []
    assert "canary" not in caplog.text
    assert "канарка" not in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.ERROR]
    assert all(f"127.0.0.1:{it.port}" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread"), OSError(24, "Too many")])
def test_our_own_lack_of_memory_threads_or_descriptors_is_internal(error: Exception) -> None:
    def resolve(*_: object) -> list[object]:
        raise error

    assert Sender(resolve=resolve).post("https://crm.example.com/", HEADERS, BODY).error == "INTERNAL"


def test_a_header_that_is_no_header_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """urllib3 would log the whole URL and the receiver's words."""
    caplog.set_level(logging.DEBUG)
    with receiver(HOSTILE["header line without colon"][0]) as it:
        assert Sender(allow_private=True).post(it.url("/canary"), HEADERS, BODY).accepted
    assert caplog.records == []
