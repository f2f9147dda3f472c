"""A receiver that misses nothing: what does not arrive by webhook it fetches. `python3 self_healing.py [port]`.

HAPP counts the events of a workspace: 1, 2, 3 ... Whatever number is not in the table HEAL_SECONDS later is read from
the API (HAPP_API, such as https://happ.example/api/v1/workspaces/ws_1, HAPP_TOKEN with the scope backfill), and so is
all that is newer than the last one, since nothing announces it after a stop. HAPP_EVENTS is the SQLite file to use.
"""

import json
import os
import sqlite3
import sys
import threading
import time
import urllib.request
from contextlib import closing

from receiver import Handler, serve

API, TOKEN = os.environ.get("HAPP_API", "").rstrip("/"), os.environ.get("HAPP_TOKEN", "")
WORKSPACE = API.rpartition("/")[2]
FILE = os.environ.get("HAPP_EVENTS", "events.sqlite3")
HEAL_SECONDS = float(os.environ.get("HEAL_SECONDS", "60"))
TABLE = "CREATE TABLE IF NOT EXISTS event (workspace_id, sequence, id, body, PRIMARY KEY (workspace_id, sequence))"
# Each hole: the number before it, and the one it ends with; and at last whatever is newer than the newest.
HOLES = """
SELECT sequence, next - 1 FROM (SELECT sequence, lead(sequence) OVER (ORDER BY sequence) AS next FROM event
 WHERE workspace_id = ?) WHERE next IS NULL OR next > sequence + 1 ORDER BY sequence
"""


def database():
    opened = sqlite3.connect(FILE, timeout=4)
    opened.execute(TABLE)
    return opened


def keep(events):
    """Stores what is new; the same event twice, or from both sides, is one."""
    rows = [(each["workspace_id"], each["sequence"], each["id"], json.dumps(each)) for each in events]
    with closing(database()) as opened, opened:
        opened.executemany("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)", rows)


def fetch(after, until=None):
    """All events with after < sequence <= until, page by page."""
    more = True
    while more:
        query = f"{API}/events?after={after}" + (f"&until={until}" if until else "")
        request = urllib.request.Request(query, headers={"authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            page = json.load(answer)
        keep(page["data"])
        after, more = page["next_after"], page["has_more"]


def heal():
    while True:
        time.sleep(HEAL_SECONDS)
        try:
            with closing(database()) as opened:
                holes = opened.execute(HOLES, (WORKSPACE,)).fetchall()
            for before, last in holes:  # None at all before the first event: that is where this receiver begins.
                fetch(before, last)
        except Exception as problem:  # Whatever it was, the next round may go well: this thread must not end.
            print(f"Healing waits: {problem!r}", file=sys.stderr, flush=True)


class Healing(Handler):
    def take(self, event):
        if not event.get("test"):
            keep([event])


if __name__ == "__main__":
    if not API.startswith(("https://", "http://")) or not TOKEN:
        sys.exit("HAPP_API must be https://<happ>/api/v1/workspaces/<workspace>, and HAPP_TOKEN a token for back-fill.")
    threading.Thread(target=heal, daemon=True).start()
    serve(Healing)
