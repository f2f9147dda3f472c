"""Examples of answers in the OpenAPI document: real ones, which a test takes down in examples.json."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("examples.json")


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Answers by operationId and status."""
    known: dict[str, dict[str, Any]] = json.loads(FILE.read_text())
    return known


def add_examples(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """A postprocessing hook: puts every known answer where the document describes it."""
    for methods in result["paths"].values():
        for operation in methods.values():
            for status, answer in examples().get(operation.get("operationId", ""), {}).items():
                for media in operation["responses"][status]["content"].values():
                    media["example"] = answer
    return result
