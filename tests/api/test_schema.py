"""The whole REST API against its own schema: whatever is sent, the answer is one of those it promises."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from deliveries.intake import take_in
from deliveries.models import Connection, Delivery, DeliveryAttempt
from deliveries.sending import Destination
from happ_webhooks.history.models import ApiToken, ChatEvent, Workspace
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.target import LONGEST_URL
from integrations.models import Integration
from tests.api.caller import EVERY_SCOPE
from tests.conftest import connect
from tests.history.incoming import incoming

EXAMPLES = 50
WORKSPACE_ID, EVENT_ID = "ws_schema", "evt_schema"
# What these take depends on more than their schema can say: on URLs that may be asked, on a header's alphabet.
CHOOSY = {"connect_chat_webhook", "change_chat_webhook", "ping_chat_webhook"}
NOW = datetime.now(UTC)
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

schemathesis.openapi.format("date-time", MOMENTS.map(lambda moment: moment.isoformat().replace("+00:00", "Z")))
schema: Any = schemathesis.openapi.from_wsgi(
    "/api/schema/?format=json",
    get_wsgi_application(),
    config=SchemathesisConfig(
        projects=ProjectsConfig(
            default=ProjectConfig(
                parameters={"workspace_id": WORKSPACE_ID, "event_id": EVENT_ID},
                # NUL is refused, but no JSON Schema says so without hiding what else a text may be.
                generation=GenerationConfig(allow_x00=False, max_examples=EXAMPLES, with_security_parameters=False),
            )
        )
    ),
)
thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@schema.hook  # type: ignore[untyped-decorator]
def map_body(_context: object, body: Any) -> Any:
    """URLs that may be asked instead of arbitrary texts, which are all refused: one that answers and one that fails."""
    if isinstance(body, dict) and isinstance(body.get("url"), str) and 1 <= len(body["url"]) <= LONGEST_URL:
        return body | {"url": "https://crm.example/" + "x" * (len(body["url"]) % 2)}
    return body


def answers_by_turns(destination: Destination, envelope: object, at: datetime) -> Outcome:
    """A receiver without a network, which likes every other address."""
    if len(destination.url) % 2:
        return Outcome(status_code=200, response_ms=12, dns_ms=1, connect_ms=2, tls_ms=3, first_byte_ms=4)
    return Outcome(error="TIMEOUT", detail="No answer within 5 s.", response_ms=5000)


@pytest.fixture(autouse=True)
def one_connection(db: None) -> Iterator[None]:
    """The WSGI application ends each request by closing connections that are not its own."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def furnished(db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A connected workspace with an event of every fate, and a token that may do everything."""
    monkeypatch.setattr(Destination, "post", answers_by_turns)
    workspace = Workspace.objects.create(id=WORKSPACE_ID, name="Квіти поруч")
    first = connect(workspace, "https://crm.example/happ")
    take_in(workspace.pk, [incoming("lost"), incoming("tried")])
    Delivery.objects.filter(sequence=2).update(
        event_id=EVENT_ID, attempts=1, last_error="TIMEOUT", first_attempt_at=NOW, next_attempt_at=NOW
    )
    ChatEvent.objects.filter(sequence=2).update(id=EVENT_ID)
    DeliveryAttempt.objects.create(
        delivery_id=EVENT_ID, connection=first, number=1, started_at=NOW, response_ms=5000, error="TIMEOUT", detail="x"
    )
    connect(workspace, "https://crm.example/happ")
    take_in(workspace.pk, [incoming("waits")])
    return ApiToken.issue(name="test", scopes=EVERY_SCOPE, workspace=workspace)[1]


@schema.parametrize()  # type: ignore[untyped-decorator]
@thorough
def test_every_answer_is_promised(case: Any, furnished: str) -> None:
    """All of schemathesis' checks: status, type and body as documented, bad data refused, good data taken."""
    Integration.objects.update(ping_count=0)
    excluded = [positive_data_acceptance] if case.operation.definition.raw["operationId"] in CHOOSY else []
    case.call_and_validate(headers={"Authorization": f"Bearer {furnished}"}, excluded_checks=excluded)
    assert Connection.objects.filter(workspace_id=WORKSPACE_ID, closed_at=None).count() <= 1


@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(thorough, max_examples=5)
def test_nobody_learns_anything_without_a_token(case: Any, db: None) -> None:
    response = case.call(headers={"Authorization": "Bearer happ_none"})
    assert response.status_code in {401, 405}
    case.validate_response(response, excluded_checks=[positive_data_acceptance])
    assert not Workspace.objects.exists()
