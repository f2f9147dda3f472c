"""Who asks: an API token, or the signed-in user of the pages."""

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from happ_webhooks.history.models import TOKEN_PREFIX, ApiToken, Membership, Workspace

EVERY_ROLE = (Membership.Role.ADMIN, Membership.Role.MEMBER)
LAST_USED_EVERY = timedelta(minutes=1)


class TokenHolder(AnonymousUser):
    """The requester behind an API token: nobody's account."""

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        return True


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer happ_...`"""

    def authenticate(self, request: Request) -> tuple[TokenHolder, ApiToken] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not token.startswith(TOKEN_PREFIX):
            raise AuthenticationFailed
        found = ApiToken.objects.filter(hash=ApiToken.digest(token), revoked_at=None).first()
        if found is None:
            raise AuthenticationFailed
        _note_use(found)
        return TokenHolder(), found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "happ_..."}


def _note_use(token: ApiToken) -> None:
    """To the minute: a busy token must not write a row for every request."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def workspace_for(request: Request, workspace_id: str, scope: str, *, roles: Sequence[str] = ()) -> Workspace:
    """The workspace, for a token with `scope` that reaches it, or for a member with one of `roles`.

    Raises Http404 for a workspace of somebody else, so that not even its existence shows, and PermissionDenied where
    the requester belongs to it but may not do this.
    """
    if "\0" in workspace_id:  # No database row can be asked for it.
        raise Http404
    if isinstance(request.auth, ApiToken):
        if request.auth.workspace_id not in {None, workspace_id}:
            raise Http404
        workspace = Workspace.objects.filter(pk=workspace_id).first()
        allowed = scope in request.auth.scopes
    else:
        workspace, allowed = _of_member(request.user, workspace_id, roles)
    if workspace is None:
        raise Http404
    if not allowed:
        raise PermissionDenied
    return workspace


def _of_member(
    user: AbstractBaseUser | AnonymousUser, workspace_id: str, roles: Sequence[str]
) -> tuple[Workspace | None, bool]:
    found = (
        Membership.objects.filter(workspace_id=workspace_id, user_id=user.pk or 0).select_related("workspace").first()
    )
    return (found.workspace, found.role in roles) if found else (None, False)
