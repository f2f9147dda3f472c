"""Examples in the OpenAPI document: real requests and answers, which a test takes down in examples.json."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("examples.json")
REQUEST: Final = "request"


@cache
def examples() -> dict[str, dict[str, Any]]:
    """By operationId: answers by status, and what was sent as `request`."""
    known: dict[str, dict[str, Any]] = json.loads(FILE.read_text())
    return known


def add_examples(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """A postprocessing hook: puts every known example where the document describes it."""
    for methods in result["paths"].values():
        for operation in methods.values():
            for name, example in examples().get(operation.get("operationId", ""), {}).items():
                place = operation["requestBody"] if name == REQUEST else operation["responses"][name]
                for media in place["content"].values():
                    media["example"] = example
    return result
