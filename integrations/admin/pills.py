"""States as pills: a colour, a mark and the word, so that colour never stands alone."""

from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

GOOD, WARN, BAD, NEUTRAL = "good", "warn", "bad", "neutral"
MARKS: Final = {GOOD: "✓", WARN: "!", BAD: "✕", NEUTRAL: "○"}
LOOKS: Final = {
    **dict.fromkeys(("connected", "delivered", "accepted", "alive"), GOOD),
    **dict.fromkeys(("pending", "late", "failing"), WARN),
    **dict.fromkeys(("not_connected", "cancelled", "unknown"), NEUTRAL),
}


def look_of(state: str) -> str:
    """Anything else is an error code, or a state that is as bad."""
    return LOOKS.get(state, BAD)


def pill(state: str) -> SafeString:
    look = look_of(state)
    text = state if state.isupper() else state.replace("_", " ")
    return format_html(
        '<span class="happ-pill happ-{}"><span aria-hidden="true">{}</span> {}</span>', look, MARKS[look], text
    )
