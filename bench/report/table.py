"""A report as text for people: medians with their spread over the rounds, then the ratios against their targets."""

from collections.abc import Sequence
from statistics import median

from bench.report.figures import Goal, Measure, Report


def table(report: Report) -> str:
    lines = [f"== {report.name}"]
    lines += _aligned([_measure(title, measure) for title, measure in report.measures.items()])
    if report.goals:
        lines += ["", *_aligned([_goal(goal) for goal in report.goals])]
    if report.notes:
        lines += ["", *report.notes]
    return "\n".join(lines) + "\n"


def _measure(title: str, measure: Measure) -> tuple[str, ...]:
    return title, number(median(measure.values)), measure.unit, _spread(measure.values)


def _goal(goal: Goal) -> tuple[str, ...]:
    target = f"target {goal.bound} {goal.target:g}"
    return goal.title, number(goal.middle), target, "met" if goal.met else "MISSED", _spread(goal.values)


def _spread(values: Sequence[float]) -> str:
    return f"({number(min(values))} to {number(max(values))})" if len(values) > 1 else ""


def number(value: float) -> str:
    """Three digits that count."""
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].rjust(widths[1])]
        cells += [cell.ljust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines
