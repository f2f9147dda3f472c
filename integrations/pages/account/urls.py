"""The workspace's own affairs: tokens, people, the signing secret."""

from django.urls import path

from integrations.pages.account.members import change_role, remove
from integrations.pages.account.signing_secret import rotate, signing_secret
from integrations.pages.account.tokens import revoke, tokens
from integrations.pages.account.workspace import workspace

urlpatterns = [
    path("tokens/", tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", revoke, name="revoke-token"),
    path("workspace/", workspace, name="workspace"),
    path("workspace/members/<int:member_id>/role/", change_role, name="member-role"),
    path("workspace/members/<int:member_id>/remove/", remove, name="remove-member"),
    path("signing-secret/", signing_secret, name="signing-secret"),
    path("signing-secret/rotate/", rotate, name="rotate-signing-secret"),
]
