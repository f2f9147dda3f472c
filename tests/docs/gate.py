"""What stands between a sample and HAPP's API: answers rubbish while it is closed, and what the API answers else."""

import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RUBBISH: dict[str, tuple[int, int, bytes]] = {
    "no JSON": (200, 0, b"<html>"),
    "cut short": (200, 100, b'{"data": ['),
    "no page": (200, 0, b"{}"),
    "an error": (503, 0, b"busy"),
}


class Gate:
    """`asked` has the paths that came while it was closed. `rubbish`: a status, bytes too few, and a body."""

    def __init__(self, site: str) -> None:
        self.open = False
        self.rubbish = RUBBISH["no JSON"]
        self.asked: list[str] = []
        self.passed: list[str] = []
        handler = type("Handler", (_Handler,), {"gate": self, "site": site})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    gate: Gate
    site: str

    def do_GET(self) -> None:
        if self.gate.open:
            request = urllib.request.Request(self.site + self.path, headers=dict(self.headers.items()))
            with urllib.request.urlopen(request) as answer:
                status, missing, body = answer.status, 0, answer.read()
            self.gate.passed.append(self.path)
        else:
            status, missing, body = self.gate.rubbish
            self.gate.asked.append(self.path)
        self.send_response_only(status)
        self.send_header("content-length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass
