"""How fast and how correctly a backlog arrived."""

from collections.abc import Sequence

from django.db import connection as database

from bench.stage.receiving import Arrival

WARM_UP = 0.02
PLACES = "SELECT event_id, workspace_id || channel || chat_id, sequence FROM deliveries_delivery"


def per_second(arrivals: Sequence[Arrival]) -> float:
    """Events a second from the end of the first 2 % to the last: how long a start takes is another figure."""
    times = sorted(each.at for each in arrivals if not each.is_ping)
    first = int(len(times) * WARM_UP)
    return (len(times) - 1 - first) / (times[-1] - times[first])


def check(arrivals: Sequence[Arrival], events: int) -> None:
    """Speed that loses, doubles or disorders events is none: RuntimeError."""
    with database.cursor() as cursor:
        cursor.execute(PLACES)
        places = {event_id: (chat, sequence) for event_id, chat, sequence in cursor.fetchall()}
    ids = [each.event_id for each in arrivals if not each.is_ping]
    newest: dict[str, int] = {}
    for event_id in ids:
        chat, sequence = places[event_id]
        if sequence < newest.get(chat, 0):
            raise RuntimeError(f"Event {sequence} of a chat arrived after a later one.")
        newest[chat] = sequence
    if len(ids) != events or len(set(ids)) != events:
        raise RuntimeError(f"{events} events made {len(ids)} POSTs of {len(set(ids))} events.")
