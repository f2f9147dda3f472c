"""Charts: from numbers to places."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from integrations.charts import BASE, TOP, Series, lines, stacked_bars, steps_to

HOURS = ["12:00", "13:00", "14:00", "15:00"]
DELIVERED = Series("delivered", "Delivered", "good", [10, 0, 5, 0])
FAILED = Series("failed", "Failed", "warn", [10, 0, 0, 0])


def bars(*series: Series) -> str:
    return render_to_string("pages/parts/chart.html", {"chart": stacked_bars("tries", "T", "D", HOURS, series)})


def test_bars_stand_on_each_other_and_reach_as_high_as_their_numbers() -> None:
    chart = stacked_bars("tries", "Tries", "", HOURS, [DELIVERED, FAILED])
    first, second, third, _ = chart.columns
    span = BASE - TOP
    assert [(each.look, float(each.y), float(each.height)) for each in first.segments] == [
        ("good", BASE - span / 2, span / 2),
        ("warn", TOP, span / 2),
    ]
    assert second.segments == []
    assert [float(each.height) for each in third.segments] == [span / 4]


def test_columns_share_the_width_and_say_their_numbers() -> None:
    chart = stacked_bars("tries", "Tries", "", HOURS, [DELIVERED, FAILED])
    assert [(each.x, each.width) for each in chart.columns[:2]] == [("3.50%", "18.00%"), ("28.50%", "18.00%")]
    assert chart.columns[0].said == "12:00\nDelivered: 10\nFailed: 10"


def test_one_among_thousands_can_still_be_seen() -> None:
    chart = stacked_bars(
        "tries", "Tries", "", ["12:00"], [Series("a", "A", "good", [9999]), Series("b", "B", "bad", [1])]
    )
    assert chart.columns[0].segments[1].height == "2.0"


@pytest.mark.parametrize(
    ("most", "steps"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (20, [0, 5, 10, 15, 20]),
        (1234, [0, 500, 1000, 1500]),
    ],
)
def test_the_scale_has_round_numbers(most: int, steps: list[int]) -> None:
    assert steps_to(most) == steps


def test_a_line_is_broken_where_nothing_was_measured() -> None:
    chart = lines(
        "times",
        "Times",
        "",
        HOURS,
        [Series("p50", "Median", "info", [100, None, 1000, 10_000])],
        written=lambda value: f"{value} ms",
        limit=(5000, "5 s"),
    )
    assert [(each.x, each.y) for each in chart.dots] == [("12.50%", "115.3"), ("62.50%", "64.7"), ("87.50%", "14.0")]
    assert [(each.x1, each.x2) for each in chart.strokes] == [("62.50%", "87.50%")]
    assert chart.rows[1] == ["13:00", "-"]


def test_the_limit_stands_where_its_value_is() -> None:
    chart = lines(
        "times",
        "Times",
        "",
        ["12:00"],
        [Series("p95", "95 of 100", "warn", [5000])],
        written=str,
        limit=(5000, "5 s"),
    )
    assert chart.limit is not None
    assert (chart.limit.at, chart.limit.text) == (chart.dots[0].y, "5 s")


def test_at_most_eight_labels_stand_below() -> None:
    labels = [f"{hour:02}:00" for hour in range(24)]
    chart = stacked_bars("tries", "Tries", "", labels, [Series("a", "A", "good", [1] * 24)])
    assert [(each.text, each.minor) for each in chart.ticks][:3] == [
        ("00:00", False),
        ("03:00", True),
        ("06:00", False),
    ]
    assert len(chart.ticks) == 8


def test_a_chart_without_numbers_says_so_and_draws_nothing() -> None:
    drawn = bars(Series("delivered", "Delivered", "good", [0, 0, 0, 0]))
    assert "Nothing in this time." in drawn
    assert 'role="img"' not in drawn


def test_a_chart_has_a_name_a_table_and_a_pattern_for_each_look() -> None:
    drawn = bars(DELIVERED, FAILED)
    assert 'aria-labelledby="tries-title tries-desc"' in drawn
    assert "<table" in drawn
    assert drawn.count("<td") == 8
    assert 'fill="url(#tries-warn)"' in drawn
    assert "style=" not in drawn


def test_ukrainian_numbers_are_for_people_only() -> None:
    with translation.override("uk"):
        drawn = bars(Series("delivered", "Доставлено", "good", [1234, 1, 1, 1]))
    assert 'width="18.00%"' in drawn
    assert "1\xa0234" in drawn
