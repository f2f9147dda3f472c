"""When to try again: the delays between tries as plain data."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

MAX_STEPS: Final = 20
#: Tries of many chats that failed together must not come back together.
JITTER: Final = 0.2
#: A receiver may push a try back by at most this, unless our own step is longer.
LONGEST_RETRY_AFTER: Final = 3600.0


@dataclass(frozen=True)
class Ladder:
    """The delays between tries in seconds; a rung counts the failures so far.

    >>> ladder = Ladder((5, 30, 120))
    >>> ladder.tries, ladder.total, ladder.reached(40)
    (4, 155, 2)
    """

    steps: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise ValueError(f"A retry ladder has 1 to {MAX_STEPS} steps.")
        if not all(math.isfinite(step) and step > 0 for step in self.steps):
            raise ValueError("Every step of a retry ladder is a number of seconds greater than 0.")

    @classmethod
    def parse(cls, text: str) -> Ladder:
        """`"5,30,120"` as a ladder; ValueError with one sentence on anything else."""
        try:
            steps = tuple(float(step) for step in text.split(","))
        except ValueError:
            raise ValueError('A retry ladder is a list of seconds such as "5,30,120".') from None
        return cls(steps)

    @property
    def tries(self) -> int:
        return len(self.steps) + 1

    @property
    def total(self) -> float:
        return sum(self.steps)

    def delay(self, rung: int, rng: random.Random | None = None) -> float:
        """Seconds to wait after failure number `rung`, counted from 0, give or take 20 %; the last step repeats."""
        step = self.steps[min(rung, len(self.steps) - 1)]
        uniform = rng.uniform if rng else random.uniform
        return step * uniform(1 - JITTER, 1 + JITTER)

    def reached(self, waited: float) -> int:
        """The rung that a wait of so many seconds has reached: how many whole steps fit into it."""
        return sum(end <= waited for end in accumulate(self.steps))


def clamp_retry_after(asked: float | None, step: float) -> float:
    """What a receiver asked for, but never less than our own step and never more than an hour (or the step)."""
    return step if asked is None else min(max(asked, step), max(step, LONGEST_RETRY_AFTER))
