"""The signing secret: made when first asked for, kept over reconnects, rotated with a day in which both sign."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from deliveries import connections
from deliveries.connections import SigningSecrets, database_now
from deliveries.sealing import seal, unseal
from happ_webhooks.history import audit
from happ_webhooks.history.events import lock_workspace
from happ_webhooks.history.models import AuditEntry
from happ_webhooks.history.problems import Problem
from happ_webhooks.wire.signature import new_signing_secret
from integrations import acts
from integrations.models import Act, Integration

#: How long the previous secret signs as well, so that receivers can change theirs without missing an event.
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class ShownSecret:
    """The secret as its owner may read it; `previous_expires_at` is None once only this one signs."""

    signing_secret: str = field(repr=False)
    previous_expires_at: datetime | None


def integration_of(workspace_id: str) -> Integration:
    """The workspace's integration, made when first asked for."""
    return Integration.objects.get_or_create(workspace_id=workspace_id)[0]


def sealed_secrets(workspace_id: str) -> SigningSecrets:
    """The secrets that sign by now, sealed."""
    integration = integration_of(workspace_id)
    if not integration.signing_secret:
        # Compare and set: of two that ask at the same time both must get the same secret.
        made = Integration.objects.filter(pk=workspace_id, signing_secret="")
        made.update(signing_secret=seal(new_signing_secret()))
        integration.refresh_from_db()
    expires = integration.previous_expires_at
    if not integration.previous_signing_secret or expires is None or expires <= database_now():
        return SigningSecrets(current=integration.signing_secret)
    return SigningSecrets(
        current=integration.signing_secret,
        previous=integration.previous_signing_secret,
        previous_expires_at=expires,
    )


def signing_secret(workspace_id: str) -> ShownSecret:
    """The current secret, for whoever asks to see it: that goes into the audit log. Raises SealBroken."""
    with transaction.atomic():
        audit.note(AuditEntry.Act.SECRET_SEEN, workspace_id)
        return _shown(sealed_secrets(workspace_id))


def mark_of(workspace_id: str) -> str:
    """Tells the current secret from another, and nothing about either: what whoever is asked to rotate saw."""
    return _mark(sealed_secrets(workspace_id).current)


def rotate(workspace_id: str, *, seen: str | None = None, show: bool = False) -> ShownSecret:
    """A new secret, at once also for the open connection; the one before signs for another 24 h.

    `seen` is the mark of the secret that is to be replaced: a second rotation in a row would end at once the secret
    that receivers still check with. None replaces any. `show` says that the door gives the new one on, so that it is
    seen. Raises SealBroken, and Problem (conflict) if it is another.
    """
    with transaction.atomic():
        lock_workspace(workspace_id)
        integration_of(workspace_id)
        # Locked too: the first secret may be made and shown at this moment, without the workspace's lock.
        integration = Integration.objects.select_for_update().get(pk=workspace_id)
        if seen is not None and _mark(integration.signing_secret) != seen:
            raise Problem("conflict", _("The secret was rotated meanwhile, so it was left as it is."))
        # With a key that opens the old one: else the new one might be sealed with a key that only this process has.
        unseal(integration.signing_secret)
        integration.previous_signing_secret = integration.signing_secret
        integration.previous_expires_at = database_now() + OVERLAP if integration.signing_secret else None
        integration.signing_secret = seal(new_signing_secret())
        integration.save(update_fields=["signing_secret", "previous_signing_secret", "previous_expires_at"])
        secrets = sealed_secrets(workspace_id)
        connections.change_secrets(workspace_id, secrets)
        acts.note(workspace_id, Act.Kind.ROTATED)
        if show:
            audit.note(AuditEntry.Act.SECRET_SEEN, workspace_id)
    return _shown(secrets)


def _mark(sealed: str) -> str:
    return hashlib.sha256(sealed.encode()).hexdigest()[:16]


def _shown(secrets: SigningSecrets) -> ShownSecret:
    return ShownSecret(
        signing_secret=unseal(secrets.current),
        previous_expires_at=secrets.previous_expires_at,
    )
