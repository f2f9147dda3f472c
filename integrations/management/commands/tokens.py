"""API tokens, for the command line: which there are, and the end of those that leaked."""

import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import F, Q, QuerySet

from happ_webhooks.history.audit import acting
from happ_webhooks.history.models import ApiToken
from happ_webhooks.history.tokens import revoke
from integrations.actors import operator

LINE = "{:>6} {:<16} {:<25} {:<17} {:<17} {}"


class Command(BaseCommand):
    help = "List the live API tokens, the one used last first (never the tokens themselves), or revoke some."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", help="its own tokens and those that are valid for every workspace")
        parser.add_argument("--which", action="store_true", help="ask for a token that was found, and say which it is")
        parser.add_argument("--revoke", type=int, nargs="+", metavar="ID", help="end these, from the next request on")

    def handle(self, *args: Any, **options: Any) -> None:
        live = ApiToken.objects.filter(revoked_at=None).order_by(F("last_used_at").desc(nulls_last=True), "pk")
        if options["revoke"]:
            self._revoke(options["revoke"])
        elif options["which"]:
            self._print(live.filter(hash=ApiToken.digest(_asked())))
        elif options["workspace"]:
            self._print(live.filter(Q(workspace=options["workspace"]) | Q(workspace=None)))
        else:
            self._print(live)

    def _revoke(self, ids: list[int]) -> None:
        with acting(operator()):
            ended = [str(token.pk) for token in revoke(ApiToken.objects.filter(pk__in=ids))]
        if not ended:
            raise CommandError("None of these is a live token.")
        self.stdout.write(f"Revoked: {', '.join(ended)}.")

    def _print(self, tokens: "QuerySet[ApiToken]") -> None:
        self.stdout.write(LINE.format("id", "workspace", "scopes", "created (UTC)", "last used (UTC)", "name"))
        for token in tokens.iterator():
            self.stdout.write(_line(token))


def _asked() -> str:
    """Never an argument: those are in the shell's history, and everybody on the machine can read them."""
    return (getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()


def _line(token: ApiToken) -> str:
    used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never"
    where, scopes = token.workspace_id or "every one", ",".join(token.scopes)
    return LINE.format(token.pk, where, scopes, f"{token.created_at:%Y-%m-%d %H:%M}", used, token.name)
