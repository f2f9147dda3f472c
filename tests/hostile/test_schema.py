"""The committed openapi.yaml, in all of schemathesis' ways, against the real application on a real database.

The other API tests hold each endpoint to its schema with known ids. Here ids are arbitrary too, bodies hold NULs and
URLs of every kind, and HAPP_EXAMPLES says how many requests there are in all.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import Phase, settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from happ_webhooks.history.models import Workspace
from integrations.models import Integration
from tests.api.test_schema import EVENT_ID, WORKSPACE_ID
from tests.api.test_schema import furnished as furnished
from tests.api.test_schema import one_connection as one_connection
from tests.hostile.examples import ASKED, generated

FILE = Path(__file__).resolve().parents[2] / "openapi.yaml"
FEW = 6
PROBLEMS = "application/problem+json"
_sent: Counter[str] = Counter()


def loaded(**parameters: str) -> Any:
    generation = GenerationConfig(with_security_parameters=False, allow_x00=True)
    project = ProjectConfig(parameters=dict(parameters), generation=generation)
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    schema: Any = schemathesis.openapi.from_path(FILE, config=config)
    schema.app = get_wsgi_application()
    return schema


known, unknown = loaded(workspace_id=WORKSPACE_ID, event_id=EVENT_ID), loaded()
OPERATIONS = sum(len(methods) for methods in known.values())
SHARE = 1 / OPERATIONS


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    """Says how many there were, and that there were as many as was asked for."""
    yield
    print(f"\n{_sent.total()} requests to {len(_sent)} operations, {OPERATIONS} known")  # noqa: T201


@known.parametrize()  # type: ignore[untyped-decorator]
@generated(FEW, SHARE)
def test_every_request_gets_an_answer_that_the_file_promises(case: Any, furnished: str) -> None:
    """Every check but one: texts with a NUL and URLs that no form takes fit the schema and are refused all the same."""
    _sent[case.operation.label] += 1
    Integration.objects.update(ping_count=0)
    headers = {"Authorization": f"Bearer {furnished}"}
    response = case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
    assert response.status_code < 500
    assert response.status_code < 400 or response.headers["content-type"] == [PROBLEMS]


@unknown.parametrize()  # type: ignore[untyped-decorator]
@settings(generated(FEW, SHARE / 4), phases=[Phase.generate])
def test_no_id_that_somebody_makes_up_leads_anywhere(case: Any, furnished: str) -> None:
    _sent[case.operation.label] += 1
    before = list(Workspace.objects.values()), list(Integration.objects.values())
    headers = {"Authorization": f"Bearer {furnished}"}
    response = case.call(headers=headers)
    assert 400 <= response.status_code < 500 or case.method == "OPTIONS"
    assert case.path_parameters["workspace_id"] != WORKSPACE_ID
    case.validate_response(response, excluded_checks=[positive_data_acceptance])
    assert (list(Workspace.objects.values()), list(Integration.objects.values())) == before


def test_as_many_requests_were_made_as_was_asked_for() -> None:
    assert set(_sent) == {operation.ok().label for operation in known.get_all_operations()}
    assert _sent.total() >= max(ASKED, FEW * OPERATIONS)
