"""A request bin for developers."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from happ_webhooks.listen.__main__ import add_arguments, listen


class Command(BaseCommand):
    help = "Listen for webhooks and print each event with its signature's verdict, its order, gaps and timing."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(listen(argparse.Namespace(**options)))
