"""What a run prints, and the tables of docs/reliability.md."""

import os
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping

from tests.faults.delays import Delays
from tests.faults.tally import Tally

FAULTS = ("fault", "times", "events", "lost", "out of order", "doubled", "recovered, s", "worst, s", "caught up, s")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def group(tally: Tally, faults: int, seconds: float) -> str:
    back = f"recovered {tally.recovered[-1]:.1f} s, caught up {tally.caught_up[-1]:.1f} s" if faults else "hit nobody"
    return (
        f"{tally.kind}: {faults} faults, {back}; "
        f"so far {tally.faults} faults, {tally.events} events, {tally.lost} lost, {tally.out_of_order} out of order, "
        f"{tally.doubled} doubled ({seconds:.0f} s, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
    )


def faults_table(tallies: Iterable[Tally]) -> str:
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
    return "\n".join([*lines, *(f"\n{note}" for note in _notes(told))])


def _notes(tallies: Iterable[Tally]) -> Iterator[str]:
    """What is not in the table: what could not be done, was not reached, or hit nobody and is not counted."""
    for tally in tallies:
        if tally.skipped:
            yield f"Not done on this machine: {tally.kind} ({tally.skipped})."
        elif not tally.groups:
            yield f"Not reached in this time: {tally.kind}."
        elif tally.missed:
            yield f"Tried {tally.missed} times more without hitting anybody: {tally.kind}."


def _cells(tally: Tally) -> list[str]:
    counts = (tally.faults, tally.events, tally.lost, tally.out_of_order, tally.doubled)
    times = (statistics.median(tally.recovered), max(tally.recovered), max(tally.caught_up))
    return [tally.kind, *(f"{number:,}" for number in counts), *(f"{each:.1f}" for each in times)]


def delays_table(measured: Mapping[str, Delays]) -> str:
    lines = [_row(["healthy endpoints", "events", "p50, ms", "p99, ms"]), _row(["---", "--:", "--:", "--:"])]
    for name, each in measured.items():
        lines.append(_row([name, f"{each.events:,}", f"{each.p50:.0f}", f"{each.p99:.0f}"]))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
