"""HAPP's side: workspaces, their people, API tokens, and the chat history, where alone message content lives."""

import hashlib
import secrets
from typing import ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

KYIV: Final = ZoneInfo("Europe/Kyiv")
TOKEN_PREFIX = "happ_"  # noqa: S105 (not a secret)


def new_workspace_id() -> str:
    return f"ws_{secrets.token_hex(5)}"


class Workspace(models.Model):
    """A HAPP customer. Its row numbers its events and is the first lock of every change to what it receives."""

    id = models.CharField(primary_key=True, max_length=40, default=new_workspace_id, editable=False)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, default="Europe/Kyiv")
    language = models.CharField(max_length=5, default="uk", choices=settings.LANGUAGES)
    last_sequence = models.BigIntegerField(default=0, editable=False)
    members: "models.ManyToManyField[models.Model, Membership]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="workspaces"
    )

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone; Kyiv's if it is none that this machine knows."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return KYIV


class Membership(models.Model):
    """A person's place in a workspace."""

    class Role(models.TextChoices):
        ADMIN = "admin", "Admin: connects, changes and disconnects"
        MEMBER = "member", "Member: sees the tile and the log"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace_id}: {self.role}"


class ApiToken(models.Model):
    """A key to the REST API. The token itself is shown once; its SHA-256 is kept."""

    class Scope(models.TextChoices):
        INGEST = "ingest", "Record events"
        MANAGE = "manage", "Connect, change, disconnect, read the log"
        BACKFILL = "backfill", "Read events from the chat history"

    hash = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=100)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, blank=True, help_text="Empty: valid for every workspace."
    )
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.scopes)})"

    @classmethod
    def issue(cls, *, name: str, scopes: list[str], workspace: Workspace | None = None) -> "tuple[ApiToken, str]":
        """Make a token; the second value is the token itself, which cannot be read again."""
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        return cls.objects.create(hash=cls.digest(token), name=name, scopes=scopes, workspace=workspace), token

    @staticmethod
    def digest(token: str) -> str:
        # A fast hash is enough: the token is 256 random bits, which nobody guesses.
        return hashlib.sha256(token.encode()).hexdigest()


class ChatEvent(models.Model):
    """A recorded message or order. `body` is the envelope's exact text: sent and back-filled as it stands."""

    id = models.CharField(primary_key=True, max_length=40)
    # No constraint in the database: a check of every insert would lock the workspace row a second way.
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    sequence = models.BigIntegerField()
    type = models.CharField(max_length=40)
    channel = models.CharField(max_length=20)
    chat_id = models.CharField(max_length=200)
    source_id = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    body = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "sequence"], name="event_sequence"),
            models.UniqueConstraint(fields=["workspace", "source_id"], name="event_source"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "channel", "chat_id", "sequence"], name="event_chat"),
            BrinIndex(fields=["recorded_at"], name="event_recorded"),
        ]

    def __str__(self) -> str:
        return self.id


class AuditEntry(models.Model):
    """Who did what matters to security, and from where: see history.audit. A trigger refuses to change or delete it.

    It outlives what it tells of, so it holds names and numbers and is bound to no other row.
    """

    class Act(models.TextChoices):
        CONNECTED = "connected", "Connected"
        SETTINGS_CHANGED = "settings_changed", "Settings changed"
        DISCONNECTED = "disconnected", "Disconnected"
        SECRET_SEEN = "signing_secret_seen", "Signing secret seen"
        SECRET_ROTATED = "signing_secret_rotated", "Signing secret rotated"
        TOKEN_MADE = "token_made", "Token made"
        TOKEN_REVOKED = "token_revoked", "Token revoked"
        PAUSED = "paused", "Paused"
        RESUMED = "resumed", "Resumed"
        MEMBER_ADDED = "member_added", "Member added"
        ROLE_CHANGED = "role_changed", "Role changed"
        MEMBER_REMOVED = "member_removed", "Member removed"
        STAFF_SIGNED_IN = "staff_signed_in", "Staff signed in"
        STAFF_LOCKED_OUT = "staff_locked_out", "Staff locked out"

    class Door(models.TextChoices):
        API = "api", "API"
        PAGE = "page", "Page"
        ADMIN = "admin", "Admin"
        COMMAND = "command", "Command"
        NONE = "none", "None"

    class Kind(models.TextChoices):
        USER = "user", "User"
        TOKEN = "token", "API token"
        OPERATOR = "operator", "Operator"
        NOBODY = "nobody", "Nobody"

    at = models.DateTimeField(db_default=Now())
    workspace = models.ForeignKey(
        Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True
    )
    act = models.CharField(max_length=30, choices=Act.choices)
    door = models.CharField(max_length=10, choices=Door.choices)
    actor_kind = models.CharField(max_length=10, choices=Kind.choices)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    address = models.GenericIPAddressField(null=True)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit log"
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-id"], name="audit_workspace"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.act} by {self.actor_kind} {self.actor_name}"
