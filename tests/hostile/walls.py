"""Who may do what, route by route. A route of the site that is not here fails the test with its name.

`shop` is the workspace that every request is about. What is not written down is refused, in the way of its area:
the API answers 401, 403 and 404, pages and admin send those who are not signed in to sign in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Area = Literal["api", "page", "admin", "open"]

NOBODY: frozenset[str] = frozenset()
MEMBER, ADMIN = "member", "admin of the shop"
STRANGERS = frozenset({"member elsewhere", "admin elsewhere"})
STAFF = frozenset({"staff without permissions", "staff who view", "staff who operate", "staff who configure"})
ROOT = "superuser"
TOKENS = frozenset(
    {"token to manage", "token to ingest", "token to back-fill", "token for all", "token of another shop"}
)
REVOKED = "revoked token"
ANONYMOUS = "nobody"
SIGNED_IN = frozenset({MEMBER, ADMIN, *STRANGERS, *STAFF, ROOT})
EVERYBODY = frozenset({ANONYMOUS, REVOKED, *TOKENS, *SIGNED_IN})

PEOPLE = frozenset({MEMBER, ADMIN})
ADMINS = frozenset({ADMIN})
MANAGING = ADMINS | {"token to manage", "token for all"}
READING = PEOPLE | MANAGING
INGESTING = frozenset({"token to ingest", "token for all"})
BACKFILLING = PEOPLE | {"token to back-fill", "token for all"}
ALL_STAFF = STAFF | {ROOT}
VIEWING = frozenset({"staff who view", "staff who operate", "staff who configure", ROOT})
OPERATING = frozenset({"staff who operate", ROOT})
CONFIGURING = frozenset({"staff who configure", ROOT})
ROOTS = frozenset({ROOT})


@dataclass(frozen=True)
class Row:
    """Method -> who gets through; a method that is not here gets 405, except in the admin, which knows no methods."""

    area: Area
    methods: Mapping[str, frozenset[str]]


def row(area: Area, **methods: frozenset[str]) -> Row:
    return Row(area, {name.upper(): who for name, who in methods.items()})


def reads(area: Area, who: frozenset[str]) -> Row:
    return row(area, get=who)


def form(who: frozenset[str]) -> Row:
    return row("page", get=who, post=who)


WS = "integrations/<str:workspace_id>/"
API = "api/v1/workspaces/<str:workspace_id>/"

ROUTES: dict[str, Row] = {
    # Everybody's.
    "": reads("open", EVERYBODY),
    "login/": row("open", get=EVERYBODY, post=EVERYBODY),
    "logout/": row("open", post=EVERYBODY),
    "language/": row("open", post=EVERYBODY),
    "theme/": row("open", post=EVERYBODY),
    "livez": row("open", get=EVERYBODY),
    "readyz": row("open", get=EVERYBODY),
    "metrics": row("open", get=EVERYBODY),
    "status": row("open", get=EVERYBODY),
    "api/schema/": row("open", get=EVERYBODY),
    "api/docs/": row("open", get=EVERYBODY),
    "docs/": reads("open", EVERYBODY),
    "docs/<str:name>/": reads("open", EVERYBODY),
    "docs/files/<path:path>": reads("open", EVERYBODY),
    # One's own.
    "password/": form(SIGNED_IN),
    "integrations/": reads("page", SIGNED_IN),
    # A workspace's pages.
    WS: reads("page", PEOPLE),
    f"{WS}tile/": reads("page", PEOPLE),
    f"{WS}errors/<str:code>/": reads("page", PEOPLE),
    f"{WS}deliveries/": reads("page", PEOPLE),
    f"{WS}deliveries/rows/": reads("page", PEOPLE),
    f"{WS}deliveries/figures/": reads("page", PEOPLE),
    f"{WS}deliveries.csv": reads("page", PEOPLE),
    f"{WS}deliveries/<str:event_id>/": reads("page", PEOPLE),
    f"{WS}deliveries/<str:event_id>/part/": reads("page", PEOPLE),
    f"{WS}connect/": form(ADMINS),
    f"{WS}settings/": form(ADMINS),
    f"{WS}disconnect/": form(ADMINS),
    f"{WS}test/": form(ADMINS),
    f"{WS}tokens/": form(ADMINS),
    f"{WS}tokens/<int:token_id>/revoke/": form(ADMINS),
    f"{WS}workspace/": row("page", get=PEOPLE, post=ADMINS),
    f"{WS}workspace/members/<int:member_id>/role/": form(ADMINS),
    f"{WS}workspace/members/<int:member_id>/remove/": form(ADMINS),
    f"{WS}signing-secret/": form(ADMINS),
    f"{WS}signing-secret/rotate/": form(ADMINS),
    # The REST API.
    f"{API}chat-webhook": row("api", get=READING, put=MANAGING, patch=MANAGING, delete=MANAGING),
    f"{API}chat-webhook/ping": row("api", post=MANAGING),
    f"{API}chat-webhook/signing-secret": row("api", get=MANAGING),
    f"{API}chat-webhook/signing-secret/rotate": row("api", post=MANAGING),
    f"{API}chat-webhook/deliveries": row("api", get=READING),
    f"{API}chat-webhook/deliveries/<str:event_id>": row("api", get=READING),
    f"{API}chat-webhook/gaps": row("api", get=READING),
    f"{API}chat-webhook/stats": row("api", get=READING),
    f"{API}events": row("api", get=BACKFILLING, post=INGESTING),
    # The admin's own pages.
    "admin/": row("admin", get=ALL_STAFF),
    "admin/login/": row("open", get=EVERYBODY, post=EVERYBODY),
    "admin/logout/": row("open", post=EVERYBODY),
    "admin/jsi18n/": row("admin", get=ALL_STAFF),
    "admin/password_change/": row("admin", get=ALL_STAFF),
    "admin/password_change/done/": row("admin", get=ALL_STAFF),
    "admin/autocomplete/": row("admin", get=VIEWING),
    "admin/auth/user/<id>/password/": row("admin", get=ROOTS, post=ROOTS),
}


def model_pages(name: str, *, look: frozenset[str], add: frozenset[str], change: frozenset[str]) -> dict[str, Row]:
    """Django's pages of a model; nobody deletes anything but accounts."""
    below = f"admin/{name}/"
    deletes = change if name.startswith("auth/") else NOBODY
    return {
        below: row("admin", get=look),
        f"{below}add/": row("admin", get=add, post=add),
        f"{below}<path:object_id>/": row("admin", get=ALL_STAFF),  # Only leads on to the next.
        f"{below}<path:object_id>/change/": row("admin", get=look, post=change),
        f"{below}<path:object_id>/history/": row("admin", get=look),
        f"{below}<path:object_id>/delete/": row("admin", get=deletes, post=deletes),
    }


for _name in ("auth/user", "auth/group"):
    ROUTES |= model_pages(_name, look=ROOTS, add=ROOTS, change=ROOTS)
ROUTES |= model_pages("integrations/integration", look=VIEWING, add=NOBODY, change=NOBODY)
ROUTES |= model_pages("deliveries/delivery", look=VIEWING, add=NOBODY, change=NOBODY)
ROUTES |= model_pages("deliveries/deliveryattempt", look=VIEWING, add=NOBODY, change=NOBODY)
ROUTES |= model_pages("history/apitoken", look=VIEWING, add=ROOTS, change=NOBODY)
ROUTES |= model_pages("history/workspace", look=VIEWING, add=ROOTS, change=ROOTS)
# A right of its own: who may look at everything else may not look at this.
ROUTES |= model_pages("history/auditentry", look=ROOTS, add=NOBODY, change=NOBODY)
ROUTES["admin/history/auditentry/csv/"] = row("admin", get=ROOTS)
for _action, _who in (
    ("connect", CONFIGURING),
    ("rotate", CONFIGURING),
    ("disconnect", OPERATING),
    ("ping", OPERATING),
):
    ROUTES[f"admin/integrations/integration/<path:object_id>/{_action}/"] = row("admin", get=_who, post=_who)

for _name in ("delivery", "deliveryattempt"):
    ROUTES[f"admin/deliveries/{_name}/csv/"] = row("admin", get=VIEWING)

#: Not pages of their own: the last resort of the admin, and its lists by app, which show what one may see of each.
ELSEWHERE = (
    "admin/r/<path:content_type_id>/<path:object_id>/",
    "admin/^(?P<app_label>",
    "admin/(?P<url>.*)$",
)
