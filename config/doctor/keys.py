"""Do the keys open what is sealed? Nothing of it is shown, and no alarm is raised for a look."""

from collections.abc import Iterator

from django.conf import settings

from config.doctor.asked import Asked
from config.findings import Finding, plural
from integrations.resealing import look_at_sealed

#: Of each kind, from either end.
SAMPLE = 500


def examine(asked: Asked) -> Iterator[Finding]:
    found = look_at_sealed(SAMPLE)
    tried = plural(found.tried, "sealed secret")
    if found.broken:
        yield Finding(
            "Keys",
            "error",
            f"{found.broken:,} of {tried} tried open with none of HAPP_ENCRYPTION_KEYS.",
            "Put back the key that sealed them, behind the others, for every program. Keep the rest.",
            "HappSecretsUnreadable",
        )
    elif found.older:
        yield Finding(
            "Keys",
            "warning",
            f"{found.older:,} of {tried} tried open with an older key only.",
            "When all programs run with the newest key: python manage.py rotate_encryption_keys",
        )
    else:
        yield Finding("Keys", "ok", f"The newest of {plural(len(settings.HAPP_ENCRYPTION_KEYS), 'key')} opens {tried}.")
