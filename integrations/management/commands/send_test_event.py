"""The test button, for the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from happ_webhooks.history.models import Workspace
from happ_webhooks.history.problems import Problem, document
from integrations.pinging import send_test_ping


class Command(BaseCommand):
    help = "Send a ping or a sample event to what a workspace has connected, and say what came back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", help="the workspace's id, such as ws_7kq2x0c5n7")
        parser.add_argument("--type", help="ping (the usual), message.received, message.sent or order.created")
        parser.add_argument("--channel", help="telegram, viber, instagram, facebook or whatsapp")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Workspace.objects.filter(pk=options["workspace"]).exists():
            raise CommandError(f"There is no workspace {options['workspace']}.")
        try:
            outcome = send_test_ping(options["workspace"], type=options["type"], channel=options["channel"])
        except Problem as problem:
            raise CommandError(_sentence(problem)) from None
        if outcome.error is not None:
            raise CommandError(f"{outcome.error} after {outcome.response_ms} ms. {outcome.detail}")
        self.stdout.write(f"Accepted with {outcome.status_code} in {outcome.response_ms} ms.")


def _sentence(problem: Problem) -> str:
    told = document(problem)
    return " ".join([told["detail"], *(f"{each['pointer']}: {each['detail']}" for each in told.get("errors", []))])
