"""What a benchmark has found: one value of each measure a round, and the ratios that the targets are about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any


@dataclass
class Measure:
    """One figure, a value for each round."""

    unit: str
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Goal:
    """What a figure should be: `bound` is ">=" or "<=". `values` are of the rounds."""

    title: str
    values: Sequence[float]
    bound: str
    target: float

    @property
    def middle(self) -> float:
        return median(self.values)

    @property
    def met(self) -> bool:
        return self.middle >= self.target if self.bound == ">=" else self.middle <= self.target


class Report:
    """Filled round by round by one benchmark."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.measures: dict[str, Measure] = {}
        self.goals: list[Goal] = []
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """A sentence that is more than a figure."""
        self.notes.append(text)

    def add(self, title: str, value: float, unit: str) -> None:
        """This round's value of a measure."""
        self.measures.setdefault(title, Measure(unit)).values.append(value)

    def add_times(self, title: str, seconds: Sequence[float]) -> None:
        """This round's p50, p95, p99 and largest of some times, in ms."""
        for name, value in percentiles(seconds).items():
            self.add(f"{title} {name}", value * 1000, "ms")

    def compare(self, title: str, of: str, to: str, bound: str, target: float) -> None:
        """A ratio of two measures, round by round: what they share, such as a busy machine, falls out."""
        pairs = zip(self.measures[of].values, self.measures[to].values, strict=True)
        self.goals.append(Goal(title, [one / other if other else float("inf") for one, other in pairs], bound, target))

    def expect(self, title: str, of: str, bound: str, target: float) -> None:
        """A measure that has a target by itself."""
        self.goals.append(Goal(title, self.measures[of].values, bound, target))

    def as_json(self) -> dict[str, Any]:
        return {
            "benchmark": self.name,
            "measures": {
                title: {"unit": measure.unit, "median": median(measure.values), "rounds": measure.values}
                for title, measure in self.measures.items()
            },
            "goals": [
                {
                    "title": goal.title,
                    "median": goal.middle,
                    "rounds": list(goal.values),
                    "target": f"{goal.bound} {goal.target:g}",
                    "met": goal.met,
                }
                for goal in self.goals
            ],
            "notes": self.notes,
        }


def percentiles(values: Sequence[float]) -> Mapping[str, float]:
    """p50, p95, p99 and max of at least one value, in its unit."""
    if len(values) == 1:
        return dict.fromkeys(("p50", "p95", "p99", "max"), values[0])
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(values)}
