"""What support can do to an integration: thin doors to the services, each behind a permission and a reason."""

from collections.abc import Callable
from dataclasses import dataclass

from deliveries.catalogue import explain
from deliveries.connections import latest
from integrations import acts, connecting, signing
from integrations.addresses import host_of
from integrations.admin.forms import ConnectForm, ReasonForm, SeenForm
from integrations.models import Act
from integrations.pinging import send_test_ping
from integrations.state import settings_version


@dataclass(frozen=True)
class Done:
    """What an action came to, for the page and the history; never a secret."""

    sentence: str
    well: bool = True


@dataclass(frozen=True)
class Action:
    """`permission` is one of Integration's. `run` takes the workspace's id and the valid form; it may raise Problem.
    `see` gives the form's `seen`: what holds as it is shown. `warn` adds to the warning what holds by now."""

    name: str
    label: str
    warning: str
    permission: str
    form: type[ReasonForm]
    run: Callable[[str, ReasonForm], Done]
    see: Callable[[str], str] = lambda workspace_id: ""
    warn: Callable[[str], str] = lambda workspace_id: ""


def _connect(workspace_id: str, form: ReasonForm) -> Done:
    settings = form.settings() if isinstance(form, ConnectForm) else {}
    connection = connecting.connect(workspace_id, expected=[form.cleaned_data["seen"]], **settings)
    return Done(f"Connected to {host_of(connection.url)}, connection {connection.number}.")


def _disconnect(workspace_id: str, form: ReasonForm) -> Done:
    seen = form.cleaned_data["seen"]
    # What is no number is none of a connection.
    done = connecting.disconnect(workspace_id, expected_number=int(seen) if seen.isdecimal() else -1)
    return Done("Disconnected." if done else "It was not connected.")


def _ping(workspace_id: str, form: ReasonForm) -> Done:
    outcome = send_test_ping(workspace_id)
    acts.note(workspace_id, Act.Kind.PINGED, detail=outcome.error or str(outcome.status_code))
    if outcome.error is None:
        return Done(f"The test ping was answered with {outcome.status_code} in {outcome.response_ms} ms.")
    explained = explain(outcome.error)
    return Done(f"The test ping failed with {outcome.error}. {explained.title}: {explained.detail}", well=False)


def _rotate(workspace_id: str, form: ReasonForm) -> Done:
    expires = signing.rotate(workspace_id, seen=form.cleaned_data["seen"]).previous_expires_at
    until = f" The one before signs until {expires:%d.%m.%Y, %H:%M} UTC." if expires else ""
    return Done(f"There is a new signing secret, to be read by the workspace's admins.{until}")


def _version(workspace_id: str) -> str:
    return settings_version(latest(workspace_id))


def _number(workspace_id: str) -> str:
    connection = latest(workspace_id)
    return str(connection.number if connection else 0)


def _rotated_before(workspace_id: str) -> str:
    expires = signing.sealed_secrets(workspace_id).previous_expires_at
    if expires is None:
        return ""
    return f"An earlier secret still signs until {expires:%d.%m.%Y, %H:%M} UTC: it ends at once if you rotate again."


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
            see=_version,
        ),
        Action(
            "disconnect",
            "Disconnect",
            "Event delivery stops and what waits is cancelled. Chat history in HAPP is untouched. "
            "Events that already left for the endpoint may still arrive.",
            "integrations.operate",
            SeenForm,
            _disconnect,
            see=_number,
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
            SeenForm,
            _rotate,
            see=signing.mark_of,
            warn=_rotated_before,
        ),
    )
}
