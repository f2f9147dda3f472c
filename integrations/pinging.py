"""Pings that people send: before a connect or a change is saved, and with the test button."""

import logging
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from deliveries import connections
from deliveries.catalogue import explain
from deliveries.connections import database_now
from deliveries.models import Connection
from deliveries.sealing import SealBroken, unseal
from deliveries.sending import Destination, Envelope, unsendable
from happ_webhooks.history.problems import FieldError, Problem
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING, new_event_id, test_event_body
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.request import Auth, parse_auth
from integrations import signing, state
from integrations.guard import one_ping

log = logging.getLogger(__name__)

MEASURED = ("status_code", "error", "response_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms")


@dataclass(frozen=True, kw_only=True, repr=False)
class Recipient:
    """Where a ping goes and what it carries; password sealed."""

    workspace_id: str
    url: str
    sealed_password: str
    auth: Auth


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A ping, or a sample event of a type on a channel."""

    type: str = PING
    channel: str = ""


def ping(recipient: Recipient, sample: Sample | None = None) -> Outcome:
    """One POST, signed and with the password exactly like real events. Keys that fail make an INTERNAL outcome."""
    now = database_now()
    try:
        destination = _destination(recipient)
    except SealBroken:
        log.exception("a ping of %s cannot be sent", recipient.workspace_id)
        return unsendable()
    if sample is None or sample.type == PING:
        return destination.ping(now)
    event_id = new_event_id()
    body = test_event_body(
        type=sample.type,
        channel=sample.channel,
        workspace_id=recipient.workspace_id,
        occurred_at=now,
        event_id=event_id,
    )
    return destination.post(Envelope(event_id=event_id, body=body.encode(), test=True), now)


def _destination(recipient: Recipient) -> Destination:
    secrets = signing.sealed_secrets(recipient.workspace_id)
    return Destination(
        workspace_id=recipient.workspace_id,
        url=recipient.url,
        password=unseal(recipient.sealed_password) or None,
        auth=recipient.auth,
        secrets=tuple(unseal(each) for each in (secrets.current, secrets.previous) if each),
    )


def attempt_document(outcome: Outcome) -> dict[str, object]:
    """`{attempt}` of the API: codes and milliseconds, and words in the language of the moment."""
    measured: dict[str, object] = {name: getattr(outcome, name) for name in MEASURED}
    if outcome.error is not None:
        explained = explain(outcome.error)
        return {**measured, "title": explained.title, "detail": explained.detail}
    facts = {"status": outcome.status_code, "ms": outcome.response_ms}
    return {
        **measured,
        "title": _("Your service accepts events"),
        "detail": _("It answered %(status)s in %(ms)s ms.") % facts,
    }


def require_accepted(outcome: Outcome) -> None:
    """Raises Problem (ping_failed) with the attempt, unless the answer was 2xx."""
    if outcome.error is not None:
        raise Problem("ping_failed", explain(outcome.error).detail, attempt=attempt_document(outcome))


def send_test_ping(workspace_id: str, *, type: object = None, channel: object = None) -> Outcome:  # noqa: A002
    """A ping or a sample event now, to what is connected or stopped; what came back, whatever it was.

    A stopped one may be asked too: that its URL answers 2xx is the first of the recovery steps. A sample event tells
    nothing about the endpoint that the courier should know, a ping does. Raises Problem (validation, not_connected,
    rate_limited).
    """
    sample = _sample(type, channel)
    _connection(workspace_id)
    with one_ping(workspace_id):
        # Read within the claim: after a disconnect no request may leave for the old URL.
        connection = _connection(workspace_id)
        recipient = Recipient(
            workspace_id=workspace_id,
            url=connection.url,
            sealed_password=connection.password,
            auth=parse_auth(connection.auth),
        )
        outcome = ping(recipient, sample)
        if sample.type == PING:
            _note(connection, outcome)
    return outcome


def _connection(workspace_id: str) -> Connection:
    connection = connections.latest(workspace_id)
    if connection is None or state.status_of(connection) == "not_connected":
        raise state.not_connected()
    return connection


def _note(connection: Connection, outcome: Outcome) -> None:
    if not outcome.accepted:
        connections.note_refused_ping(connection.pk, outcome)
        return
    with transaction.atomic():
        connections.endpoint_accepted_ping(connection.pk, outcome, database_now())


def _sample(type_: object, channel: object) -> Sample:
    errors = []
    if type_ is None:
        type_ = PING if channel is None else EVENT_TYPES[0]
    if type_ not in (PING, *EVENT_TYPES):
        allowed = ", ".join((PING, *EVENT_TYPES))
        errors.append(FieldError("/type", "choice", _("Give one of: %(allowed)s.") % {"allowed": allowed}))
    if type_ == PING and channel is not None:
        errors.append(FieldError("/channel", "not_for_ping", _("Leave the channel out: a ping belongs to none.")))
    elif channel is not None and channel not in CHANNELS:
        allowed = ", ".join(CHANNELS)
        errors.append(FieldError("/channel", "choice", _("Give one of: %(allowed)s.") % {"allowed": allowed}))
    if errors:
        raise Problem("validation", _("Nothing was sent. Correct what is named in `errors`."), errors=errors)
    return Sample(type=str(type_), channel=str(channel or CHANNELS[0]))
