"""The tile, its settings, the test button and the signing secret."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deliveries import connections
from happ_webhooks.history.audit import acting
from happ_webhooks.history.authentication import EVERY_ROLE, workspace_for
from happ_webhooks.history.models import ApiToken, Membership, Workspace
from happ_webhooks.history.parameters import Parameters
from happ_webhooks.history.schema import problems
from happ_webhooks.wire.envelope import utc_milliseconds
from integrations import connecting, signing
from integrations.actors import caller
from integrations.addresses import concealed
from integrations.api.bodies import fields_of
from integrations.api.conditions import expected_versions, seen
from integrations.api.shapes import (
    ConnectSerializer,
    PingResultSerializer,
    PingSerializer,
    SettingsSerializer,
    SigningSecretSerializer,
    TileSerializer,
    saving_problems,
)
from integrations.pinging import attempt_document, send_test_ping
from integrations.signing import ShownSecret
from integrations.tile import etag, tile_of

SETTINGS = ("url", "password", "auth")
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="The tile's ETag: change only that.")
IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="304 if nothing changed.")


def visible(request: Request, workspace_id: str) -> Workspace:
    """The workspace, for everybody who belongs to it."""
    workspace = workspace_for(request, workspace_id, ApiToken.Scope.MANAGE, roles=EVERY_ROLE)
    Parameters(request.query_params, ()).finish()
    return workspace


def manageable(request: Request, workspace_id: str) -> Workspace:
    """The same for changes, secrets, and whatever makes HAPP send something: for those who answer for it."""
    workspace = workspace_for(request, workspace_id, ApiToken.Scope.MANAGE, roles=(Membership.Role.ADMIN,))
    Parameters(request.query_params, ()).finish()
    return workspace


def sees_whole_url(request: Request, workspace: Workspace) -> bool:
    """Whether the requester may change the URL, and so sees what is secret in it."""
    if isinstance(request.auth, ApiToken):
        return True
    admins = Membership.objects.filter(workspace=workspace, role=Membership.Role.ADMIN)
    return admins.filter(user_id=request.user.pk or 0).exists()


def shown(request: Request, workspace: Workspace) -> Response:
    """The tile as it is now; 304 to a GET that has seen it."""
    connection = connections.latest(workspace.pk)
    document = tile_of(workspace, connection, timezone.now())
    if isinstance(document["url"], str) and not sees_whole_url(request, workspace):
        document["url"] = concealed(document["url"])
    headers = {"ETag": etag(document, connection), "Cache-Control": "private, no-cache"}
    if request.method in {"GET", "HEAD"} and seen(request, headers["ETag"]):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(document, headers=headers)


class ChatWebhookView(APIView):
    """A workspace's Chat Webhook."""

    @extend_schema(
        operation_id="show_chat_webhook",
        summary="The tile",
        parameters=[IF_NONE_MATCH],
        responses={200: TileSerializer, 304: None, **problems("validation")},
    )
    def get(self, request: Request, workspace_id: str) -> Response:
        """What is connected, how it does, and what to do next. A token needs the scope `manage`."""
        return shown(request, visible(request, workspace_id))

    @extend_schema(
        operation_id="connect_chat_webhook",
        summary="Connect",
        parameters=[IF_MATCH],
        request=ConnectSerializer,
        responses={200: TileSerializer, **saving_problems()},
    )
    def put(self, request: Request, workspace_id: str) -> Response:
        """Pings the URL and opens a new connection once it answers 2xx; else nothing is saved.

        A token needs the scope `manage`.
        """
        workspace = manageable(request, workspace_id)
        fields = {"url": None, **fields_of(request, SETTINGS)}
        with acting(caller(request)):
            connecting.connect(workspace.pk, **fields, expected=expected_versions(request))
        return shown(request, workspace)

    @extend_schema(
        operation_id="change_chat_webhook",
        summary="Change settings",
        parameters=[IF_MATCH],
        request=SettingsSerializer,
        responses={200: TileSerializer, **saving_problems("password_required", "not_connected", "stopped")},
    )
    def patch(self, request: Request, workspace_id: str) -> Response:
        """Pings with the new settings and saves them once the URL answers 2xx; the connection stays the same.

        A token needs the scope `manage`.
        """
        workspace = manageable(request, workspace_id)
        fields = fields_of(request, SETTINGS)
        with acting(caller(request)):
            connecting.change_settings(workspace.pk, **fields, expected=expected_versions(request))
        return shown(request, workspace)

    @extend_schema(
        operation_id="disconnect_chat_webhook", summary="Disconnect", responses={204: None, **problems("validation")}
    )
    def delete(self, request: Request, workspace_id: str) -> Response:
        """Ends the connection, or the stopped one; repeatable. What waits is cancelled, the chat history stays.

        A token needs the scope `manage`.
        """
        workspace = manageable(request, workspace_id)
        with acting(caller(request)):
            connecting.disconnect(workspace.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PingView(APIView):
    """The test button."""

    @extend_schema(
        operation_id="ping_chat_webhook",
        summary="Send a test ping or a sample event",
        request=PingSerializer,
        responses={
            200: PingResultSerializer,
            **problems("validation", "not_connected", "rate_limited", "unsupported_media_type", "too_large"),
        },
    )
    def post(self, request: Request, workspace_id: str) -> Response:
        """Sends it now, also while the stream is stopped, and says what came back. A token needs the scope `manage`."""
        workspace = manageable(request, workspace_id)
        fields = fields_of(request, ("type", "channel"), may_be_missing=True)
        outcome = send_test_ping(workspace.pk, type=fields.get("type"), channel=fields.get("channel"))
        return Response({"attempt": attempt_document(outcome)})


class SigningSecretView(APIView):
    """The secret that receivers verify signatures with."""

    @extend_schema(
        operation_id="show_signing_secret",
        summary="The signing secret",
        responses={200: SigningSecretSerializer, **problems("validation")},
    )
    def get(self, request: Request, workspace_id: str) -> Response:
        """The secret; made now if there is none yet. A token needs the scope `manage`."""
        workspace = manageable(request, workspace_id)
        with acting(caller(request)):
            return _secret(signing.signing_secret(workspace.pk))


class RotationView(APIView):
    """A new signing secret."""

    @extend_schema(
        operation_id="rotate_signing_secret",
        summary="Rotate the signing secret",
        request=None,
        responses={200: SigningSecretSerializer, **problems("validation")},
    )
    def post(self, request: Request, workspace_id: str) -> Response:
        """Makes a new secret; the one before signs as well for another 24 hours. A token needs the scope `manage`."""
        workspace = manageable(request, workspace_id)
        with acting(caller(request)):
            return _secret(signing.rotate(workspace.pk, show=True))


def _secret(secret: ShownSecret) -> Response:
    expires = secret.previous_expires_at
    document = {
        "signing_secret": secret.signing_secret,
        "previous_expires_at": utc_milliseconds(expires) if expires else None,
    }
    return Response(document, headers={"Cache-Control": "no-store"})
