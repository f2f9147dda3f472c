"""Where the walk past every page stops: a state, a page, and what is done there before it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.browser.states import STATES
from tests.browser.steps import (
    ELSEWHERE,
    IN_DIALOG,
    NOBODY,
    SUBMIT,
    Step,
    break_down,
    change_behind_the_form,
    click,
    dialog,
    fail,
    fill,
    first,
    follow,
    forget,
    from_menu,
    go,
    hang,
    open_all,
    refresh,
    see,
    send,
    without_scripts,
)

BOTH = ("uk", "en")
LOCKED_OUT = "locked-out"
REVOKE, REMOVE, ROTATE = "[href$='/revoke/']", "[href$='/remove/']", "[href$='/rotate/']"
# A thousand parameters and one: more than Django reads.
TOO_MUCH = "/login/?" + "x&" * 1001


@dataclass(frozen=True)
class Stop:
    """`path` goes on after the tile's path; one with a slash in front is the site's.

    `who` is owner, member, guest (of several workspaces), lost (of none), support or None. `meant` is a part of what
    the browser's console says of it.
    """

    name: str
    state: str = "delivering"
    path: str = ""
    act: Step | None = None
    who: str | None = "owner"
    meant: str = ""
    languages: Sequence[str] = BOTH


TILES = [
    *(Stop(f"tile-{state}", state) for state in STATES),
    Stop("tile-menu", act=click("#tile-menu-button")),
    Stop("tile-seen-by-member", who="member"),
    Stop("tile-not-connected-seen-by-member", "not-connected", who="member"),
    Stop("tile-signed-out", act=first(forget("sessionid"), refresh, see("#messages [role=alert]"))),
    Stop("tile-stale", act=first(break_down, see("#stale")), meant="status of 503"),
    Stop("tile-without-scripts", "failing", act=without_scripts),
    Stop("workspaces", who="guest", act=click(".switcher summary")),
]
DIALOGS = [
    Stop("connect", "not-connected", act=dialog("#connect")),
    Stop("connect-wrong", "not-connected", act=first(dialog("#connect"), click(IN_DIALOG), see("#summary"))),
    Stop(
        "connect-checking",
        "not-connected",
        act=first(dialog("#connect"), fill({"#url": ELSEWHERE}), hang, click(IN_DIALOG), see("[aria-busy=true]")),
    ),
    Stop(
        "connect-refused",
        "not-connected",
        act=first(dialog("#connect"), fill({"#url": NOBODY}), click(IN_DIALOG), see("#summary")),
    ),
    Stop(
        "connect-signed-out",
        "not-connected",
        act=first(
            *(dialog("#connect"), fill({"#url": ELSEWHERE}), forget("sessionid"), click(IN_DIALOG)),
            see("#dialog #notice [role=alert]"),
        ),
    ),
    Stop("connect-alone", "not-connected", "connect/", act=click("details.way summary")),
    Stop("connect-without-scripts", "not-connected", "connect/", act=without_scripts),
    Stop("settings", act=from_menu("settings")),
    Stop("settings-alone", path="settings/"),
    Stop(
        "settings-changed-meanwhile",
        act=first(from_menu("settings"), change_behind_the_form, click(IN_DIALOG), see("#dialog .current")),
    ),
    Stop("test-event", act=from_menu("test")),
    Stop("test-event-accepted", "answered", act=send("ping")),
    Stop("test-event-refused", "answered", act=send("message.received")),
    Stop("disconnect", "failing", act=from_menu("disconnect")),
    Stop("disconnect-alone", "failing", path="disconnect/"),
    Stop("explanation", "failing", act=dialog("#what-to-do")),
    Stop("explanation-alone", path="errors/HTTP_401/"),
]
ACCOUNT = [
    Stop("tokens", path="tokens/"),
    Stop("tokens-none", "not-connected", path="tokens/"),
    Stop(
        "tokens-wrong",
        "not-connected",
        path="tokens/",
        act=first(fill({"#id_name": "CRM"}), follow("main form .button.primary")),
    ),
    Stop("token-revoke", path="tokens/", act=dialog(REVOKE)),
    Stop("token-revoke-alone", path="tokens/", act=go(REVOKE)),
    Stop("workspace", path="workspace/"),
    Stop("workspace-seen-by-member", path="workspace/", who="member"),
    Stop("member-remove", path="workspace/", act=dialog(REMOVE)),
    Stop("member-remove-alone", path="workspace/", act=go(REMOVE)),
    Stop("signing-secret", path="signing-secret/"),
    Stop("signing-secret-shown", path="signing-secret/", act=follow("main form .button.primary")),
    Stop("signing-secret-rotate", path="signing-secret/", act=dialog(ROTATE)),
    Stop("signing-secret-rotate-alone", path="signing-secret/", act=go(ROTATE)),
    Stop("password", path="/password/"),
    Stop(
        "password-wrong",
        path="/password/",
        act=first(
            fill({"#id_old_password": "wrong", "#id_new_password1": "123", "#id_new_password2": "1234"}),
            follow(SUBMIT),
        ),
    ),
]
LOG = [
    Stop("log", "failing", path="deliveries/"),
    Stop("log-empty", "nothing-yet", path="deliveries/"),
    Stop("log-nothing-matches", path="deliveries/?chat_id=nobody"),
    Stop("log-wrong-filter", path="deliveries/?period=own&since=2026-05-25T14:30&until=2026-05-24T14:30"),
    Stop("log-errors-and-figures", path="deliveries/?window=7d", act=open_all),
    Stop("log-older", path="deliveries/", act=follow("#older")),
    Stop("log-long-words", "long-words", path="deliveries/"),
    Stop("delivery", path="deliveries/", act=follow("#deliveries a.code")),
    Stop("delivery-dropped", path="deliveries/?status=dropped", act=follow("#deliveries a.code")),
    Stop(
        "delivery-failing",
        "failing",
        path="deliveries/?status=pending&error=HTTP_401",
        act=follow("#deliveries a.code"),
    ),
]
SHELL = [
    Stop("sign-in", path="/login/", who=None),
    Stop(
        "sign-in-refused",
        path="/login/",
        who=None,
        act=first(fill({"#id_username": "nobody", "#id_password": "wrong"}), follow(SUBMIT)),
    ),
    Stop(
        "sign-in-locked",
        path="/login/",
        who=None,
        act=first(fill({"#id_username": LOCKED_OUT, "#id_password": "wrong"}), follow(SUBMIT)),
    ),
    Stop("no-workspace", path="/integrations/", who="lost"),
    Stop("error-400", path=TOO_MUCH, who=None, meant="status of 400"),
    Stop("error-403", path="tokens/", who="member"),
    Stop("error-404", path="/integrations/ws_nobodys/", meant="status of 404"),
    Stop("error-500", path="/login/", who=None, act=fail, meant="status of 500"),
    Stop(
        "form-too-old",
        path="/login/",
        who=None,
        act=first(fill({"#id_username": "olena", "#id_password": "x"}), forget("csrftoken"), follow(SUBMIT)),
    ),
    Stop("docs", path="/docs/", who=None),
    Stop("docs-signatures", path="/docs/signatures/", who=None),
    Stop("api-docs", path="/api/docs/", who=None, act=see(".opblock"), languages=("en",)),
]
STOPS: Sequence[Stop] = [*TILES, *DIALOGS, *LOG, *ACCOUNT, *SHELL]
