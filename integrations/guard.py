"""How many pings people may send: HAPP must not become a tool that probes or floods others.

One per workspace and two per web process at a time, 20 a minute per workspace (DESIGN's REST contract). The
workspace's part is a compare-and-set on its Integration row by the database's clock, so that it holds for all web
processes together, and it ends by itself if one of them is killed.
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import connection as database
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from happ_webhooks.history.problems import Problem
from integrations.models import Integration
from integrations.signing import integration_of

PINGS_A_MINUTE = 20
PINGS_AT_ONCE = 2
#: A ping that was cut off blocks the next one for its deadline and this long.
GRACE_SECONDS = 1.0

CLAIM = """
UPDATE integrations_integration
   SET ping_until = clock_timestamp() + %s * interval '1 second',
       ping_count = CASE WHEN ping_minute > clock_timestamp() - interval '1 minute' THEN ping_count + 1 ELSE 1 END,
       ping_minute = CASE WHEN ping_minute > clock_timestamp() - interval '1 minute' THEN ping_minute
                          ELSE clock_timestamp() END
 WHERE workspace_id = %s
   AND (ping_until IS NULL OR ping_until <= clock_timestamp())
   AND (ping_minute IS NULL OR ping_minute <= clock_timestamp() - interval '1 minute' OR ping_count < %s)
RETURNING ping_until
"""
WAIT = """
SELECT GREATEST(EXTRACT(epoch FROM ping_until - clock_timestamp()),
                CASE WHEN ping_count >= %s
                     THEN EXTRACT(epoch FROM ping_minute + interval '1 minute' - clock_timestamp()) END)
  FROM integrations_integration WHERE workspace_id = %s
"""

_process = threading.BoundedSemaphore(PINGS_AT_ONCE)


@contextmanager
def one_ping(workspace_id: str) -> Iterator[None]:
    """The right to send one ping and to save what it was for. Raises Problem (rate_limited) with Retry-After."""
    if not _process.acquire(blocking=False):
        raise _rate_limited(1)
    try:
        until = _claim(workspace_id)
        try:
            yield
        finally:
            # Only one's own claim: one that ran out may be another's by now.
            Integration.objects.filter(pk=workspace_id, ping_until=until).update(ping_until=None)
    finally:
        _process.release()


def is_checking(workspace_id: str) -> bool:
    """Whether somebody's check of this workspace is on its way, or what it was for is being saved."""
    return Integration.objects.filter(pk=workspace_id, ping_until__gt=Now()).exists()


def _claim(workspace_id: str) -> datetime:
    integration_of(workspace_id)
    with database.cursor() as cursor:
        cursor.execute(CLAIM, [settings.HAPP_DEADLINE_SECONDS + GRACE_SECONDS, workspace_id, PINGS_A_MINUTE])
        claimed = cursor.fetchone()
        if claimed:
            return claimed[0]  # type: ignore[no-any-return]
        cursor.execute(WAIT, [PINGS_A_MINUTE, workspace_id])
        (wait,) = cursor.fetchone() or (None,)
    raise _rate_limited(math.ceil(wait or 0))


def _rate_limited(seconds: int) -> Problem:
    headers = {"Retry-After": str(max(1, seconds))}
    return Problem(
        "rate_limited", _("Another check is running, or there were too many. Wait a moment."), headers=headers
    )
