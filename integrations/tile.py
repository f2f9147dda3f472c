"""The tile: the one document that says how a workspace's Chat Webhook does."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from deliveries import connections
from deliveries.catalogue import explain
from deliveries.gaps import GapView, gaps_of
from deliveries.log import next_try_at
from deliveries.models import Connection
from deliveries.policy import Policy
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire import outcome as codes
from happ_webhooks.wire.envelope import utc_milliseconds
from integrations.state import settings_version, status_of
from integrations.waiting import FailingEvent, oldest_failing, waiting_at

Document = dict[str, object]

#: What a workspace shows that is not connected.
NOTHING: Document = {
    "url": None,
    "password_set": False,
    "auth": None,
    "connected_at": None,
    "edited_at": None,
    "stopped_at": None,
    "stop_reason": None,
    "last_attempt_at": None,
    "last_success_at": None,
    "last_status_code": None,
    "last_response_ms": None,
}


def tile(workspace: Workspace, now: datetime) -> Document:
    """The tile's document: every key is always present, times are ISO 8601 in UTC. At most 4 statements."""
    return tile_of(workspace, connections.latest(workspace.pk), now)


def tile_of(
    workspace: Workspace, connection: Connection | None, now: datetime, gaps: Sequence[GapView] | None = None
) -> Document:
    """The same, given the workspace's newest connection, and its gaps if they are known, the newest first."""
    status = status_of(connection)
    waiting = waiting_at(connection)
    if gaps is None:
        gaps = gaps_of(workspace, now, limit=1)
    return {
        "workspace_id": workspace.pk,
        "status": status,
        "generation": connection.number if connection else 0,
        **(NOTHING if connection is None or status == "not_connected" else _connection(connection)),
        "pending": waiting.count,
        "pending_capped": waiting.capped,
        "oldest_pending_at": _moment(waiting.oldest_at),
        "failing": _failing(connection, waiting.failing_chats, now) if connection and waiting.failing_chats else None,
        "gap": _gap(gaps[0]) if gaps else None,
    }


def etag(document: Document, connection: Connection | None) -> str:
    """`"<version of the settings>-<digest of the document>"`: the first part tells whether settings changed."""
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
    return f'"{settings_version(connection)}-{digest}"'


def _connection(connection: Connection) -> Document:
    stopped = connection.is_stopped
    return {
        "url": connection.url,
        "password_set": bool(connection.password),
        "auth": connection.auth,
        "connected_at": _moment(connection.opened_at),
        "edited_at": _moment(connection.edited_at),
        "stopped_at": _moment(connection.closed_at) if stopped else None,
        "stop_reason": connection.close_reason if stopped else None,
        "last_attempt_at": _moment(connection.last_attempt_at),
        "last_success_at": _moment(connection.last_success_at),
        "last_status_code": connection.last_status_code,
        "last_response_ms": connection.last_response_ms,
    }


def _failing(connection: Connection, chats: int, now: datetime) -> Document | None:
    """The oldest event that waits for a retry.

    `attempts` counts POSTs. One made early, because a ping was accepted, moves no rung, so they may come to more than
    `max_attempts`, which is the ladder's number of tries.
    """
    event = oldest_failing(connection)
    if event is None:
        return None
    delivery = event.delivery
    code = delivery.last_error or codes.INTERNAL
    explained = explain(code)
    return {
        "since": _moment(delivery.first_attempt_at),
        "code": code,
        "title": explained.title,
        "detail": explained.detail,
        "chats": chats,
        "event_id": delivery.event_id,
        "attempts": delivery.attempts,
        "max_attempts": settings.HAPP_RETRY_LADDER.tries,
        "next_attempt_at": _moment(next_try_at(delivery, connection)),
        "stops_at": _moment(stops_at(connection, event, _policy(), now)),
    }


def stops_at(connection: Connection, event: FailingEvent, policy: Policy, now: datetime) -> datetime | None:
    """When the stream stops if nothing gets through from now on; None while it is not to stop.

    An estimate without jitter, by the two rules of the failure policy: nothing accepted for 1.2 x the
    ladder (and the time its tries take), or the oldest event at its ceiling with nothing accepted since its second try.
    Only a try can stop it, so it goes on at least as long as its receiver asked to wait.
    """
    moments, paused_until = [], connection.paused_until
    if connection.failing_since is not None:
        moments.append(connection.failing_since + policy.longest_silence)
    accepted, second = connection.last_accepted_at, event.second_attempt_at
    if accepted is None or second is None or accepted <= second:
        next_try = max(next_try_at(event.delivery, connection) or now, now)
        moments.append(next_try + timedelta(seconds=sum(policy.ladder.steps[event.delivery.rung :])))
    stops = min(moments, default=None)
    return max(stops, paused_until) if stops and paused_until else stops


def _policy() -> Policy:
    return Policy(settings.HAPP_RETRY_LADDER, settings.HAPP_DEADLINE_SECONDS)


def _gap(gap: GapView) -> Document:
    return {
        "reason": gap.reason,
        "first_sequence": gap.first_sequence,
        "last_sequence": gap.last_sequence,
        "count": gap.count,
        "opened_at": _moment(gap.opened_at),
        "closed_at": _moment(gap.closed_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return utc_milliseconds(moment) if moment else None
