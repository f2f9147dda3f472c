"""Too many wrong passwords: django-axes counts them by user name and address, and calls what is here.

One password tried for many names is guessing as well, so an address that is on the internet is counted alone, too. One
that is not may be a proxy that HAPP_PROXIES does not tell of, and so everybody.
"""

import math
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

#: As long as the column that counts them; the form of a sign-in takes a user name of any length.
LONGEST_USERNAME: Final = 255
#: So many wrong passwords from one address, for whatever names, lock it out. An office may share one.
MOST_FROM_ADDRESS: Final = 30


class Lockout(AxesDatabaseHandler):
    def is_locked(self, request: HttpRequest, credentials: dict[str, str] | None = None) -> bool:
        return super().is_locked(request, credentials) or is_guessing(address_of(request))


def is_guessing(address: str | None) -> bool:
    """Whether this address had too many wrong passwords by now."""
    if address is None or not ip_address(address).is_global:
        return False
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    counted = AccessAttempt.objects.filter(ip_address=address, attempt_time__gte=since)
    return (counted.aggregate(all=Sum("failures_since_start"))["all"] or 0) >= MOST_FROM_ADDRESS


def username_of(request: HttpRequest, credentials: dict[str, str] | None = None) -> str | None:
    """The user name that a sign-in is counted by, None if it has none."""
    username = (credentials or {}).get("username", request.POST.get("username"))
    return None if username is None else username[:LONGEST_USERNAME]


def address_of(request: HttpRequest) -> str | None:
    """Where a request came from, as far as it can be trusted; None if that is no internet address.

    HAPP_PROXIES says how many proxies of our own stand in front; each appends to X-Forwarded-For whom it heard, so
    the first one's entry is that many from the right, and whatever is left of it the client may have made up. An
    IPv6 address counts as its network, of which one subscriber has all addresses.
    """
    heard = [request.META.get("REMOTE_ADDR", "")]
    if settings.HAPP_PROXIES:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        heard.insert(0, forwarded[-settings.HAPP_PROXIES] if len(forwarded) >= settings.HAPP_PROXIES else "")
    for entry in heard:
        try:
            found = ip_address(entry.strip())
        except ValueError:
            continue
        if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
            return str(ip_network((int(found), 64), strict=False).network_address)
        return str(found)
    return None


def locked(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, str] | None = None
) -> HttpResponse:
    """The page instead of the sign-in form: how long to wait. The same for user names that do not exist."""
    seconds = _seconds_left(request, get_client_username(request, credentials))
    minutes = math.ceil(seconds / 60)
    page = render(request, "pages/account/locked.html", {"minutes": minutes}, status=429)
    page["Retry-After"] = str(seconds)
    page["Cache-Control"] = "no-store"
    return page


def _seconds_left(request: HttpRequest, username: str) -> int:
    """Until the last wrong password is forgotten; at least 1."""
    address = address_of(request)
    counted = AccessAttempt.objects.filter(ip_address=address)
    if not is_guessing(address):
        counted = counted.filter(username=username)
    last = counted.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    return max(1, math.ceil((last + cool_off - timezone.now()).total_seconds()))
