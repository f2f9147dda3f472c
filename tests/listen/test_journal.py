"""What a listener says about each request."""

import json

import pytest

from happ_webhooks.listen.journal import Journal


def said(journal: Journal, **event: object) -> str:
    return journal.line({"webhook-id": str(event.get("id"))}, json.dumps(event).encode(), 200)


def message(number: int, chat: str = "chat_1") -> dict[str, object]:
    return {"id": f"evt_{number}", "type": "message.sent", "sequence": number, "channel": "viber", "chat_id": chat}


def test_an_event_is_one_line_without_what_is_in_it() -> None:
    line = said(Journal(), **message(7), data={"message": {"text": "таємниця"}}, timestamp="2026-05-25T11:30:07.412Z")
    assert "200  message.sent  #7  viber/chat_1  evt_7  signature unchecked" in line
    assert line.endswith("ms after it happened")
    assert "таємниця" not in line


def test_a_duplicate_is_named() -> None:
    journal = Journal()
    assert "DUPLICATE" not in said(journal, **message(1))
    assert said(journal, **message(1)).endswith("DUPLICATE")


def test_order_counts_within_a_chat_only() -> None:
    journal = Journal()
    said(journal, **message(1, "chat_1"))
    said(journal, **message(3, "chat_2"))
    assert "OUT OF ORDER" not in said(journal, **message(2, "chat_3"))
    said(journal, **message(5, "chat_1"))
    assert said(journal, **message(4, "chat_1")).endswith("OUT OF ORDER: this chat was at #5")


def test_a_gap_is_named_once_with_its_ends() -> None:
    journal = Journal()
    assert "GAP" not in said(journal, **message(5))
    assert said(journal, **message(9)).endswith("GAP: #6 to #8 not here yet")
    assert "GAP" not in said(journal, **message(10))


def test_what_was_fetched_is_known() -> None:
    journal = Journal()
    journal.known(message(1))
    journal.known(message(2))
    assert journal.newest() == 2
    assert "GAP" not in said(journal, **message(3))
    assert said(journal, **message(2)).endswith("DUPLICATE")


def test_tests_and_strange_bodies_change_nothing() -> None:
    journal = Journal()
    assert said(journal, id="evt_1", type="ping", sequence=0, test=True).endswith("TEST")
    assert "not a HAPP event" in journal.line({}, b"\xff[]", 200)
    assert journal.newest() == 0


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"chat_id": "x"}, "200  not a HAPP event  #-  -/x  signature unchecked"),
        (
            {"type": "\x1b[2J\x07evil", "sequence": "\x1b]0;t\x07\u202e"},
            "200  ?[2J?evil  #?]0;t??  signature unchecked",
        ),
        ({"type": ["a"], "channel": {}, "chat_id": "a\nb\u2028"}, "200  ['a']  #-  {}/a?b?  signature unchecked"),
        ({"type": "x" * 201}, f"200  {'x' * 200}...  #-  signature unchecked"),
        ({"type": "замовлення ☕"}, "200  замовлення ☕  #-  signature unchecked"),
    ],
    ids=["no-channel", "escapes", "strange-types", "long", "letters"],
)
def test_whatever_comes_is_said_in_one_harmless_line(event: dict[str, object], expected: str) -> None:
    line = Journal().line({}, json.dumps(event).encode(), 200)
    assert line.partition("  ")[2] == expected


def test_a_body_nested_too_deeply_is_no_event() -> None:
    assert "not a HAPP event" in Journal().line({}, b"[" * 200_000, 200)


def test_a_wrong_signature_is_named() -> None:
    journal = Journal("whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIGZvciB0ZXN0cyE=")
    assert "signature invalid" in said(journal, **message(1))
