"""The back-fill API, for the command line."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db.models import QuerySet

from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.wire.envelope import CHANNELS

PAGE = 500


class Command(BaseCommand):
    help = "Print recorded events of a workspace, one envelope a line, byte for byte as they are POSTed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", help="the workspace's id, such as ws_7kq2x0c5n7")
        parser.add_argument("--after", type=int, default=0, help="a sequence; what comes after it is printed")
        parser.add_argument("--until", type=int, help="the last sequence to print")
        parser.add_argument("--channel", choices=CHANNELS, help="print events of this channel only")
        parser.add_argument("--chat-id", help="print events of this chat only")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Workspace.objects.filter(pk=options["workspace"]).exists():
            raise CommandError(f"There is no workspace {options['workspace']}.")
        named = {
            "sequence__lte": options["until"],
            "channel": options["channel"],
            "chat_id": options["chat_id"],
        }
        filters = {name: value for name, value in named.items() if value is not None}
        events = ChatEvent.objects.filter(workspace_id=options["workspace"], **filters)
        in_utf_8(self.stdout)
        for body in bodies(events, options["after"]):
            self.stdout.write(body)


def bodies(events: "QuerySet[ChatEvent]", after: int) -> Iterator[str]:
    """Page by page: a history of years does not fit into memory."""
    while page := list(events.filter(sequence__gt=after).order_by("sequence").values_list("sequence", "body")[:PAGE]):
        yield from (body for _, body in page)
        after = page[-1][0]


def in_utf_8(out: OutputWrapper) -> None:
    """The bytes that are POSTed, whatever the terminal takes itself for."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8")
