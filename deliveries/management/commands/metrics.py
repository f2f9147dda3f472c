from argparse import ArgumentParser
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from prometheus_client import CONTENT_TYPE_LATEST

from deliveries.exposition import exposition


class Command(BaseCommand):
    help = "Serves what Prometheus reads, on a host without web or beside it, until it is ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=9808)
        parser.add_argument("--address", default="127.0.0.1", help="Where to listen. Whoever gets there may read.")

    def handle(self, *args: Any, **options: Any) -> None:
        with make_server(options["address"], options["port"], _answer, handler_class=_Handler) as server:
            self.stdout.write(f"http://{options['address']}:{server.server_port}/metrics")
            self.stdout.flush()
            server.serve_forever()


def _answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] != "/metrics":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"Only /metrics is here.\n"]
    close_old_connections()
    text = exposition()
    start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [text]


class _Handler(WSGIRequestHandler):
    #: Seconds for which one who connects and says nothing may hold up the others.
    timeout = 5

    def log_message(self, *args: Any) -> None:
        """A scrape is no news."""
