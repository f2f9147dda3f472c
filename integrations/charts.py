"""Charts as view models: numbers in, places of bars, lines and ticks out. `pages/parts/chart.html` draws them.

Across, everything is a percentage, so that a chart is as wide as its page and its text stays readable; upward, it is
pixels. All of them are text already: a page in Ukrainian would write 12,5 else. Colour never stands alone: each look
has a pattern of its own (see the template), every column says its numbers, and the same numbers are a table below.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.utils.formats import number_format

#: What a series is drawn like: a colour and a pattern (bars), or a colour and a kind of stroke (lines).
Look = Literal["good", "warn", "bad", "info"]

#: An attempt may take so long.
LIMIT_MS = 5000
HEIGHT = 190
TOP, BOTTOM = 14, 24
BASE = HEIGHT - BOTTOM
SMALLEST = 2.0
TICKS = 4
ACROSS = 8


@dataclass(frozen=True)
class Series:
    """A name and a number for each label; None where there is none. `key` is stable, `label` is for people."""

    key: str
    label: str
    look: Look
    values: Sequence[int | None]


@dataclass(frozen=True)
class Tick:
    """A mark of an axis. Minor ones are left out on narrow screens."""

    at: str
    text: str
    minor: bool = False


@dataclass(frozen=True)
class Segment:
    look: Look
    y: str
    height: str


@dataclass(frozen=True)
class Column:
    """What stands above one label. `said` has a line for each number."""

    x: str
    width: str
    said: str
    segments: list[Segment]


@dataclass(frozen=True)
class Stroke:
    look: Look
    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True)
class Dot:
    look: Look
    x: str
    y: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Everything the template needs; `rows` are the table's: the label, then a text for each series."""

    key: str
    title: str
    description: str
    series: Sequence[Series]
    columns: list[Column]
    scale: list[Tick]
    ticks: list[Tick]
    rows: list[list[str]]
    strokes: list[Stroke] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    limit: Tick | None = None
    height: int = HEIGHT
    base: int = BASE

    @property
    def is_empty(self) -> bool:
        """Whether there is no number but zero."""
        return not any(value for series in self.series for value in series.values)


def stacked_bars(key: str, title: str, description: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """One bar for each label, the series on top of each other, the first at the bottom."""
    steps = steps_to(max((sum(each.values[at] or 0 for each in series) for at in range(len(labels))), default=0))
    most = steps[-1]
    rows = _rows(labels, series, _number)
    return Chart(
        key=key,
        title=title,
        description=description,
        series=series,
        columns=[_bar(at, len(labels), row, series, most) for at, row in enumerate(rows)],
        scale=[Tick(_px(_height(step, most)), _number(step)) for step in steps],
        ticks=_ticks(labels),
        rows=rows,
    )


def lines(
    key: str,
    title: str,
    description: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    written: Callable[[int], str],
    limit: tuple[int, str],
    decades: Sequence[int] = (10, 100, 1000, 10_000),
) -> Chart:
    """A line for each series on a logarithmic scale over `decades`, broken where a value is missing.

    `written` gives the text of a value; `limit` is a value and the name of the line drawn there.
    """

    def height(value: int) -> float:
        part = math.log(max(value, decades[0]) / decades[0]) / math.log(decades[-1] / decades[0])
        return BASE - min(part, 1.0) * (BASE - TOP)

    strokes, dots = _strokes(series, len(labels), height)
    rows = _rows(labels, series, written)
    return Chart(
        key=key,
        title=title,
        description=description,
        series=series,
        columns=[_hover(at, len(labels), row, series) for at, row in enumerate(rows)],
        scale=[Tick(_px(height(value)), written(value)) for value in decades],
        ticks=_ticks(labels),
        rows=rows,
        strokes=strokes,
        dots=dots,
        limit=Tick(_px(height(limit[0])), limit[1]),
    )


def steps_to(most: int) -> list[int]:
    """Round numbers from 0 up to at least `most`, at most five of them."""
    step = 1
    while step * TICKS < most:
        leading = int(str(step)[0])
        step = step // leading * {1: 2, 2: 5, 5: 10}[leading]
    return [step * number for number in range(max(1, -(-most // step)) + 1)]


def _bar(at: int, count: int, row: list[str], series: Sequence[Series], most: int) -> Column:
    segments: list[Segment] = []
    top = float(BASE)
    for each in series:
        value = each.values[at] or 0
        if value:
            height = max(SMALLEST, value / most * (BASE - TOP))
            top -= height
            segments.append(Segment(each.look, _px(top), _px(height)))
    return Column(_percent((at + 0.14) / count), _percent(0.72 / count), _said(row, series), segments)


def _hover(at: int, count: int, row: list[str], series: Sequence[Series]) -> Column:
    return Column(_percent(at / count), _percent(1 / count), _said(row, series), [])


def _said(row: list[str], series: Sequence[Series]) -> str:
    label, *cells = row
    return "\n".join([label, *(f"{each.label}: {cell}" for each, cell in zip(series, cells, strict=True))])


def _strokes(series: Sequence[Series], count: int, height: Callable[[int], float]) -> tuple[list[Stroke], list[Dot]]:
    strokes: list[Stroke] = []
    dots: list[Dot] = []
    for each in series:
        before: tuple[str, str] | None = None
        for at, value in enumerate(each.values):
            here = None if value is None else (_percent((at + 0.5) / count), _px(height(value)))
            if here is not None:
                dots.append(Dot(each.look, *here))
                if before is not None:
                    strokes.append(Stroke(each.look, *before, *here))
            before = here
    return strokes, dots


def _ticks(labels: Sequence[str]) -> list[Tick]:
    """At most ACROSS labels, every other one minor."""
    every = max(1, math.ceil(len(labels) / ACROSS))
    shown = range(0, len(labels), every)
    return [
        Tick(_percent((at + 0.5) / len(labels)), labels[at], minor=number % 2 == 1) for number, at in enumerate(shown)
    ]


def _rows(labels: Sequence[str], series: Sequence[Series], written: Callable[[int], str]) -> list[list[str]]:
    texts: dict[int | None, str] = {None: "-"}
    for each in series:
        for value in each.values:
            if value is not None and value not in texts:
                texts[value] = written(value)
    return [[label, *(texts[each.values[at]] for each in series)] for at, label in enumerate(labels)]


def _height(value: float, most: int) -> float:
    return BASE - value / most * (BASE - TOP)


def _number(value: int) -> str:
    return str(number_format(value, use_l10n=True, force_grouping=True))


def _px(value: float) -> str:
    return f"{value:.1f}"


def _percent(part: float) -> str:
    return f"{part * 100:.2f}%"
