"""Connect, settings and disconnect: the few functions behind the API, the pages and the admin.

Nothing is saved before the URL has answered a ping with 2xx, and no transaction is open while it is asked.
"""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from deliveries import connections
from deliveries.connections import Settings
from deliveries.models import Connection
from deliveries.sealing import seal
from happ_webhooks.history.events import lock_workspace
from happ_webhooks.history.problems import FieldError, Problem
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.request import auth_as_json, parse_auth
from happ_webhooks.wire.target import check_url
from integrations import acts, signing, state
from integrations.fields import BEARER, KEEP, Entered, Keep, checked
from integrations.guard import one_ping
from integrations.models import Act
from integrations.pinging import Recipient, ping, require_accepted


def connect(
    workspace_id: str,
    *,
    url: object,
    password: object = None,
    auth: object = BEARER,
    expected: Collection[str] | None = None,
) -> Connection:
    """Opens a new connection, whatever the state, after its URL accepted a ping.

    `expected` are versions of the settings (state.settings_version), one of which must still hold when it is saved;
    None expects nothing. Raises Problem (validation, ping_failed, conflict, rate_limited); then nothing is saved.
    """
    entered = checked(url=url, password=password, auth=auth)
    state.expect(expected, connections.latest(workspace_id))
    settings = _settings(entered, None)
    with one_ping(workspace_id):
        pinged = _ping(workspace_id, settings)
        with transaction.atomic():
            lock_workspace(workspace_id)
            state.expect(expected, connections.latest(workspace_id))
            # Read anew: they may have been rotated while the ping was on its way.
            secrets = signing.sealed_secrets(workspace_id)
            opened = connections.open_connection(workspace_id, settings, secrets, pinged)
            acts.note(workspace_id, Act.Kind.CONNECTED, connection=opened.number, url=opened.url)
            return opened


def change_settings(
    workspace_id: str,
    *,
    url: object = KEEP,
    password: object = KEEP,
    auth: object = KEEP,
    expected: Collection[str] | None = None,
) -> Connection:
    """Changes what the connection sends with, after the URL accepted a ping with the new settings; KEEP leaves a field.

    Another scheme, host or port needs `password` (or None) in the same call, so that nobody who may change the URL can
    have the saved password sent to themselves. Raises Problem (validation, password_required, ping_failed,
    not_connected, stopped, conflict, rate_limited); then nothing is saved.
    """
    entered = checked(url=url, password=password, auth=auth)
    found = connections.latest(workspace_id)
    state.expect(expected, found)
    basis = state.connected(found)
    _require_password(entered, basis)
    settings = _settings(entered, basis)
    with one_ping(workspace_id):
        pinged = _ping(workspace_id, settings)
        return _save(basis, settings, pinged, expected)


def disconnect(workspace_id: str, *, expected_number: int | None = None) -> bool:
    """Ends what is connected or stopped; False if there was nothing to end.

    `expected_number` is the number of the connection that was seen, 0 if there was none; None expects nothing. Raises
    Problem (conflict) if it is another.
    """
    with transaction.atomic():
        lock_workspace(workspace_id)
        found = connections.latest(workspace_id)
        number = found.number if found else 0
        if expected_number not in (None, number):
            raise state.conflict()
        done = connections.disconnect_workspace(workspace_id)
        if done:
            acts.note(workspace_id, Act.Kind.DISCONNECTED, connection=number)
        return done


def _require_password(entered: Entered, basis: Connection) -> None:
    if isinstance(entered.target, Keep) or not isinstance(entered.password, Keep):
        return
    # The saved URL was checked when it was entered, perhaps under stricter rules than today's.
    if check_url(basis.url, allow_private=True).origin != entered.target.origin:
        detail = _("The URL leads to another host. Enter the password again, or remove it.")
        raise Problem("password_required", detail, errors=[FieldError("/password", "required", detail)])


def _settings(entered: Entered, basis: Connection | None) -> Settings:
    """What will be saved; the fields that are kept are those of `basis`."""
    kept = basis or Connection()
    return Settings(
        url=kept.url if isinstance(entered.target, Keep) else entered.target.url,
        password=kept.password if isinstance(entered.password, Keep) else seal(entered.password or ""),
        auth=kept.auth if isinstance(entered.auth, Keep) else auth_as_json(entered.auth),
    )


def _ping(workspace_id: str, settings: Settings) -> Outcome:
    recipient = Recipient(
        workspace_id=workspace_id,
        url=settings.url,
        sealed_password=settings.password,
        auth=parse_auth(settings.auth),
    )
    outcome = ping(recipient)
    require_accepted(outcome)
    return outcome


def _save(basis: Connection, settings: Settings, pinged: Outcome, expected: Collection[str] | None) -> Connection:
    with transaction.atomic():
        lock_workspace(basis.workspace_id)
        found = connections.latest(basis.workspace_id)
        state.expect(expected, found)
        current = state.connected(found)
        # Else what was merged with the settings of a moment ago would undo somebody else's change.
        state.expect([state.settings_version(basis)], current)
        connections.edit_connection(current.pk, settings, pinged)
        current.refresh_from_db()
        acts.note(current.workspace_id, Act.Kind.EDITED, connection=current.number, url=current.url)
        return current
