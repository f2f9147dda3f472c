from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deliveries.pausing import resume
from happ_webhooks.history.audit import acting
from integrations.actors import operator


class Command(BaseCommand):
    help = "End the pause of a workspace, also one that its endpoint asked for: what waits is sent within seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", help="the workspace's id, such as ws_7kq2x0c5n7")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(operator()):
            resumed = resume(options["workspace"])
        if not resumed:
            raise CommandError(f"{options['workspace']} is not paused.")
        self.stdout.write("Resumed.")
