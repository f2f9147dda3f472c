"""How this process speaks to receivers: one sender for all, and what a connection's requests carry."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings

from deliveries.models import Connection
from deliveries.sealing import unseal
from happ_webhooks.wire import outcome as codes
from happ_webhooks.wire.envelope import new_event_id, ping_body
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.request import Auth, headers, parse_auth
from happ_webhooks.wire.sender import Sender


@lru_cache(maxsize=1)
def sender() -> Sender:
    """Made when first used, so that no process inherits another's sockets."""
    return Sender(
        deadline=settings.HAPP_DEADLINE_SECONDS,
        allow_private=settings.HAPP_ALLOW_PRIVATE_TARGETS,
        ca_bundle=settings.HAPP_CA_BUNDLE,
    )


@dataclass(frozen=True, kw_only=True, repr=False)
class Envelope:
    """What is sent, as the window's threads need it."""

    event_id: str
    body: bytes
    attempt: int = 1
    test: bool = False


@dataclass(frozen=True, kw_only=True, repr=False)
class Destination:
    """What a connection's requests carry, opened. Never printed."""

    workspace_id: str
    url: str
    password: str | None
    auth: Auth
    secrets: tuple[str, ...]

    def post(self, envelope: Envelope, at: datetime) -> Outcome:
        """One POST, signed for the moment `at` (database time)."""
        sent = headers(
            event_id=envelope.event_id,
            timestamp=int(at.timestamp()),
            body=envelope.body,
            secrets=self.secrets,
            password=self.password,
            auth=self.auth,
            attempt=envelope.attempt,
            test=envelope.test,
        )
        return sender().post(self.url, sent, envelope.body)

    def ping(self, at: datetime) -> Outcome:
        event_id = new_event_id()
        body = ping_body(event_id=event_id, workspace_id=self.workspace_id, occurred_at=at)
        return self.post(Envelope(event_id=event_id, body=body.encode(), test=True), at)


def destination(connection: Connection, now: datetime | None = None) -> Destination:
    """Opens what a connection sends with. Raises SealBroken."""
    secrets = [unseal(connection.signing_secret)]
    expires = connection.previous_expires_at
    if connection.previous_signing_secret and expires is not None and expires > (now or datetime.now(UTC)):
        secrets.append(unseal(connection.previous_signing_secret))
    return Destination(
        workspace_id=connection.workspace_id,
        url=connection.url,
        password=unseal(connection.password) or None,
        auth=parse_auth(connection.auth),
        secrets=tuple(secrets),
    )


def unsendable() -> Outcome:
    """The outcome of a try that a key or a bug of ours prevents."""
    return Outcome(error=codes.INTERNAL, detail="HAPP could not send this event; the fault is ours.")
