"""The admin for support: connect, disconnect, test and explain, through the services that the API uses."""

from integrations.admin.audit import AuditEntryAdmin
from integrations.admin.integration import IntegrationAdmin
from integrations.admin.log import DeliveryAdmin, DeliveryAttemptAdmin
from integrations.admin.tokens import ApiTokenAdmin
from integrations.admin.workspaces import WorkspaceAdmin

__all__ = [
    "ApiTokenAdmin",
    "AuditEntryAdmin",
    "DeliveryAdmin",
    "DeliveryAttemptAdmin",
    "IntegrationAdmin",
    "WorkspaceAdmin",
]
