"""What came of the faults of one kind."""

from dataclasses import dataclass, field


@dataclass
class Tally:
    """Of all groups of one kind of fault; times in seconds, one for each group that hit somebody.

    `faults` are those that took effect; what hit nobody is in `missed`.
    """

    kind: str
    groups: int = 0
    faults: int = 0
    missed: int = 0
    events: int = 0
    lost: int = 0
    out_of_order: int = 0
    doubled: int = 0
    recovered: list[float] = field(default_factory=list)
    caught_up: list[float] = field(default_factory=list)
    skipped: str = ""
