"""Do the clocks agree? The database's is the product's; this host's judges certificates and times Celery's waits."""

import time
from collections.abc import Iterator

from django.db import connection as database

from config.doctor.asked import Asked
from config.findings import Finding, ago
from deliveries.heartbeats import Sign, signs

#: Off by more: Celery's waits go wrong; certificates, and the times that receivers check, may.
SKEWED, WRONG = 1.0, 60.0
NTP = "Let both hosts take their time from NTP: timedatectl says whether they do."


def examine(asked: Asked) -> Iterator[Finding]:
    yield _of_this_host(ahead_of_database())
    found = signs()
    everybody = [*found.workers, *([found.beat] if found.beat else [])]
    yield from (_from_the_future(sign) for sign in everybody if sign.seconds < -SKEWED)


def ahead_of_database() -> float:
    """By how many seconds this host's clock is ahead, to within half of the statement's round trip."""
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        after = time.time()
        (theirs,) = cursor.fetchone() or (after,)
    return (before + after) / 2 - float(theirs)


def _of_this_host(seconds: float) -> Finding:
    off = abs(seconds)
    if off < SKEWED:
        return Finding("Clock", "ok", f"This host's is within {SKEWED:g} s of the database's.")
    where = "ahead of" if seconds > 0 else "behind"
    return Finding(
        "Clock", "error" if off > WRONG else "warning", f"This host's is {off:.0f} s {where} the database's.", NTP
    )


def _from_the_future(sign: Sign) -> Finding:
    """The database wrote that time itself: since then its clock was set back, or another host took over."""
    return Finding(
        "Clock",
        "error",
        f"The database's clock says that {sign.name} was heard {ago(-sign.seconds)} from now: it went back.",
        "Set the clock of the database's host right; until it has caught up leases and waits of before hold on.",
    )
