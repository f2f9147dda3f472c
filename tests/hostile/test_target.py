"""Never inward, held against a second opinion: the C library reads the address, IANA's registries judge it."""

import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from happ_webhooks.wire.sender import Sender
from happ_webhooks.wire.target import Target, TargetRefused, check_url, is_public
from tests.hostile.examples import generated
from tests.hostile.registry import is_inner, is_outer, number
from tests.hostile.spellings import any_v4, any_v6, carrying, inner_v4, spelled_v4, spelled_v6

HOSTS = st.sampled_from(
    ["crm.example.com", "localhost", "a.localhost", "redis", "xn--e1afmkfd.xn--p1ai", "приклад.укр", "127.0.0.1.nip.io"]
)
# What parsers disagree about.
ODD = list("@:/\\?#[]%.;&=,\t\r\n \x00\u3002\uff0f\uff20\u2044\u2100\u00ad\u200b\u202e\u0130ßıK0x")
SCHEMES = st.sampled_from(["https://", "HTTPS://", "http://", "https:", "https:/", "https:///", "//", "ftp://", ""])
TAILS = st.sampled_from(["", "/", "/hook", ":443/", ":5678", ":22/", ":0", ":65536", "?a=b", "#f", "/../..", "\\@x/"])


def checked(url: str) -> Target | None:
    with suppress(TargetRefused):
        return check_url(url, allow_private=False)
    return None


def numeric(host: str) -> str | None:
    """The address that the C library takes a host for without asking anybody, in any spelling."""
    try:
        return str(socket.getaddrinfo(host, 443, flags=socket.AI_NUMERICHOST)[0][4][0])
    except (OSError, UnicodeError):
        return None


def is_safe(target: Target) -> bool:
    """A public address, or a name that only the public DNS can answer."""
    address = numeric(target.host)
    if address is not None:
        return not is_inner(address)
    return "." in target.host and not target.host.endswith(("localhost", "."))


@generated(300, 0.2)
@given(any_v4 | any_v6)
def test_an_address_is_public_where_the_registries_say_so(address: str) -> None:
    if is_inner(address):
        assert not is_public(address)
    elif is_outer(address):
        assert is_public(address)


@generated(200, 0.2)
@given(inner_v4)
def test_no_wrapping_makes_an_inner_address_public(address: str) -> None:
    assert [form for form in carrying(address) if is_public(form)] == []


@generated(500, 0.4)
@given(any_v4.flatmap(lambda address: st.tuples(st.just(address), spelled_v4(address))), TAILS)
def test_every_spelling_of_an_ipv4_address_is_read_as_what_it_is(spelled: tuple[str, str], tail: str) -> None:
    address, host = spelled
    target = checked(f"https://{host}{tail}")
    if target is not None:
        assert number(target.host) == number(address)
        assert not is_inner(address)


@generated(200, 0.2)
@given(any_v4.filter(is_outer).flatmap(lambda address: st.tuples(st.just(address), spelled_v4(address))))
def test_a_public_ipv4_address_may_be_spelled_as_one_likes(spelled: tuple[str, str]) -> None:
    address, host = spelled
    target = checked(f"https://{host}/")
    assert target is not None
    assert target.url == f"https://{address}/"


@generated(400, 0.4)
@given(any_v6.flatmap(lambda address: st.tuples(st.just(address), spelled_v6(address))), TAILS)
def test_every_spelling_of_an_ipv6_address_is_read_as_what_it_is(spelled: tuple[str, str], tail: str) -> None:
    address, host = spelled
    target = checked(f"https://{host}{tail}")
    if target is not None:
        assert "%" not in host
        assert number(target.host) == number(address)
        assert not is_inner(address)


@st.composite
def urls(draw: st.DrawFn) -> str:
    """Like a URL, with something in the wrong place: most are nearly right."""
    address = draw(any_v4)
    host = draw(HOSTS | st.just(address) | spelled_v4(address) | any_v6.flatmap(spelled_v6) | st.text(max_size=20))
    text = draw(SCHEMES) + draw(st.sampled_from(["", "", "", "u@", "u:p@", "crm.example.com@"])) + host + draw(TAILS)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(ODD)) + text[place:]
    return text


@generated(1000, 1.0)
@given(urls())
def test_no_url_leads_inward_and_all_parsers_agree_on_where_it_leads(url: str) -> None:
    target = checked(url)
    if target is None:
        return
    assert is_safe(target)
    assert check_url(target.url, allow_private=False) == target
    assert target.url.isascii()
    assert target.url.isprintable()
    expected = (target.scheme, target.host, None if target.port == 443 else target.port)
    for parts in (urlsplit(target.url), parse_url(target.url)):
        host = (getattr(parts, "hostname", "") or "").strip("[]")
        assert (parts.scheme, host, parts.port) == expected


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the sender would have gone: nothing leaves this machine."""
    places: list[str] = []

    def connect(self: socket.socket, address: Any) -> None:
        places.append(str(address[0]))
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return places


class NameServer:
    """Answers every name with whatever the test wants, and a sender that asks it."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.sender = Sender(resolve=self._resolve)

    def _resolve(self, host: str, port: int, family: int, kind: int) -> list[Any]:
        own = numeric(host)
        found = [own] if own else self.answers
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, kind, 6, "", (each, port)) for each in found]


@pytest.fixture
def name_server() -> NameServer:
    return NameServer()


@generated(300, 0.2)
@given(urls() | st.just("https://crm.example.com/"), st.lists(any_v4 | any_v6, min_size=1, max_size=12))
def test_no_packet_leaves_for_an_inner_address_whatever_a_name_server_answers(
    connected: list[str], name_server: NameServer, url: str, answers: list[str]
) -> None:
    connected.clear()
    name_server.answers = answers
    outcome = name_server.sender.post(url, {"accept-encoding": "identity"}, b"{}")
    assert [place for place in connected if is_inner(place)] == []
    assert outcome.error == ("REFUSED" if connected else "BLOCKED")
    target = checked(url)
    if target and numeric(target.host) is None:
        assert (connected == []) == (not all(is_public(answer) for answer in answers))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "100.100.100.200"])
def test_no_packet_leaves_for_a_well_known_inner_address_in_any_family(connected: list[str], address: str) -> None:
    names = [f"https://{address}/", *(f"https://[{form}]/" for form in carrying(address))]
    sender = Sender()
    assert [sender.post(url, {}, b"{}").error for url in names] == ["BLOCKED"] * len(names)
    assert connected == []
