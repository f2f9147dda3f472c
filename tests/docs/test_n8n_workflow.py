"""n8n's workflow goes where HAPP's events go: a branch for each type and channel there is, and for what is to come."""

import json
from typing import Any

import pytest

from deliveries.api.webhooks import example_body, example_test_body
from deliveries.receiver_docs import folder
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING

WORKFLOW = json.loads((folder() / "samples" / "n8n-workflow.json").read_text())
NODES = {node["name"]: node for node in WORKFLOW["nodes"]}
BRANCHES = {
    "message.received": "Message from a customer",
    "message.sent": "Message to a customer",
    "order.created": "New order",
}


def path_of(body: dict[str, Any]) -> list[str]:
    """The names of the nodes that a body runs through."""
    name, names = "HAPP event", []
    while name in WORKFLOW["connections"]:
        outputs = WORKFLOW["connections"][name]["main"]
        name = outputs[output_of(NODES[name], body)][0]["node"]
        names.append(name)
    return [name for name in names if not name.startswith("By ")]


def output_of(node: dict[str, Any], body: dict[str, Any]) -> int:
    """A Switch leaves by the first rule that fits, else by the output behind the last."""
    if not node["type"].endswith(".switch"):
        return 0
    assert node["parameters"]["options"] == {"fallbackOutput": "extra"}
    rules = node["parameters"]["rules"]["values"]
    return next((number for number, rule in enumerate(rules) if fits(rule, body)), len(rules))


def fits(rule: dict[str, Any], body: dict[str, Any]) -> bool:
    [condition] = rule["conditions"]["conditions"]
    field = condition["leftValue"].removeprefix("={{ $json.body.").removesuffix(" }}")
    if condition["operator"]["type"] == "boolean":
        return body.get(field) is True
    return bool(body.get(field) == condition["rightValue"])


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_every_type_has_a_branch_and_messages_one_for_each_channel(type_: str, channel: str) -> None:
    further = [f"From {channel}"] if type_ == "message.received" else []
    assert path_of(json.loads(example_body(type_, channel))) == [BRANCHES[type_], *further]


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_a_test_event_is_never_taken_for_a_real_one(type_: str) -> None:
    assert path_of(json.loads(example_test_body(type_, "viber"))) == ["Ping or test event"]
    assert path_of(json.loads(example_body(PING))) == ["Ping or test event"]


def test_what_is_to_come_has_a_branch() -> None:
    known = json.loads(example_body("message.received", "viber"))
    assert path_of({**known, "type": "chat.started"}) == ["Something new"]
    assert path_of({**known, "channel": "tiktok"}) == ["Message from a customer", "From another channel"]


def test_no_branch_is_left_over() -> None:
    switches = {name: node for name, node in NODES.items() if node["type"].endswith(".switch")}
    named = {
        name: [rule["outputKey"] for rule in node["parameters"]["rules"]["values"]] for name, node in switches.items()
    }
    assert named == {"By type": ["test", *EVENT_TYPES], "By channel": list(CHANNELS)}
    outputs = {name: len(WORKFLOW["connections"][name]["main"]) for name in named}
    assert outputs == {name: len(keys) + 1 for name, keys in named.items()}
    reached = {out[0]["node"] for each in WORKFLOW["connections"].values() for out in each["main"]}
    assert reached | {"HAPP event"} == set(NODES)


def test_it_checks_the_password_and_answers_at_once() -> None:
    assert NODES["HAPP event"]["parameters"] == {
        "httpMethod": "POST",
        "path": "happ",
        "authentication": "headerAuth",
        "responseMode": "onReceived",
        "options": {},
    }
    assert "credentials" not in NODES["HAPP event"]
