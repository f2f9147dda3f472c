"""Accepted events that wait: taken in by the real intake while no courier can come, then let go all at once."""

from collections.abc import Sequence

from django.db import connection as database
from django.db import transaction

from bench.stage.events import incoming
from bench.stage.shops import Shop
from deliveries import wakes
from deliveries.intake import take_in

BATCH = 500

# While somebody holds the lease, intake marks the wake and sends none: that one is said to look again.
HOLD = """
UPDATE deliveries_connection SET lease_token = 'bench', lease_until = now() + interval '1 hour' WHERE id = ANY(%s)
"""
LET_GO = "UPDATE deliveries_connection SET lease_token = NULL, lease_until = NULL WHERE id = ANY(%s)"


def accept(shops: Sequence[Shop], events: int, chats: int) -> None:
    """So many events in all, dealt evenly to the shops and to their chats; `chats` counts those of all shops."""
    hold(shops)
    each = max(1, chats // len(shops))
    for number, shop in enumerate(shops):
        share = len(range(number, events, len(shops)))
        for begin in range(0, share, BATCH):
            batch = range(begin, min(begin + BATCH, share))
            take_in(shop.workspace_id, [incoming(turn % each) for turn in batch])
    learn()


def hold(shops: Sequence[Shop]) -> None:
    """No courier comes to these until `let_go`; one that is there stops before its next POST."""
    _execute(HOLD, [[shop.connection_id for shop in shops]])


def learn() -> None:
    """Fresh statistics, as a database that has lived for a while has them."""
    for table in ("history_chatevent", "deliveries_delivery", "deliveries_connection"):
        _execute(f"VACUUM ANALYZE {table}")


def let_go(shops: Sequence[Shop]) -> None:
    """Wakes a courier for each."""
    _execute(LET_GO, [[shop.connection_id for shop in shops]])
    for shop in shops:
        with transaction.atomic():
            marked = wakes.mark_connection(shop.connection_id)
            if marked:
                marked.send_after_commit()


def unsettled() -> int:
    """How many deliveries are pending."""
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM deliveries_delivery WHERE status = 'pending'")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _execute(statement: str, values: Sequence[list[int]] = ()) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement, values)
