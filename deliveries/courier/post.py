"""One order for the window: what to send, and the rule that nothing starts on an old lease."""

import time

from deliveries.courier.lease import Clock
from deliveries.courier.owed import Answer, Owed
from deliveries.sending import Destination, Envelope, unsendable
from happ_webhooks.wire.outcome import Outcome

# A courier that was frozen past its lease must not send what another has sent meanwhile.
OLDEST_LEASE = 2.0


def post(owed: Owed | None, destination: Destination | None, clock: Clock) -> Answer:
    """Sends one event, or a ping where `owed` is None, and never raises for what a receiver does."""
    started_at = clock.now()
    if clock.age() > OLDEST_LEASE:
        return Answer(owed=owed, outcome=Outcome(), started_at=started_at, answered_at=time.monotonic(), sent=False)
    if destination is None:
        outcome = unsendable()
    elif owed is None:
        outcome = destination.ping(started_at)
    else:
        envelope = Envelope(event_id=owed.event_id, body=owed.body, attempt=owed.standing.attempts + 1)
        outcome = destination.post(envelope, started_at)
    return Answer(owed=owed, outcome=outcome, started_at=started_at, answered_at=time.monotonic())
