"""One order for the window: what to send, and the rule that nothing starts on an old lease."""

import logging
import time
from datetime import datetime

from deliveries.courier.lease import Clock
from deliveries.courier.owed import Answer, Owed
from deliveries.sending import Destination, Envelope, unsendable
from happ_webhooks.wire.outcome import Outcome

log = logging.getLogger(__name__)

# Seconds since the connection was last looked at. After a disconnect nothing starts later than that; and a courier that
# was frozen past its lease must not send what another has sent meanwhile.
OLDEST_LOOK = 0.5


def post(owed: Owed | None, destination: Destination | None, clock: Clock) -> Answer:
    """Sends one event, or a ping where `owed` is None. Never raises: the courier waits for every answer."""
    started_at = clock.now()
    sent = clock.age() <= OLDEST_LOOK
    outcome = _guarded(owed, destination, started_at) if sent else Outcome()
    return Answer(
        owed=owed,
        outcome=outcome,
        started_at=started_at,
        answered_at=time.monotonic(),
        settings_read_at=clock.read_at,
        sent=sent,
    )


def _guarded(owed: Owed | None, destination: Destination | None, at: datetime) -> Outcome:
    try:
        return _send(owed, destination, at)
    except Exception as bug:
        # The kind alone: a message might quote what was to be sent.
        event_id = owed.event_id if owed else "ping"
        log.error("a bug of ours kept event=%s from going out: %s", event_id, type(bug).__name__)
        return unsendable()


def _send(owed: Owed | None, destination: Destination | None, at: datetime) -> Outcome:
    if destination is None:
        return unsendable()
    if owed is None:
        return destination.ping(at)
    return destination.post(Envelope(event_id=owed.event_id, body=owed.body, attempt=owed.standing.attempts + 1), at)
