"""A receiver to try the webhook with: `python -m config.demo.receiver [--port N | --fd N]`.

`POST /happ` takes webhooks; `/` is a page for people, in the browser's language or that of `?lang=`. For scripts:
`POST /control` with JSON {mode, delay, fail_first, password, secret} (all optional; mode is a status, slow, hang or
fail_first; delay in seconds), `GET /arrivals` (JSON, oldest first) and `DELETE /arrivals`.
"""

import argparse
import json
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from config.demo.ports import HOST
from config.demo.receiver_page import page
from config.demo.receiver_state import ControlError, Receiver
from config.demo.receiver_words import language_of

BODY_LIMIT = 4 * 1024 * 1024


class ReceiverServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, listening: socket.socket) -> None:
        super().__init__((HOST, 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.receiver = Receiver()
        self.url = f"http://{HOST}:{listening.getsockname()[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536  # Status, headers and body leave in one packet.
    timeout = 120
    server: ReceiverServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/arrivals":
            with self.server.receiver.changed:
                arrivals = list(self.server.receiver.arrivals)
            self._json(HTTPStatus.OK, arrivals)
        elif path == "/":
            shown = page(self.server.receiver, f"{self.server.url}/happ", self._language())
            self._send(HTTPStatus.OK, shown.encode(), "text/html")
        else:
            self._json(HTTPStatus.NOT_FOUND, {"error": "not found"})

    def do_DELETE(self) -> None:
        if urlsplit(self.path).path != "/arrivals":
            self._json(HTTPStatus.NOT_FOUND, {"error": "not found"})
            return
        with self.server.receiver.changed:
            self.server.receiver.arrivals.clear()
        self._send(HTTPStatus.NO_CONTENT, b"", "application/json")

    def do_POST(self) -> None:
        body = self._body()
        path = urlsplit(self.path).path
        if body is None:
            return
        if path == "/happ":
            headers = {name.lower(): text for name, text in self.headers.items()}
            status = self.server.receiver.receive(headers, body)
            self._json(status, {"ok": status < 300})
        elif path == "/control":
            self._control(body)
        else:
            self._json(HTTPStatus.NOT_FOUND, {"error": "not found"})

    def _control(self, body: bytes) -> None:
        # By the body, since curl -d calls everything a form.
        from_page = not body.lstrip().startswith(b"{")
        try:
            settings = dict(parse_qsl(body.decode())) if from_page else json.loads(body)
            if not isinstance(settings, dict):
                raise ControlError("The body must be an object.")
            self.server.receiver.control(settings)
        except ValueError as problem:
            self._json(HTTPStatus.BAD_REQUEST, {"error": str(problem)})
            return
        if from_page:
            self._send(HTTPStatus.SEE_OTHER, b"", "text/html", location=f"/?lang={self._language()}")
        else:
            self._json(HTTPStatus.OK, {"mode": self.server.receiver.behaviour.mode})

    def _language(self) -> str:
        chosen = dict(parse_qsl(urlsplit(self.path).query)).get("lang", "")
        return language_of(chosen, self.headers.get("accept-language", ""))

    def _body(self) -> bytes | None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            self.close_connection = True
            self._json(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if length else HTTPStatus.LENGTH_REQUIRED, {"error": "body"})
            return None
        return self.rfile.read(int(length))

    def _json(self, status: int, value: object) -> None:
        self._send(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: int, body: bytes, content_type: str, location: str = "") -> None:
        self.send_response(status)
        self.send_header("content-type", f"{content_type}; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        if location:
            self.send_header("location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the base class
        """Says nothing: what arrived is on the page, and a customer's messages belong in no log of ours."""


def main() -> None:
    parser = argparse.ArgumentParser(description="A receiver to try the webhook with.")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--fd", type=int, help="take a listening socket from the parent instead of a port")
    options = parser.parse_args()
    if options.fd is None:
        listening = socket.create_server((HOST, options.port), backlog=ReceiverServer.request_queue_size)
    else:
        listening = socket.socket(fileno=options.fd)
    server = ReceiverServer(listening)
    print(f"The receiver takes webhooks at {server.url}/happ", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
