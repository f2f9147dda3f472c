"""Hands every HAPP event on to several addresses: `python fan_out.py 8080 https://one.example/in https://two.example/in`.

HAPP delivers to one URL; this is the one. The bytes and the headers stay as they are, so that every target can verify
the signature itself. It answers 2xx only if all targets did: else HAPP tries again, and targets drop what they know.
"""

import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TARGET_SECONDS = 4  # HAPP waits five.
MOST_BYTES = 4 * 1024 * 1024
HANDED_ON = ("content-type", "authorization", "user-agent")
pool = ThreadPoolExecutor(32)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def hand_on(target, headers, body):
    """The status of one target; 502 if it gave none in time."""
    request = urllib.request.Request(target, data=body, headers=headers, method="POST")
    try:
        with opener.open(request, timeout=TARGET_SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 502


class Handler(BaseHTTPRequestHandler):
    targets = ()

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        kept = {name: text for name, text in self.headers.items() if self.kept(name.lower())}
        statuses = pool.map(lambda target: hand_on(target, kept, body), self.targets)
        failed = [status for status in statuses if not 200 <= status < 300]
        return self.answer(failed[0] if failed else 204)

    @staticmethod
    def kept(name):
        return name in HANDED_ON or name.startswith(("webhook-", "happ-", "x-"))

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Handler.targets = tuple(sys.argv[2:])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
