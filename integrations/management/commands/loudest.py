from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.loudest import Loud, loudest

LINE = "{:<16} {:>9} {:>9} {:<12} {:<20} {}"


class Command(BaseCommand):
    help = "The workspaces that recorded the most events of late: how many, what waits, how their endpoint does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=int, default=5, help="how far back to look (5)")
        parser.add_argument("--most", type=int, default=10, help="how many workspaces to print (10)")

    def handle(self, *args: Any, **options: Any) -> None:
        found = loudest(options["minutes"], options["most"])
        self.stdout.write(LINE.format("workspace", "recorded", "waiting", "last error", "paused until (UTC)", "name"))
        for each in found:
            self.stdout.write(_line(each))


def _line(each: Loud) -> str:
    paused = f"{each.paused_until:%Y-%m-%d %H:%M:%S}" if each.paused_until else "-"
    waiting = "-" if each.waiting is None else each.waiting
    return LINE.format(each.workspace_id, each.recorded, waiting, each.last_error or "-", paused, each.name)
