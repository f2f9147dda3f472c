"""The back-fill API, for the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from happ_webhooks.history.models import ChatEvent, Workspace


class Command(BaseCommand):
    help = "Print recorded events of a workspace, one envelope a line, byte for byte as they are POSTed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", help="the workspace's id, such as ws_7kq2x0c5n7")
        parser.add_argument("--after", type=int, default=0, help="a sequence; what comes after it is printed")
        parser.add_argument("--until", type=int, help="the last sequence to print")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Workspace.objects.filter(pk=options["workspace"]).exists():
            raise CommandError(f"There is no workspace {options['workspace']}.")
        events = ChatEvent.objects.filter(workspace_id=options["workspace"], sequence__gt=options["after"])
        if options["until"] is not None:
            events = events.filter(sequence__lte=options["until"])
        for body in events.order_by("sequence").values_list("body", flat=True).iterator(chunk_size=500):
            self.stdout.write(body)
