"""A receiver that misses nothing: what does not arrive by webhook it fetches. `python self_healing.py [port]`.

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
from http.server import ThreadingHTTPServer

from receiver import Handler

API, TOKEN = os.environ["HAPP_API"], os.environ["HAPP_TOKEN"]
FILE = os.environ.get("HAPP_EVENTS", "events.sqlite3")
HEAL_SECONDS = float(os.environ.get("HEAL_SECONDS", "60"))
TABLE = "CREATE TABLE IF NOT EXISTS event (sequence INTEGER PRIMARY KEY, id TEXT UNIQUE, type TEXT, body TEXT)"
# Each hole: the number before it, and the one it ends with. The first known event is where this receiver begins.
HOLES = """
SELECT sequence, next - 1 FROM (SELECT sequence, lead(sequence) OVER (ORDER BY sequence) AS next FROM event)
 WHERE next > sequence + 1
"""


def database():
    opened = sqlite3.connect(FILE, timeout=4)
    opened.execute(TABLE)
    return opened


def keep(events):
    """Stores what is new; the same event twice, or from both sides, is one."""
    rows = [(each["sequence"], each["id"], each["type"], json.dumps(each)) for each in events]
    with database() as opened:
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
            opened = database()
            for before, last in opened.execute(HOLES).fetchall():
                fetch(before, last)
            (newest,) = opened.execute("SELECT max(sequence) FROM event").fetchone()
            if newest is not None:
                fetch(newest)
        except OSError as problem:
            print(f"Healing waits: {problem}", file=sys.stderr, flush=True)


class Healing(Handler):
    def take(self, event):
        if not event.get("test"):
            keep([event])


if __name__ == "__main__":
    threading.Thread(target=heal, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Healing).serve_forever()
