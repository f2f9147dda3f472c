from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deliveries.pausing import LONGEST_MINUTES, pause
from happ_webhooks.history.audit import acting
from integrations.actors import operator


class Command(BaseCommand):
    help = "Send nothing to a workspace's endpoint for some minutes. Its events are taken in as ever, and wait."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", help="the workspace's id, such as ws_7kq2x0c5n7")
        parser.add_argument("--minutes", type=int, default=15, help=f"1 to {LONGEST_MINUTES} (15)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["minutes"] <= LONGEST_MINUTES:
            raise CommandError(f"Give 1 to {LONGEST_MINUTES} minutes; run it again to go on.")
        with acting(operator()):
            until = pause(options["workspace"], options["minutes"])
        if until is None:
            raise CommandError(f"{options['workspace']} is not connected, so nothing is sent.")
        self.stdout.write(f"Paused until {until:%Y-%m-%d %H:%M:%S} UTC.")
