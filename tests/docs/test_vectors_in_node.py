"""The signature vectors, judged by the library that is published for Node."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from deliveries.receiver_docs import folder
from deliveries.receiver_docs.vectors import vectors
from tests.docs.samples import program

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


def test_the_published_library_judges_every_vector_as_the_docs_do(installed: Path) -> None:
    command = [program("node"), "judge.mjs", str(folder() / "vectors.json")]
    done = subprocess.run(command, cwd=installed, capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(done.stdout) == {vector.name: vector.valid for vector in vectors()}
