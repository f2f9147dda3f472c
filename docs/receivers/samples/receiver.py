"""A receiver of HAPP events with nothing but Python: `HAPP_SIGNING_SECRET=whsec_... python3 receiver.py [port]`.

HAPP_PASSWORD, if set, must be the one entered in HAPP. Each event is kept in the SQLite file HAPP_EVENTS, once, before
HAPP gets its answer: what is slow can read it from there afterwards, as google_sheets.py does.
"""

import base64
import hmac
import json
import os
import re
import sqlite3
import sys
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET, PASSWORD = os.environ.get("HAPP_SIGNING_SECRET", ""), os.environ.get("HAPP_PASSWORD", "")
FILE = os.environ.get("HAPP_EVENTS", "inbox.sqlite3")
TABLE = "CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, body TEXT)"
if not re.fullmatch("whsec_([A-Za-z0-9+/]{4}){10,}[A-Za-z0-9+/]{3}=", SECRET):  # An empty key lets forgeries in.
    sys.exit("HAPP_SIGNING_SECRET must be the signing secret as HAPP shows it: whsec_ and 44 characters.")
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))


def signed_by_happ(headers, body):
    """Whether one of the signatures fits the bytes as they came, and was made in the last five minutes."""
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp)) > 300:
        return False
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256")).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length, given = self.headers.get("content-length", ""), self.headers.get("authorization", "")
        body = self.rfile.read(int(length)) if length.isdecimal() and len(length) < 8 else b""
        if PASSWORD and not hmac.compare_digest(given.encode(), f"Bearer {PASSWORD}".encode()):
            return self.send_error(401)
        if not signed_by_happ(self.headers, body):
            return self.send_error(403)
        try:
            self.take(json.loads(body))
        except Exception as problem:
            print(f"HAPP will send it again: {problem!r}", file=sys.stderr, flush=True)
            return self.send_error(500)
        self.send_response(204)
        return self.end_headers()

    def take(self, event):
        """Keeps and handles it in one transaction, so that either both happen or neither."""
        with closing(sqlite3.connect(FILE, timeout=4)) as inbox, inbox:
            inbox.execute(TABLE)
            row = (event["id"], json.dumps(event))
            if inbox.execute("INSERT OR IGNORE INTO inbox VALUES (?, ?)", row).rowcount:  # It may come twice.
                handle(event)

    def log_message(self, *_):
        """Says nothing about answers."""


def handle(event):
    """Be quick: HAPP waits five seconds at most."""
    print(event["id"], event["type"], event.get("channel", "-"), event["sequence"], flush=True)


def serve(handler):
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with suppress(KeyboardInterrupt), ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    serve(Handler)
