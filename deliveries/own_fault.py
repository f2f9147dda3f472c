"""Is it us? When most of at least ten endpoints cannot be reached at once, HAPP's own network is the likelier cause."""

import logging
import threading
import time

from django.db import connection as database

log = logging.getLogger(__name__)

FEWEST_ENDPOINTS = 10
CACHED = 1.0

# Distinct origins: many workspaces may share one endpoint, and its outage is not ours. Nor is that of one that has been
# down for half a day: such ones are asked every minute, and at a quiet hour would outnumber those that are well.
UNREACHABLE = """
SELECT count(*), count(*) FILTER (WHERE unreachable) FROM (
    SELECT split_part(url, '/', 3) AS host, bool_and(last_error IN ('DNS', 'REFUSED', 'TIMEOUT')) AS unreachable
      FROM deliveries_connection
     WHERE closed_at IS NULL AND last_attempt_at > clock_timestamp() - interval '75 seconds'
       AND (down_since IS NULL OR down_since > clock_timestamp() - interval '12 hours')
     GROUP BY 1) endpoints
"""


class _Seen:
    lock = threading.Lock()
    until = 0.0
    suspected = False


def suspected() -> bool:
    """Whether most of the endpoints tried of late cannot be reached. Asked of the database once a second."""
    with _Seen.lock:
        if time.monotonic() < _Seen.until:
            return _Seen.suspected
        endpoints, unreachable = endpoints_of_late()
        was, _Seen.suspected = _Seen.suspected, endpoints >= FEWEST_ENDPOINTS and unreachable * 2 > endpoints
        _Seen.until = time.monotonic() + CACHED
        if _Seen.suspected and not was:
            log.error("%s of %s endpoints cannot be reached at once: check HAPP's own network", unreachable, endpoints)
        return _Seen.suspected


def endpoints_of_late() -> tuple[int, int]:
    """How many endpoints were tried in the last minute, and how many of them cannot be reached. One statement."""
    with database.cursor() as cursor:
        cursor.execute(UNREACHABLE)
        endpoints, unreachable = cursor.fetchone() or (0, 0)
    return int(endpoints), int(unreachable)


def forget() -> None:
    """Ask the database anew."""
    _Seen.until = 0.0
