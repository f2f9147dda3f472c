"""Writes every HAPP event to a Google Sheet: `HAPP_SCRIPT=https://... python3 google_sheets.py [port]`.

receiver.py keeps the event and answers HAPP at once; this hands it on to the Apps Script, in order, until that says ok.
A script answers every POST with a 302; it has run by then, and its answer is to be fetched where the 302 points.
"""

import os
import sqlite3
import sys
import threading
import time
import urllib.request
from contextlib import closing

import receiver

SCRIPT = os.environ.get("HAPP_SCRIPT", "")
TABLE = "CREATE TABLE IF NOT EXISTS written (id TEXT PRIMARY KEY)"
WAITING = "SELECT id, body FROM inbox WHERE id NOT IN (SELECT id FROM written) ORDER BY rowid LIMIT 100"


def call_script(body):
    """POSTs one event, follows the 302 with a GET, as Google wants it, and checks what the script returned."""
    headers = {"content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(SCRIPT, body.encode(), headers), timeout=60) as answer:
        said = answer.read(1000)
    if said.strip() != b"ok":
        raise ValueError(f"the script did not return ok, but {said[:200]!r}")


def write_rows():
    while True:
        time.sleep(0.5)
        try:
            with closing(sqlite3.connect(receiver.FILE, timeout=4)) as inbox:
                inbox.execute(receiver.TABLE)
                inbox.execute(TABLE)
                for event_id, body in inbox.execute(WAITING).fetchall():
                    call_script(body)
                    inbox.execute("INSERT INTO written VALUES (?)", (event_id,))
                    inbox.commit()
        except Exception as problem:  # Whatever it was: this thread must not end.
            print(f"Not written yet: {problem!r}", file=sys.stderr, flush=True)
            time.sleep(5)


if __name__ == "__main__":
    if not SCRIPT.startswith(("https://", "http://")):
        sys.exit("HAPP_SCRIPT must be the address of the deployed script: https://script.google.com/macros/s/.../exec")
    threading.Thread(target=write_rows, daemon=True).start()
    receiver.serve(receiver.Handler)
