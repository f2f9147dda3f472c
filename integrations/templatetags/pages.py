"""How pages write times, durations and icons. Times are in the zone of the page, which is the workspace's."""

from datetime import datetime
from functools import cache

from django import template
from django.template.loader import render_to_string
from django.utils import dateparse, timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86_400


def as_datetime(moment: datetime | str) -> datetime:
    """A time as the API's documents hold it (ISO 8601) or as the models do, in the zone of the page."""
    parsed = dateparse.parse_datetime(moment) if isinstance(moment, str) else moment
    if parsed is None:
        raise ValueError(f"not a time: {moment!r}")
    return timezone.localtime(parsed)


@register.filter
def moment(value: datetime | str | None) -> str:
    """25.05.2026, 14:30"""
    return _time(value, "%d.%m.%Y, %H:%M")


@register.filter
def exact_moment(value: datetime | str | None) -> str:
    """25.05.2026, 14:30:07"""
    return _time(value, "%d.%m.%Y, %H:%M:%S")


@register.filter
def clock(value: datetime | str | None) -> str:
    """14:30:07"""
    return _time(value, "%H:%M:%S")


@register.filter
def upcoming(value: datetime | str | None) -> str:
    """14:30:07, with its date on another day than today."""
    return clock(value) if is_today(value) else exact_moment(value)


def is_today(value: datetime | str | None) -> bool:
    """In the zone of the page."""
    return value is not None and as_datetime(value).date() == timezone.localdate()


@register.filter
def ago(value: datetime | str | None) -> str:
    """12 s ago; the whole largest unit of s, min, h, days. A time to come counts as now."""
    if not value:
        return ""
    seconds = max(0, int((timezone.now() - as_datetime(value)).total_seconds()))
    if seconds < MINUTE:
        return _("%(count)s s ago") % {"count": seconds}
    if seconds < HOUR:
        return _("%(count)s min ago") % {"count": seconds // MINUTE}
    if seconds < DAY:
        return _("%(count)s h ago") % {"count": seconds // HOUR}
    days = seconds // DAY
    return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}


@register.simple_tag
def ticking(value: datetime | str | None) -> str:
    """The same, and a script counts its seconds on until they are a minute; whatever is older is fetched anew."""
    if not value:
        return ""
    since = as_datetime(value)
    age = max(0, int((timezone.now() - since).total_seconds()))
    counted = format_html(' data-age="{}" data-text="{}"', age, _("%(count)s s ago") % {"count": "{}"})
    return format_html(
        '<time datetime="{}"{}>{}</time>',
        since.isoformat(timespec="seconds"),
        counted if age < MINUTE else "",
        ago(since),
    )


@register.filter
def channel_name(channel: str) -> str:
    """Telegram for telegram; names of services are not translated."""
    return "WhatsApp" if channel == "whatsapp" else channel.capitalize()


@register.filter
def milliseconds(value: int | None) -> str:
    """214 ms, or a dash where nothing was measured."""
    return "-" if value is None else _("%(number)s ms") % {"number": number_format(value, use_l10n=True)}


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """The drawing `pages/icons/NAME.svg`. It is decoration: what it means stands beside it in words."""
    return SafeString(render_to_string(f"pages/icons/{name}.svg"))


def _time(value: datetime | str | None, form: str) -> str:
    if not value:
        return ""
    local = as_datetime(value)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), local.strftime(form))
