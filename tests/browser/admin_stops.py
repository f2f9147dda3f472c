"""Where the walk stops in the admin, which is in English alone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from tests.browser.steps import NOBODY, fill, first, follow
from tests.browser.stops import Stop

LISTS = "/admin/deliveries"
INTEGRATION = "/admin/integrations/integration/{admin_id}"
TODAY = f"day={datetime.now(UTC):%Y-%m-%d}"
SAVE = "#content form [type=submit]"

admin = partial(Stop, who="support", languages=("en",))

ADMIN: Sequence[Stop] = [
    admin("admin-sign-in", path="/admin/login/", who=None),
    admin(
        "admin-sign-in-refused",
        path="/admin/login/",
        who=None,
        act=first(fill({"#id_username": "nobody", "#id_password": "wrong"}), follow(SAVE)),
    ),
    admin("admin-dashboard", path="/admin/"),
    admin("status", path="/status"),
    admin("admin-integrations", path="/admin/integrations/integration/"),
    admin("admin-integrations-none-found", path="/admin/integrations/integration/?q=nothing"),
    admin("admin-integration", "failing", path=f"{INTEGRATION}/change/"),
    admin("admin-integration-stopped", "stopped", path=f"{INTEGRATION}/change/"),
    admin("admin-integration-never-connected", "not-connected", path=f"{INTEGRATION}/change/"),
    admin("admin-connect", "not-connected", path=f"{INTEGRATION}/connect/"),
    admin(
        "admin-connect-refused",
        "not-connected",
        path=f"{INTEGRATION}/connect/",
        act=first(fill({"#id_url": NOBODY, "#id_reason": "Ticket 7"}), follow(SAVE)),
    ),
    admin("admin-disconnect", "failing", path=f"{INTEGRATION}/disconnect/"),
    admin("admin-rotate", path=f"{INTEGRATION}/rotate/"),
    admin("admin-attempts", path=f"{LISTS}/deliveryattempt/"),
    admin("admin-attempts-of-a-day", path=f"{LISTS}/deliveryattempt/?{TODAY}&result=failed"),
    admin("admin-deliveries", path=f"{LISTS}/delivery/"),
    admin("admin-deliveries-none-found", path=f"{LISTS}/delivery/?q=nothing"),
    admin("admin-delivery", path=f"{LISTS}/delivery/?stands=dropped", act=follow("#result_list th a")),
    admin("admin-workspaces", path="/admin/history/workspace/"),
    admin("admin-workspace", path="/admin/history/workspace/{admin_id}/change/"),
    admin("admin-tokens", path="/admin/history/apitoken/"),
    admin("admin-token-new", path="/admin/history/apitoken/add/"),
    admin("admin-audit-log", path="/admin/history/auditentry/"),
    admin("admin-audit-log-of-a-day", path=f"/admin/history/auditentry/?{TODAY}&act=staff_signed_in"),
    admin("admin-audit-log-none-found", path="/admin/history/auditentry/?q=nothing"),
    admin("admin-audit-entry", path="/admin/history/auditentry/", act=follow("#result_list th a")),
    admin(
        "admin-token-shown",
        path="/admin/history/apitoken/add/",
        act=first(fill({"#id_name": "Platform"}), lambda page: page.locator("#id_scopes_0").check(), follow(SAVE)),
    ),
]
