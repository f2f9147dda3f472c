"""What a run prints, and the tables of docs/reliability.md."""

import os
import statistics
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.campaign import Tally
    from tests.faults.delays import Delays

FAULTS = ("fault", "times", "events", "lost", "out of order", "doubled", "recovered, s", "worst, s", "caught up, s")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def group(tally: "Tally", times: int, seconds: float) -> str:
    return (
        f"{tally.kind}: {times} faults, recovered {tally.recovered[-1]:.1f} s, caught up {tally.caught_up[-1]:.1f} s; "
        f"so far {tally.faults} faults, {tally.events} events, {tally.lost} lost, {tally.out_of_order} out of order, "
        f"{tally.doubled} doubled ({seconds:.0f} s, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
    )


def faults_table(tallies: Iterable["Tally"]) -> str:
    """One row for each kind of fault, and the sums."""
    told = sorted(tallies, key=lambda tally: tally.kind)
    done = [tally for tally in told if tally.recovered]
    lines = [_row(FAULTS), _row("---" if number == 0 else "--:" for number in range(len(FAULTS)))]
    lines += [_row(_cells(tally)) for tally in done]
    sums = [sum(getattr(tally, name) for tally in done) for name in ("faults", "events", "lost")]
    sums += [sum(getattr(tally, name) for tally in done) for name in ("out_of_order", "doubled")]
    recovered = [seconds for tally in done for seconds in tally.recovered]
    caught_up = [seconds for tally in done for seconds in tally.caught_up]
    if done:
        times = [statistics.median(recovered), max(recovered), max(caught_up)]
        lines.append(_row(["**all**", *(f"{number:,}" for number in sums), *(f"{each:.1f}" for each in times)]))
    skipped = [f"\nNot done on this machine: {tally.kind} ({tally.skipped})." for tally in told if tally.skipped]
    return "\n".join([*lines, *skipped])


def _cells(tally: "Tally") -> list[str]:
    counts = (tally.faults, tally.events, tally.lost, tally.out_of_order, tally.doubled)
    times = (statistics.median(tally.recovered), max(tally.recovered), max(tally.caught_up))
    return [tally.kind, *(f"{number:,}" for number in counts), *(f"{each:.1f}" for each in times)]


def delays_table(measured: Mapping[str, "Delays"]) -> str:
    lines = [_row(["healthy endpoints", "events", "p50, ms", "p99, ms"]), _row(["---", "--:", "--:", "--:"])]
    for name, each in measured.items():
        lines.append(_row([name, f"{each.events:,}", f"{each.p50:.0f}", f"{each.p99:.0f}"]))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
