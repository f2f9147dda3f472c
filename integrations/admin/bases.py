"""What the admin's pages share: lists that never count a whole table, and pages that change nothing."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest

from deliveries.models import COUNTED

M = TypeVar("M", bound=Model)

#: Columns of the admin's models that hold a secret, sealed or hashed as it may be.
SECRET = frozenset({"hash", "signing_secret", "previous_signing_secret"})

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin
    BoundedBase = Paginator[Any]
else:
    # Neither class takes its type parameter when the program runs.
    class ModelAdmin(admin.ModelAdmin):
        def __class_getitem__(cls, _: object) -> type:
            return cls

    BoundedBase = Paginator


class BoundedPaginator(BoundedBase):
    """Counts to 10,000: an exact count of a large table takes longer than anybody waits for a page."""

    @cached_property
    def count(self) -> int:
        found: Any = self.object_list
        return int(found.order_by().values("pk")[:COUNTED].count())


class DiscreetAdmin(ModelAdmin[M]):
    """Its lists cannot be narrowed by a secret: one that can tells it, a character at a time."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup.partition("__")[0] not in SECRET and super().lookup_allowed(lookup, value, request)


class ReadOnlyAdmin(DiscreetAdmin[M]):
    """Everybody with the permission to view may look, nobody may add, change or delete."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
