"""What takes in spans and errors, on a loopback socket: an OTLP collector, and a Sentry."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Collector:
    """Keeps every body that was posted, unpacked, and where to."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)


@contextmanager
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            packed = self.headers.get("content-encoding") == "gzip"
            it.heads.append(f"{self.path} {self.headers}")
            it.bodies.append(gzip.decompress(body) if packed else body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        it = Collector(f"127.0.0.1:{server.server_address[1]}")
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield it
        server.shutdown()
        serving.join(10)
