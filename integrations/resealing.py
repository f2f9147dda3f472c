"""Sealing every secret anew with the newest key, after which an older key may be removed."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Model

from deliveries.models import Connection
from deliveries.sealing import opening_key, reseal
from integrations.models import Integration

SEALED: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Integration, ("signing_secret", "previous_signing_secret")),
    (Connection, ("password", "signing_secret", "previous_signing_secret")),
)


@dataclass(frozen=True)
class Sealed:
    """How many secrets were tried, and how many of them open with an older key only, or with none."""

    tried: int
    older: int
    broken: int


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


def look_at_sealed(most: int) -> Sealed:
    """Tries the first and the last `most` of each kind: what a lost key sealed lies together."""
    keys = [opening_key(sealed) for model, names in SEALED for name in names for sealed in _some(model, name, most)]
    return Sealed(len(keys), sum(bool(key) for key in keys), keys.count(None))


def _some(model: type[Model], name: str, most: int) -> Iterator[str]:
    rows = model._default_manager.exclude(**{name: ""}).values_list("pk", name)
    yield from {**dict(rows.order_by("pk")[:most]), **dict(rows.order_by("-pk")[:most])}.values()
