"""The check of a customer's URL, without network; where a name leads is checked at every connect (resolver.py)."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from happ_webhooks.wire.addresses import is_public as is_public
from happ_webhooks.wire.addresses import parse_address
from happ_webhooks.wire.hostname import canonical_host

LONGEST_URL: Final = 2048
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
#: Below this only the web's own ports: the others are mail, shells and databases, never webhooks.
FIRST_USER_PORT: Final = 1024

# A parser that drops or reinterprets one of these reads another host than the one that was checked.
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\s\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_URL: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(#.*)?",
    re.IGNORECASE | re.ASCII,
)
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(:(?P<port>[^:]*))?")

_SENTENCES: Final = {
    "empty": "Enter the URL that events are sent to.",
    "scheme": "The URL must start with https://, so that nobody can read your customers' messages on the way.",
    "host": "The URL needs a full host name such as crm.example.com.",
    "chars": "Remove blanks, line breaks, backslashes and invisible characters from the URL.",
    "userinfo": "Remove the user and password from the URL and use the password field.",
    "port": "Use port 443, 80, or one from 1024 to 65535.",
    "length": f"Use a URL of at most {LONGEST_URL} characters.",
    "address": "The URL points to a private or reserved address; use one that is reachable from the internet.",
    "own_host": "The URL points to HAPP itself; enter the address of your own system.",
}


class TargetRefused(Exception):
    """A URL that nothing is sent to: a stable `code` for programs, and a `detail` that says what to do instead."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = _SENTENCES[code]


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL and its parts; `host` is lower-case ASCII, an IPv6 address without its brackets."""

    url: str
    scheme: str
    host: str
    port: int
    #: Path and query as they go on the request line.
    request_path: str

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: a URL with another one is another receiver, who must not get the old password."""
        return f"{self.scheme}://{self.netloc}"


def check_url(raw: str, *, allow_private: bool, own_hosts: AbstractSet[str] = frozenset()) -> Target:
    """The target of a URL as somebody typed it; TargetRefused when it is not one to send to.

    With allow_private (demo and tests) http, single-label names, private addresses and every port are let through.
    `own_hosts` are HAPP's own public names in lower case: an event sent there would come back as a new one.
    """
    text = raw.strip()
    if not text:
        raise TargetRefused("empty")
    if len(text) > LONGEST_URL:
        raise TargetRefused("length")
    if _FORBIDDEN.search(text):
        raise TargetRefused("chars")
    parts = _URL.fullmatch(text)
    scheme = parts["scheme"].lower() if parts else ""
    if parts is None or scheme not in (DEFAULT_PORTS if allow_private else ("https",)):
        raise TargetRefused("scheme")
    host, port = _authority(parts["authority"], scheme, allow_private)
    if host in own_hosts:
        raise TargetRefused("own_host")
    tail = _ascii(parts["path"]) + _ascii(parts["query"] or "")
    target = Target("", scheme, host, port, tail if tail.startswith("/") else f"/{tail}")
    if len(url := target.origin + tail) > LONGEST_URL:
        raise TargetRefused("length")
    return Target(url, scheme, host, port, target.request_path)


def _authority(authority: str, scheme: str, allow_private: bool) -> tuple[str, int]:
    if "@" in authority:
        raise TargetRefused("userinfo")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise TargetRefused("host")
    host = canonical_host(parts["host"])
    if host is None:
        raise TargetRefused("host")
    if not allow_private:
        _check_public(host)
    return host, _port(parts["port"], scheme, allow_private)


def _check_public(host: str) -> None:
    if parse_address(host):
        if not is_public(host):
            raise TargetRefused("address")
    elif host == "localhost" or host.endswith(".localhost"):
        raise TargetRefused("address")
    elif "." not in host:
        # The search domains of our own network would complete it.
        raise TargetRefused("host")


def _port(text: str | None, scheme: str, allow_private: bool) -> int:
    if not text:
        return DEFAULT_PORTS[scheme]
    port = int(text) if re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) else 0
    lowest = 1 if allow_private else FIRST_USER_PORT
    if not (lowest <= port <= 65535 or port in DEFAULT_PORTS.values()):
        raise TargetRefused("port")
    return port


def _ascii(text: str) -> str:
    """Percent-encodes what a request line cannot carry and leaves everything else, also existing escapes, alone."""
    return quote(text, safe="/?%:@!$&'()*+,;=-._~[]|^`{}\"<>")
