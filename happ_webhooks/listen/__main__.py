"""The command: `python -m happ_webhooks.listen`, the same as `python manage.py listen`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from happ_webhooks.listen.catching_up import CannotFetch, recorded
from happ_webhooks.listen.journal import Journal
from happ_webhooks.listen.server import Listener, Manners
from happ_webhooks.wire.request import password_problem
from happ_webhooks.wire.signature import sign
from happ_webhooks.wire.target import TargetRefused, check_url

LARGEST_PORT: Final = 65535


def main(arguments: Sequence[str] | None = None) -> int:
    """Listens until Ctrl-C; 1 if it cannot."""
    parser = argparse.ArgumentParser(prog="listen", description="Print each event that arrives.")
    add_arguments(parser)
    return listen(parser.parse_args(arguments))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (8080); 0 takes a free one")
    parser.add_argument("--status", type=int, default=200, help="what to answer (200)")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds to wait before answering")
    parser.add_argument("--fail-every", type=int, default=0, metavar="N", help="answer 500 to every N-th request")
    parser.add_argument("--password", help="refuse requests without it; the ways bearer, basic and x-... are all taken")
    parser.add_argument("--secret", help="verify signatures with this signing secret: whsec_...")
    parser.add_argument("--forward", metavar="URL", help="hand requests on and answer what is answered there")
    parser.add_argument("--back-fill", metavar="API", help="fetch first: https://<happ>/api/v1/workspaces/<workspace>")
    parser.add_argument("--token", help="the API token for --back-fill")


def listen(options: argparse.Namespace) -> int:
    problem = _problem(options)
    if problem:
        return _failed(problem)
    journal = Journal(options.secret)
    manners = Manners(
        status=options.status,
        delay=options.delay,
        fail_every=options.fail_every,
        password=options.password,
        forward=options.forward,
    )
    try:
        listener = Listener(options.port, manners, journal, _say)
    except OSError as taken:
        return _failed(f"Port {options.port} cannot be used: {taken.strerror}. Choose another with --port.")
    try:
        if options.back_fill:
            _catch_up(options, journal)
    except CannotFetch as problem_of_api:
        listener.server_close()
        return _failed(str(problem_of_api))
    _say(f"Listening at {listener.url}  (Ctrl-C ends)")
    with listener, suppress(KeyboardInterrupt):
        listener.serve_forever()
    return 0


def _catch_up(options: argparse.Namespace, journal: Journal) -> None:
    fetched = 0
    for event in recorded(options.back_fill, options.token):
        journal.known(event)
        fetched += 1
    _say(f"Fetched {fetched} recorded events, up to #{journal.newest()}")


def _problem(options: argparse.Namespace) -> str | None:
    return _problem_of_numbers(options) or _problem_of_texts(options)


def _problem_of_numbers(options: argparse.Namespace) -> str | None:
    if not 0 <= options.port <= LARGEST_PORT:
        return f"--port is a number from 0 to {LARGEST_PORT}."
    if not 200 <= options.status <= 599:
        return "--status is a number from 200 to 599."
    if not 0 <= options.delay <= 60:
        return "--delay is a number of seconds from 0 to 60."
    if options.fail_every < 0:
        return "--fail-every is a number of requests."
    return None


def _problem_of_texts(options: argparse.Namespace) -> str | None:
    if options.back_fill and not options.token:
        return "--back-fill needs --token, an API token with the scope backfill."
    if options.token is not None and password_problem(options.token):
        return "--token is an API token: happ_ and what follows it."
    if options.password is not None and password_problem(options.password):
        return "--password is what HAPP can send: printable ASCII without blanks around it, at most 512 characters."
    try:
        if options.secret is not None:
            sign([options.secret], "evt", 0, b"")
        if options.forward is not None:
            check_url(options.forward, allow_private=True)
    except ValueError as wrong:
        return f"--secret cannot be used. {wrong}"
    except TargetRefused:
        return "--forward is a URL such as http://127.0.0.1:3000/happ."
    return None


def _say(line: str) -> None:
    # A terminal that is not UTF-8 gets question marks, not a traceback.
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)  # noqa: T201


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
