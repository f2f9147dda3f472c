"""How many examples the generated tests run: a few, the same on every run, or as many as HAPP_EXAMPLES says."""

import os

from hypothesis import HealthCheck, Phase, settings

#: Of the whole API in all; the other generated tests take a part each. 0: the small set.
ASKED = int(os.environ.get("HAPP_EXAMPLES", "0"))


def examples(few: int, share: float = 1.0) -> int:
    """The number for one test: `few`, or its share of what was asked for."""
    return max(few, int(ASKED * share))


def generated(few: int, share: float = 1.0) -> settings:
    """Hypothesis' settings for one test. A long run is a new one every time: pytest's --hypothesis-seed repeats it."""
    return settings(
        max_examples=examples(few, share),
        derandomize=not ASKED,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
