"""How a webhook's URL is shown: its query often holds a token, and its name may be written in any script."""

from urllib.parse import parse_qsl, urlsplit

import idna

#: A first part of a path that is longer is taken for a secret: Make has one there.
LONGEST_NAME = 20


def host_of(url: str) -> str:
    """Host and port, as they are sent."""
    return urlsplit(url).netloc


def masked(url: str) -> str:
    """A URL whose query, which often holds a token, shows names only."""
    parts = urlsplit(url)
    if not parts.query:
        return url
    named = [f"{name}=***" for name, value in parse_qsl(parts.query, keep_blank_values=True) if value]
    return parts._replace(query="&".join(named) or "***").geturl()


def concealed(url: str) -> str:
    """A URL for who may not change it: masked, and of its path the first part only.

    Zapier, Make and n8n keep the secret in the path.
    """
    parts = urlsplit(masked(url))
    first, _slash, further = parts.path.removeprefix("/").partition("/")
    if len(first) > LONGEST_NAME:
        return parts._replace(path="/***").geturl()
    return parts._replace(path=f"/{first}/***").geturl() if further else parts.geturl()


def readable(url: str) -> str:
    """The masked URL with its host as people write it: xn--80aswg.example is shown in its own letters."""
    shown = masked(url)
    host = host_of(url)
    return shown.replace(host, readable_host(url), 1)


def readable_host(url: str) -> str:
    """Host and port, the host in its own letters; as it is if it is no name that can be read back."""
    netloc = host_of(url)
    if "xn--" not in netloc:
        return netloc
    name, colon, port = netloc.partition(":")
    try:
        return idna.decode(name) + colon + port
    except idna.IDNAError:
        return netloc
