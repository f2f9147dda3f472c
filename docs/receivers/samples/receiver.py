"""A receiver of HAPP events with nothing but Python: `HAPP_SIGNING_SECRET=whsec_... python receiver.py [port]`.

HAPP_PASSWORD, if set, must be the one entered in HAPP. Every new event is printed as one line.
"""

import base64
import hmac
import json
import os
import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["HAPP_SIGNING_SECRET"].removeprefix("whsec_"))
PASSWORD = os.environ.get("HAPP_PASSWORD")
TOLERANCE_SECONDS = 300
MOST_BYTES = 4 * 1024 * 1024
work = queue.Queue()


def signed_by_happ(headers, body):
    """Whether one of the signatures fits the bytes as they came, and was made in the last five minutes."""
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256")).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)


def password_fits(headers):
    wanted, given = f"Bearer {PASSWORD}", headers.get("authorization", "")
    return PASSWORD is None or hmac.compare_digest(wanted.encode(), given.encode())


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not password_fits(self.headers):
            return self.answer(401)
        if not signed_by_happ(self.headers, body):
            return self.answer(403)
        self.take(json.loads(body))
        return self.answer(204)

    def take(self, event):
        work.put(event)  # Answer at once, work later: HAPP waits five seconds at most.

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def handle():
    seen = set()  # Keep it in your database: an event may come twice, with the same id.
    while event := work.get():
        if event["id"] not in seen:
            seen.add(event["id"])
            print(event["id"], event["type"], event.get("channel", "-"), event["sequence"], flush=True)


if __name__ == "__main__":
    threading.Thread(target=handle, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Handler).serve_forever()
