"""What was counted in this process since a test began."""

from deliveries.metering.counted import REGISTRY

Counts = dict[str, float]


class Counting:
    """`changes` has what is not as it was: `happ_attempts_total{2xx}` for a series with a label. No buckets."""

    def __init__(self) -> None:
        self._before = _read()

    def changes(self, *without: str) -> Counts:
        now = _read()
        changed = {name: value - self._before.get(name, 0) for name, value in now.items()}
        return {name: value for name, value in changed.items() if value and not name.startswith(without or ("-",))}


def _read() -> Counts:
    return {
        sample.name + (f"{{{','.join(sample.labels.values())}}}" if sample.labels else ""): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_created"))
    }
