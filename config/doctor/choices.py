"""Settings that are well formed and yet not what a platform for customers wants."""

from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings

from config.doctor.asked import Asked
from config.findings import Finding
from happ_webhooks.wire.sender import DEADLINE

NAME = "Settings"


def examine(asked: Asked) -> Iterator[Finding]:
    told = [*_production(), *_hosts(), *_others()]
    yield from told or [Finding(NAME, "ok", "They are what a platform for customers wants.")]


def _production() -> Iterator[Finding]:
    if not settings.HAPP_PRODUCTION:
        yield _warning(
            "HAPP_PRODUCTION is 0: cookies go over plain HTTP as well.", "Set HAPP_PRODUCTION=1 for customers."
        )
    elif not settings.HAPP_PROXIES:
        yield _warning(
            "HAPP_PROXIES is 0: behind a proxy all who sign in have one address, and a stranger can lock them out.",
            "Set HAPP_PROXIES to the number of your own proxies in front of web.",
        )


def _hosts() -> Iterator[Finding]:
    if any(host.startswith(("*", ".")) for host in settings.HAPP_PUBLIC_HOSTS):
        yield Finding(
            NAME,
            "error",
            "HAPP_PUBLIC_HOSTS has a name that stands for many: webhooks could point to HAPP itself.",
            "Set it to the names of the site, each in full, separated by commas.",
        )
    elif settings.HAPP_PRODUCTION and not public_names():
        yield Finding(
            NAME,
            "error",
            "HAPP_PUBLIC_HOSTS has no name of the site, so that web answers 400 to everybody from outside.",
            "Set it to the names of the site, and the one by which Prometheus calls it, separated by commas.",
        )


def public_names() -> list[str]:
    """Those of HAPP_PUBLIC_HOSTS that are names, and not this machine's."""
    return [host for host in settings.HAPP_PUBLIC_HOSTS if host != "localhost" and not _is_address(host)]


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _others() -> Iterator[Finding]:
    if settings.HAPP_DEADLINE_SECONDS != DEADLINE:
        yield _warning(
            f"A POST may take {settings.HAPP_DEADLINE_SECONDS:g} s, and customers are promised {DEADLINE:g}.",
            "Unset HAPP_DEADLINE_SECONDS.",
        )
    if not settings.PROMETHEUS_MULTIPROC_DIR:
        yield Finding(
            NAME,
            "warning",
            "PROMETHEUS_MULTIPROC_DIR is not set, so that half of the alerts cannot fire.",
            "Set it to one folder for all programs of this host.",
            "HappCountersMissing",
        )


def _warning(says: str, fix: str) -> Finding:
    return Finding(NAME, "warning", says, fix)
