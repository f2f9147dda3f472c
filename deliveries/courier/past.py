"""What a try's past tells, which only a failure needs: what the event waited behind, and when its second try was."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection as database

from deliveries.courier.keeping import Judged
from deliveries.courier.owed import Owed
from deliveries.models import Connection, DeliveryAttempt
from deliveries.policy import Policy
from deliveries.standing import Try

# The event before this one in its chat: what it waited behind.
HEAD = """
SELECT rung, failing_since, settled_at FROM deliveries_delivery
 WHERE workspace_id = %s AND channel = %s AND chat_id = %s AND sequence < %s AND connection_id = %s
 ORDER BY sequence DESC LIMIT 1
"""

Head = tuple[int, datetime | None, datetime | None]


def with_past(a_try: Try, owed: Owed, connection: Connection, policy: Policy, earlier: Sequence[Judged]) -> Try:
    """Looks up what only a failure needs: what the event waited behind, and when its second try was."""
    standing = owed.standing
    if standing.failing_since is None:
        return _with_head(a_try, owed, policy, _head_of(owed, connection, earlier, a_try.now))
    if standing.rung + 1 < policy.ladder.tries:
        return a_try
    second = DeliveryAttempt.objects.filter(delivery_id=owed.event_id, number=2).values_list("started_at", flat=True)
    return replace(a_try, second_attempt_at=second.first())


def _head_of(owed: Owed, connection: Connection, earlier: Sequence[Judged], now: datetime) -> Head:
    """Rung, beginning of the failures, and end of the event before this one in its chat."""
    for judged in reversed(earlier):
        if judged.standing is not None and judged.standing.chat == owed.chat:
            return judged.standing.rung, judged.standing.failing_since, now
    channel, _, chat_id = owed.chat.partition(":")
    with database.cursor() as cursor:
        cursor.execute(HEAD, [connection.workspace_id, channel, chat_id, owed.sequence, connection.pk])
        return cursor.fetchone() or (0, None, None)


def _with_head(a_try: Try, owed: Owed, policy: Policy, head: Head) -> Try:
    rung, failing_since, settled_at = head
    if not failing_since or not settled_at:
        return a_try
    waited_since = max(failing_since, owed.standing.recorded_at)
    inherited = policy.inherited_rung(waited_since, settled_at, rung)
    return replace(a_try, inherited=inherited, inherited_since=failing_since if inherited else None)
