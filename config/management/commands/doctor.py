import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.doctor import examination, public
from config.doctor.asked import Asked
from config.findings import STATES, Finding, plural, worst
from config.status.facts import read

LIMIT_SECONDS = 5.0
LINE = "{:<8} {:<18} {}"


class Command(BaseCommand):
    help = "Looks at this installation and says what to fix. Exits 1 if there is an error. It changes nothing."
    # It makes them itself, and goes on.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument("--reach", metavar="URL", action="append", default=[], help="send a ping to this URL, too")
        parser.add_argument(
            "--public",
            metavar="URL",
            nargs="*",
            help="try the site from here: these addresses, or all of HAPP_PUBLIC_HOSTS",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tried = None if options["public"] is None else public.addresses(options["public"])
        asked = Asked(read(LIMIT_SECONDS), tuple(options["reach"]), tried)
        findings = list(examination.examine(asked))
        if options["json"]:
            self.stdout.write(_document(findings))
        else:
            self._print(findings)
        if worst(findings) == "error":
            sys.exit(1)

    def _print(self, findings: list[Finding]) -> None:
        for each in findings:
            self.stdout.write(LINE.format(each.state, each.name, each.says))
            for line in filter(None, (each.fix, each.page)):
                self.stdout.write(LINE.format("", "", f"-> {line}"))
        counts = [plural(sum(each.state == state for each in findings), state) for state in reversed(STATES[1:])]
        self.stdout.write(f"{', '.join(counts)}.")


def _document(findings: list[Finding]) -> str:
    told = [
        {"name": each.name, "state": each.state, "says": each.says, "fix": each.fix, "runbook": each.page}
        for each in findings
    ]
    return json.dumps({"state": worst(findings), "findings": told}, indent=1)
