"""What support can do to an integration: thin doors to the services, each behind a permission and a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from deliveries.catalogue import explain
from integrations import connecting, signing
from integrations.admin.forms import ConnectForm, ReasonForm
from integrations.pinging import send_test_ping


@dataclass(frozen=True)
class Done:
    """What an action came to, for the page and the history; never a secret."""

    sentence: str
    well: bool = True


@dataclass(frozen=True)
class Action:
    """`permission` is one of Integration's. `run` takes the workspace's id and the valid form; it may raise Problem."""

    name: str
    label: str
    warning: str
    permission: str
    form: type[ReasonForm]
    run: Callable[[str, ReasonForm], Done]


def host_of(url: str) -> str:
    return urlsplit(url).netloc


def masked(url: str) -> str:
    """A URL whose query, which often holds a token, shows names only."""
    parts = urlsplit(url)
    if not parts.query:
        return url
    named = [f"{name}=***" for name, value in parse_qsl(parts.query, keep_blank_values=True) if value]
    return parts._replace(query="&".join(named) or "***").geturl()


def _connect(workspace_id: str, form: ReasonForm) -> Done:
    settings = form.settings() if isinstance(form, ConnectForm) else {}
    connection = connecting.connect(workspace_id, **settings)
    return Done(f"Connected to {host_of(connection.url)}, connection {connection.number}.")


def _disconnect(workspace_id: str, form: ReasonForm) -> Done:
    return Done("Disconnected." if connecting.disconnect(workspace_id) else "It was not connected.")


def _ping(workspace_id: str, form: ReasonForm) -> Done:
    outcome = send_test_ping(workspace_id)
    if outcome.error is None:
        return Done(f"The test ping was answered with {outcome.status_code} in {outcome.response_ms} ms.")
    explained = explain(outcome.error)
    return Done(f"The test ping failed with {outcome.error}. {explained.title}: {explained.detail}", well=False)


def _rotate(workspace_id: str, form: ReasonForm) -> Done:
    expires = signing.rotate(workspace_id).previous_expires_at
    until = f" The one before signs until {expires:%d.%m.%Y, %H:%M} UTC." if expires else ""
    return Done(f"There is a new signing secret, to be read by the workspace's admins.{until}")


ACTIONS = {
    action.name: action
    for action in (
        Action(
            "connect",
            "Connect",
            "The URL is asked first. A connection that is open is replaced: what waits for it is cancelled.",
            "integrations.configure",
            ConnectForm,
            _connect,
        ),
        Action(
            "disconnect",
            "Disconnect",
            "Event delivery stops and what waits is cancelled. Chat history in HAPP is untouched. "
            "Events that already left for the endpoint may still arrive.",
            "integrations.operate",
            ReasonForm,
            _disconnect,
        ),
        Action(
            "ping",
            "Send test ping",
            "One ping goes to the connected URL now. If it is accepted, all that waits is tried at once.",
            "integrations.operate",
            ReasonForm,
            _ping,
        ),
        Action(
            "rotate",
            "Rotate signing secret",
            "Both secrets sign for 24 hours. Receivers that do not learn the new one by then refuse every event.",
            "integrations.configure",
            ReasonForm,
            _rotate,
        ),
    )
}
