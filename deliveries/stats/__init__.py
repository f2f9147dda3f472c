"""Figures of the log for charts: tries by result in equal spans of time, answer times, frequent errors."""

from deliveries.stats.figures import WINDOWS, AnswerTimes, Bucket, ErrorCount, Figures, Stats, figures_of, stats_of
from deliveries.stats.tallies import tally

__all__ = [
    "WINDOWS",
    "AnswerTimes",
    "Bucket",
    "ErrorCount",
    "Figures",
    "Stats",
    "figures_of",
    "stats_of",
    "tally",
]
