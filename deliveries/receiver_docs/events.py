"""Every header, field and example of what is POSTed, from the code that describes and makes it."""

import json
from collections.abc import Iterator
from typing import Any, Final

from deliveries.api.webhooks import example_body, example_test_body
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING
from happ_webhooks.wire.event_schema import event_schema, every_event
from happ_webhooks.wire.header_schema import HEADERS

HEAD: Final = """# Events

Every event is one `POST` with one JSON object. The envelope is flat, so that no-code tools can filter on `channel` and
`chat_id`. New fields may appear at any time; ignore those you do not know. The same as JSON Schema:
[events.schema.json](events.schema.json).

"""
TEST_EVENTS: Final = """## Test events

"Send test event" in the tile's menu sends any of these types on any channel with sample data. Such an event has
`"test": true`, the header `happ-test`, the sequence 0 and an id of its own; it is not recorded. Its signature and its
password are real.

"""
TABLE: Final = "| field | type | what it is |\n|---|---|---|\n"


def page() -> str:
    """The page as Markdown."""
    return HEAD + _headers() + "".join(_section(type_) for type_ in (*EVENT_TYPES, PING)) + _test_events()


def schema() -> str:
    """The JSON Schema of every body."""
    return json.dumps(every_event(), ensure_ascii=False, indent=2) + "\n"


def _headers() -> str:
    rows = (
        f"| `{each.name}` | `{each.example}` | {'always' if each.always else 'sometimes'} | {each.description} |\n"
        for each in HEADERS
    )
    return "## Headers\n\n| header | example | sent | what it is |\n|---|---|---|---|\n" + "".join(rows) + "\n"


def _section(type_: str) -> str:
    described = event_schema(type_)
    fields = "".join(f"| `{name}` | {kind} | {text} |\n" for name, kind, text in _fields(described, ""))
    channels = ("",) if type_ == PING else CHANNELS
    examples = "".join(_example(type_, channel) for channel in channels)
    return f"## {type_}\n\n{described['description']}\n\n{TABLE}{fields}\n{examples}"


def _fields(described: dict[str, Any], before: str) -> Iterator[tuple[str, str, str]]:
    for name, each in described["properties"].items():
        path = f"{before}{name}"
        yield path, _kind(each, name in described["required"]), each.get("description", "")
        nested = each.get("items", each)
        if "properties" in nested:
            yield from _fields(nested, f"{path}[]." if "items" in each else f"{path}.")


def _kind(each: dict[str, Any], required: bool) -> str:
    kind = each.get("type", "boolean")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    allowed = each.get("enum", [])
    choices = ": " + ", ".join(f"`{choice}`" for choice in allowed) if allowed else ""
    return words + choices + ("" if required else ", optional")


def _example(type_: str, channel: str) -> str:
    title = f"### {type_} on {channel}" if channel else "### Example"
    return f"{title}\n\n{_block(example_body(type_, channel))}\n"


def _test_events() -> str:
    return TEST_EVENTS + _block(example_test_body(EVENT_TYPES[0], CHANNELS[0]))


def _block(body: str) -> str:
    return f"```json\n{json.dumps(json.loads(body), ensure_ascii=False, indent=2)}\n```\n"
