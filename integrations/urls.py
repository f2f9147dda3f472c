"""Below /api/v1/workspaces/<workspace_id>/."""

from django.urls import path

from integrations.api.views import ChatWebhookView, PingView, RotationView, SigningSecretView

urlpatterns = [
    path("chat-webhook", ChatWebhookView.as_view(), name="chat-webhook"),
    path("chat-webhook/ping", PingView.as_view()),
    path("chat-webhook/signing-secret", SigningSecretView.as_view()),
    path("chat-webhook/signing-secret/rotate", RotationView.as_view()),
]
