"""Hands every HAPP event on to several addresses: `python3 fan_out.py 8080 https://one.example/in https://two.example`.

HAPP delivers to one URL; this is the one. The bytes and the headers stay as they are, so that every target can verify
the signature itself. It answers 2xx only if all targets did: else HAPP tries again, and targets drop what they know.
"""

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Timer
from urllib.parse import urlsplit

TARGET_SECONDS = 4  # For all of them together: HAPP waits five.
GIVE_UP_SECONDS = TARGET_SECONDS + 1  # By then HAPP has its 504, this only sets the thread free.
HANDED_ON = ("content-type", "authorization", "user-agent")
USAGE = "Usage: fan_out.py PORT URL [URL ...], where every URL begins with https:// or http://."
pool = ThreadPoolExecutor(64)


def connection_to(address):
    """Not open yet. ValueError or an HTTPException if the address is none."""
    parts = urlsplit(address)
    kind = {"https": HTTPSConnection, "http": HTTPConnection}.get(parts.scheme)
    if kind is None or not parts.hostname:
        raise ValueError(address)
    connection = kind(parts.hostname, parts.port, timeout=GIVE_UP_SECONDS)
    return connection, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def hand_on(address, headers, body):
    """The status of one target; 502 if it gave none that can be read. Redirects are not followed."""
    connection, path = connection_to(address)
    late = Timer(GIVE_UP_SECONDS, lambda: connection.sock and connection.sock.shutdown(2))
    late.start()
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except Exception:
        return 502
    finally:
        late.cancel()
        connection.close()
    # That a target redirects or is gone does not mean that HAPP should give up on this address.
    return 502 if status < 200 or 300 <= status < 400 or status == 410 else status


class Handler(BaseHTTPRequestHandler):
    targets = ()

    def do_POST(self):
        length = self.headers.get("content-length", "")
        body = self.rfile.read(int(length)) if length.isdecimal() and len(length) < 8 else b""
        kept = {name: text for name, text in self.headers.items() if self.kept(name.lower())}
        asked = [pool.submit(hand_on, target, kept, body) for target in self.targets]
        wait(asked, TARGET_SECONDS)
        statuses = [each.result() if each.done() else 504 for each in asked]
        self.send_response_only(next((status for status in statuses if status >= 300), 204))
        self.end_headers()

    @staticmethod
    def kept(name):
        return name in HANDED_ON or name.startswith(("webhook-", "happ-", "x-"))


if __name__ == "__main__":
    try:
        port, Handler.targets = int(sys.argv[1]), sys.argv[2:]
        ready = [connection_to(target) for target in Handler.targets]
    except Exception:
        sys.exit(USAGE)
    if not ready:
        sys.exit(USAGE)
    with suppress(KeyboardInterrupt), ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.serve_forever()
