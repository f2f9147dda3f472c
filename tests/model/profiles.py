"""How long the machine looks: a moment in every run of the suite, or long with HYPOTHESIS_PROFILE=faults.

The suite looks at the same every time, `faults` elsewhere; `pytest --hypothesis-seed=N` repeats a run.
"""

import os
from typing import Final

from hypothesis import HealthCheck, Phase, settings

_COMMON: Final = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
PROFILES: Final = {
    "default": settings(_COMMON, max_examples=16, stateful_step_count=24, derandomize=True),
    # Tells of the first breach at once, without looking for a shorter way to it.
    "first": settings(_COMMON, max_examples=80, stateful_step_count=40, phases=[Phase.generate]),
    "faults": settings(_COMMON, max_examples=80, stateful_step_count=40, print_blob=True),
}


def chosen() -> settings:
    return PROFILES.get(os.environ.get("HYPOTHESIS_PROFILE", ""), PROFILES["default"])


def is_long() -> bool:
    return os.environ.get("HYPOTHESIS_PROFILE") == "faults"
