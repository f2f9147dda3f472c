"""Writes the generated files of docs/receivers."""

from typing import Any

from django.core.management.base import BaseCommand

from deliveries.receiver_docs import folder, pages


class Command(BaseCommand):
    help = "Write the generated files of docs/receivers: events, error codes, JSON Schema, signature vectors."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, text in pages().items():
            (folder() / name).write_text(text)
