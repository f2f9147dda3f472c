"""What a person asks the delivery log for, read from the page's address; what is wrong is said beside its field."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from deliveries.log import Filters
from deliveries.models import Status
from deliveries.stats import WINDOWS
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES

NAMES = ("status", "error", "channel", "chat_id", "type", "period", "since", "until", "q")
PERIODS = {name: length for name, (length, _buckets) in WINDOWS.items()}
OWN = "own"
LONGEST = 200
ERROR_CODE = re.compile("[A-Z0-9_]{1,20}", re.ASCII)
SEQUENCE = re.compile("[0-9]{1,18}", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?", re.ASCII)
EVENT = "evt_"
#: Beyond them times of other zones cannot be reckoned.
EARLIEST_YEAR, LATEST_YEAR = 2000, 9998


@dataclass(kw_only=True)
class Asked:
    """`entered` is what stands in the form, as it was entered; `wrong` a sentence for each field that cannot be."""

    entered: dict[str, str]
    filters: Filters
    window: str
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def is_filtered(self) -> bool:
        return any(self.entered.values())

    @property
    def period(self) -> str:
        """The one that the form's list shows: a beginning or an end of one's own is OWN."""
        return OWN if self.entered["since"] or self.entered["until"] else self.entered["period"]

    @property
    def is_live(self) -> bool:
        """Whether new deliveries can come into sight: the newest page, without a period that has an end."""
        places = self.filters.before is not None or self.filters.after is not None
        return not (self.wrong or places or self.filters.until)

    def query(self, **others: object) -> str:
        """The filters as they go into an address, with whatever is not the default."""
        kept = {name: value for name, value in self.entered.items() if value}
        window = {} if self.window == "24h" else {"window": self.window}
        return urlencode({**kept, **window, **others})


def asked_of(query: QueryDict, zone: ZoneInfo, now: datetime) -> Asked:
    """Empty fields are not asked for. Times are in `zone`, the workspace's."""
    entered = {name: query.get(name, "").strip()[: LONGEST + 1] for name in NAMES}
    window = query.get("window", "")
    asked = Asked(entered=entered, filters=Filters(), window=window if window in WINDOWS else "24h")
    _read(asked, zone, now)
    asked.filters = replace(asked.filters, before=_place(query, "before"), after=_place(query, "after"))
    return asked


def _read(asked: Asked, zone: ZoneInfo, now: datetime) -> None:
    entered = asked.entered
    for name, allowed in (("status", Status.values), ("channel", CHANNELS), ("type", EVENT_TYPES)):
        if entered[name] and entered[name] not in allowed:
            asked.wrong[name] = _("Choose one of the list.")
    entered["error"] = entered["error"].upper()
    if entered["error"] and not ERROR_CODE.fullmatch(entered["error"]):
        asked.wrong["error"] = _("Give an error code, such as HTTP_500 or TIMEOUT.")
    for name in ("chat_id", "q"):
        if len(entered[name]) > LONGEST or "\0" in entered[name]:
            asked.wrong[name] = _("Give an id of at most 200 characters.")
    since, until = _period(asked, zone, now)
    q = entered["q"]
    if entered["chat_id"] and q and not q.startswith(EVENT) and q != entered["chat_id"]:
        asked.wrong["q"] = _("Give the chat in one of the two fields.")
    if not asked.wrong:
        asked.filters = Filters(
            status=entered["status"] or None,
            channel=entered["channel"] or None,
            type=entered["type"] or None,
            error=entered["error"] or None,
            event_id=q if q.startswith(EVENT) else None,
            chat_id=entered["chat_id"] or (q if q and not q.startswith(EVENT) else None),
            since=since,
            until=until,
        )


def _period(asked: Asked, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Dates count also where nobody chose "own": who fills them in means them."""
    period = asked.entered["period"]
    if period in PERIODS:
        asked.entered["since"] = asked.entered["until"] = ""
        return now - PERIODS[period], None
    if period and period != OWN:
        asked.wrong["period"] = _("Choose one of the list.")
    since, until = _moment(asked, "since", zone), _moment(asked, "until", zone)
    if since is not None and until is not None and since >= until:
        asked.wrong["until"] = _("The end has to be after the beginning.")
    return since, until


def _moment(asked: Asked, name: str, zone: ZoneInfo) -> datetime | None:
    text = asked.entered[name]
    if not text:
        return None
    try:
        if not MOMENT.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text).replace(tzinfo=zone)
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValueError(text)
    except ValueError:
        asked.wrong[name] = _("Give a date and a time, such as 2026-05-25T14:30.")
        return None
    return moment


def _place(query: QueryDict, name: str) -> int | None:
    """A place in the log, from a link of ours; anything else is the beginning."""
    text = query.get(name, "")
    return int(text) if SEQUENCE.fullmatch(text) else None
