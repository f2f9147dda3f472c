"""Sealing every secret anew with the newest key, after which an older key may be removed."""

from django.db.models import Model

from deliveries.models import Connection
from deliveries.sealing import reseal
from integrations.models import Integration

SEALED: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Integration, ("signing_secret", "previous_signing_secret")),
    (Connection, ("password", "signing_secret", "previous_signing_secret")),
)


def reseal_everything() -> int:
    """Returns how many secrets were sealed anew. Raises SealBroken if one of them opens with none of the keys."""
    return sum(_reseal(model, name) for model, names in SEALED for name in names)


def _reseal(model: type[Model], name: str) -> int:
    count = 0
    rows = model._default_manager.exclude(**{name: ""})
    for key, sealed in rows.values_list("pk", name).iterator():
        # Only where nobody has saved another one meanwhile: that one is sealed with the newest key already.
        count += rows.filter(pk=key, **{name: sealed}).update(**{name: reseal(sealed)})
    return count
