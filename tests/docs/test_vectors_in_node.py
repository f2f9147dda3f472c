"""The signature vectors and a request that HAPP really POSTed, judged by the library that is published for Node."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from deliveries.receiver_docs import folder
from deliveries.receiver_docs.vectors import vectors
from happ_webhooks.history.models import Workspace
from integrations.connecting import connect
from integrations.signing import signing_secret
from tests.conftest import record, visits
from tests.docs.samples import program
from tests.receiver import Receiver

HERE = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("node")
    for file in HERE.iterdir():
        shutil.copy(file, place)
    command = [program("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    return place


def test_the_published_library_judges_every_vector_and_a_real_request_as_the_docs_do(
    installed: Path, workspace: Workspace, receiver: Receiver, tmp_path: Path
) -> None:
    connection = connect(workspace.pk, url=receiver.url)
    record(workspace, "chat_1")
    visits(connection)
    (event,) = [arrival for arrival in receiver.arrivals if not arrival.is_ping]
    secret = signing_secret(workspace.pk).signing_secret
    arrival = tmp_path / "arrival.json"
    arrival.write_text(json.dumps({"secret": secret, "headers": event.headers, "body": event.body.decode()}))

    command = [program("node"), "judge.mjs", str(folder() / "vectors.json"), str(arrival)]
    done = subprocess.run(command, cwd=installed, capture_output=True, text=True, timeout=30, check=True)

    judged = {vector.name: vector.valid for vector in vectors()}
    assert json.loads(done.stdout) == judged | {"arrival": True, "altered": False}
