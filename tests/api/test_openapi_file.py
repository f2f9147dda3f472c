"""openapi.yaml in the checkout is what the code serves; to renew it: manage.py spectacular --file openapi.yaml."""

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

COMMITTED = Path(__file__).parents[2] / "openapi.yaml"


def test_the_committed_schema_is_up_to_date_valid_and_without_warnings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert made.read_text() == COMMITTED.read_text()
    assert capsys.readouterr().err == ""


def test_the_served_schema_is_the_committed_one(db: None) -> None:
    served = Client().get("/api/schema/")
    assert served.status_code == 200
    assert yaml.safe_load(served.content) == yaml.safe_load(COMMITTED.read_text())
    assert yaml.safe_load(served.content)["openapi"].startswith("3.1")


@pytest.mark.parametrize("accept", ["application/json", "application/vnd.oai.openapi+json"])
def test_the_schema_is_also_served_as_json(db: None, accept: str) -> None:
    response = Client(headers={"accept": accept}).get("/api/schema/")
    assert response.json() == yaml.safe_load(COMMITTED.read_text())


def test_the_docs_need_nothing_from_elsewhere(db: None) -> None:
    response = Client().get("/api/docs/")
    assert response.status_code == 200
    assert b"//cdn." not in response.content


def test_every_operation_says_which_errors_it_may_answer_with() -> None:
    document = yaml.safe_load(COMMITTED.read_text())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            errors = {status: body for status, body in operation["responses"].items() if status >= "400"}
            assert {"400", "401", "403", "404", "500", "503"} <= set(errors), (method, path)
            assert all(list(body["content"]) == ["application/problem+json"] for body in errors.values())
            assert operation["summary"]
            assert operation["description"]
            if "requestBody" in operation:
                assert {"413", "415", "422"} <= set(errors), (method, path)


def test_every_parameter_of_a_query_is_explained() -> None:
    document = yaml.safe_load(COMMITTED.read_text())
    parameters = [
        (operation["operationId"], each)
        for operations in document["paths"].values()
        for operation in operations.values()
        for each in operation.get("parameters", [])
        if each["in"] != "path"
    ]
    assert {name for _, each in parameters for name in [each["name"]]} >= {"after", "until", "cursor", "window"}
    assert [(name, each["name"]) for name, each in parameters if not each.get("description")] == []
