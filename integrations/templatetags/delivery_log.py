"""Words and attributes of the delivery log's filters."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def filter_name(name: str) -> str:
    """The label of a filter's field."""
    zone = timezone.get_current_timezone_name()
    return {
        "q": _("Event id or chat id"),
        "status": _("Result"),
        "error": _("Last error"),
        "channel": _("Channel"),
        "type": _("Type"),
        "chat_id": _("Chat id"),
        "period": _("Period"),
        "since": _("From (%(zone)s)") % {"zone": zone},
        "until": _("To (%(zone)s)") % {"zone": zone},
    }[name]


@register.simple_tag
def period_name(period: str) -> str:
    """1 h, 24 h, 7 d in words."""
    return {"1h": _("1 hour"), "24h": _("24 hours"), "7d": _("7 days")}[period]


@register.simple_tag
def wrong_at(wrong: dict[str, str], name: str) -> SafeString:
    """What a field needs where it has to be corrected: the mark, and the sentence's id."""
    if name not in wrong:
        return SafeString("")
    return format_html('aria-invalid="true" aria-describedby="{}-wrong"', name)


@register.simple_tag
def query_of(entered: dict[str, str], window: str) -> str:
    """The address of the same log with figures of another window."""
    kept = {name: value for name, value in entered.items() if value}
    return urlencode({**kept, "window": window})
