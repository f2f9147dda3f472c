from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deliveries.sealing import SealBroken
from integrations.resealing import reseal_everything


class Command(BaseCommand):
    help = "Seals every password and signing secret with the first of HAPP_ENCRYPTION_KEYS; the others may then go."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = reseal_everything()
        except SealBroken:
            raise CommandError("A secret opens with none of HAPP_ENCRYPTION_KEYS. Put back the key it needs.") from None
        self.stdout.write(f"{count} secrets are sealed with the newest key.")
