"""Whose call it is, and an event's own trace id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from happ_webhooks.wire.envelope import new_event_id
from happ_webhooks.wire.trace import Caller, caller_of, new_caller, span_of, trace_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEX = st.sampled_from("0123456789abcdef")


@given(st.binary(min_size=16, max_size=16))
def test_an_events_trace_id_is_its_ulid_in_hexadecimal(raw: bytes) -> None:
    event_id = f"evt_{ULID(raw)}"

    assert trace_of(event_id) == raw.hex()
    assert span_of(event_id) == raw.hex()[16:]


def test_the_trace_id_leads_back_to_the_event() -> None:
    event_id = new_event_id()

    assert f"evt_{ULID.from_hex(trace_of(event_id))}" == event_id


@pytest.mark.parametrize("text", ["", "evt_", "evt_!", "evt_01JW3Q8Z6T4M8K2V0C5N7R9XY-"])
def test_what_is_no_event_id_has_no_trace(text: str) -> None:
    with pytest.raises(ValueError):
        trace_of(text)


@pytest.mark.parametrize("said", [f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00", f"cc-{TRACE}-{SPAN}-01-more"])
def test_a_well_formed_traceparent_is_taken(said: str) -> None:
    assert caller_of(said) == Caller(TRACE, SPAN)


@pytest.mark.parametrize(
    "said",
    [
        "",
        TRACE,
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"cc-{TRACE}-{SPAN}-01more",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE[:-1]}٣-{SPAN}-01",
    ],
)
def test_any_other_is_none(said: str) -> None:
    assert caller_of(said) is None


@given(st.text())
def test_no_text_is_an_error(said: str) -> None:
    assert caller_of(said) is None or len(said) >= 55


@given(st.text(HEX, min_size=32, max_size=32), st.text(HEX, min_size=16, max_size=16))
def test_what_a_caller_says_is_read_back(trace: str, span: str) -> None:
    caller = Caller(trace, span)

    assert caller_of(caller.traceparent) == (caller if trace.strip("0") and span.strip("0") else None)


def test_who_says_nothing_gets_a_trace_of_his_own() -> None:
    made = new_caller()

    assert caller_of(made.traceparent) == made
    assert new_caller() != made
