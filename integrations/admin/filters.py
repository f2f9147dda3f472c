"""Filters with fixed choices: Django's own would read every distinct value of a large table first."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from deliveries.catalogue import CODES
from deliveries.models import CloseReason, Connection
from deliveries.models import Status as DeliveryStatus
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES
from integrations.state import STATUSES

SERVER_ERRORS = ("HTTP_500", "HTTP_502", "HTTP_503", "HTTP_504")
ERRORS = (*(code for code in CODES if code not in CloseReason.values), *SERVER_ERRORS)

#: From here on tries are not told apart.
MOST = 9

OPEN = Q(closed_at=None)
STOPPED = Q(close_reason__in=[CloseReason.MAX_RETRIES_EXCEEDED, CloseReason.GONE], disconnected_at=None)


class FixedFilter(SimpleListFilter):
    """Narrows a list to one of `choices_`, an equal value of the column `parameter_name`."""

    choices_: ClassVar[Iterable[str]]

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        # Codes stay as they are: that is how the log and the customer write them.
        return [(choice, choice if choice.isupper() else choice.replace("_", " ")) for choice in self.choices_]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(**{self.parameter_name or "": self.value()}) if self.value() else queryset


class TypeFilter(FixedFilter):
    title, parameter_name, choices_ = "type", "type", EVENT_TYPES


class ChannelFilter(FixedFilter):
    title, parameter_name, choices_ = "channel", "channel", CHANNELS


class ResultFilter(FixedFilter):
    title, parameter_name, choices_ = "result", "stands", DeliveryStatus.values


class LastErrorFilter(FixedFilter):
    title, parameter_name, choices_ = "error", "last_error", ERRORS


class AttemptErrorFilter(FixedFilter):
    title, parameter_name, choices_ = "error", "error", ERRORS


class IntegrationStatusFilter(FixedFilter):
    """By the state of the newest connection (`latest_id`)."""

    title, parameter_name, choices_ = "status", "status", STATUSES

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        match self.value():
            case "connected":
                return _whose_latest(queryset, OPEN)
            case "stopped":
                return _whose_latest(queryset, STOPPED)
            case "not_connected":
                return _whose_latest(queryset, ~OPEN & ~STOPPED) | queryset.filter(latest_id=None)
        return queryset


class FailingFilter(FixedFilter):
    """Connections to which nothing has got through for longer than an hour."""

    title, parameter_name, choices_ = "failing", "failing", ("longer_than_1_h",)

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        since = timezone.now() - timedelta(hours=1)
        return _whose_latest(queryset, OPEN & Q(failing_since__lt=since)) if self.value() else queryset


class ConnectionErrorFilter(FixedFilter):
    """By the error of the last attempt of a connection that is open or stopped."""

    title, parameter_name, choices_ = "error", "error", ERRORS

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        of_error = (OPEN | STOPPED) & Q(last_error=self.value())
        return _whose_latest(queryset, of_error) if self.value() else queryset


class NumberFilter(FixedFilter):
    """By how many tries it took, or which try it was; the last choice is for all beyond."""

    choices_ = (*(str(number) for number in range(1, MOST)), f"{MOST}+")

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value not in self.choices_:
            return queryset
        column = f"{self.parameter_name}__gte" if value.endswith("+") else self.parameter_name or ""
        return queryset.filter(**{column: int(value.rstrip("+"))})


class TriesFilter(NumberFilter):
    title, parameter_name = "tries", "attempts"


class AttemptNumberFilter(NumberFilter):
    title, parameter_name = "number of the try", "number"


class AttemptResultFilter(FixedFilter):
    title, parameter_name, choices_ = "result", "result", ("accepted", "failed")

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        match self.value():
            case "accepted":
                return queryset.filter(error="")
            case "failed":
                return queryset.exclude(error="")
        return queryset


class AttemptChannelFilter(FixedFilter):
    title, parameter_name, choices_ = "channel", "delivery__channel", CHANNELS


def _whose_latest(queryset: "QuerySet[Any]", condition: Q) -> "QuerySet[Any]":
    return queryset.filter(latest_id__in=Connection.objects.filter(condition).values("pk"))
