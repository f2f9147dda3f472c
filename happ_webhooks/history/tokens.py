"""API tokens of a workspace: issued under a name of their own, shown once, revoked for ever."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from happ_webhooks.history.audit import note
from happ_webhooks.history.events import lock_workspace
from happ_webhooks.history.models import ApiToken, AuditEntry, Workspace

MOST_LIVE_TOKENS = 50


class NameTaken(Exception):
    """A live token of this workspace has the name already."""


class TooManyTokens(Exception):
    """The workspace has MOST_LIVE_TOKENS live tokens."""


def tokens_of(workspace: Workspace) -> "QuerySet[ApiToken]":
    """The workspace's own tokens, live ones first, the newest first. Tokens for every workspace are not among them."""
    return ApiToken.objects.filter(workspace=workspace).order_by("-revoked_at", "-created_at", "-pk")


def issue(*, name: str, scopes: Sequence[str], workspace: Workspace | None) -> tuple[ApiToken, str]:
    """Makes a token; the second value is the token itself, which cannot be read again.

    The form that asks for a token may be sent twice, by a double click or a reload. Its name stops the second:
    nobody else would know that one more token is about. Raises NameTaken, TooManyTokens.
    """
    with transaction.atomic():
        if workspace is not None:
            lock_workspace(workspace.pk)
            live = ApiToken.objects.filter(workspace=workspace, revoked_at=None)
            if live.filter(name__iexact=name).exists():
                raise NameTaken
            if live.count() >= MOST_LIVE_TOKENS:
                raise TooManyTokens
        issued, token = ApiToken.issue(name=name, scopes=list(scopes), workspace=workspace)
        note(AuditEntry.Act.TOKEN_MADE, issued.workspace_id, token=issued)
        return issued, token


def revoke(tokens: "QuerySet[ApiToken]") -> list[ApiToken]:
    """Ends the live ones among these tokens, from the next request on; returns just those that this call ended."""
    with transaction.atomic():
        ended = list(tokens.filter(revoked_at=None).order_by("pk").select_for_update(of=("self",)))
        now = timezone.now()
        for token in ended:
            token.revoked_at = now
        ApiToken.objects.bulk_update(ended, ["revoked_at"])
        for token in ended:
            note(AuditEntry.Act.TOKEN_REVOKED, token.workspace_id, token=token)
    return ended
