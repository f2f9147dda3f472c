"""The first page of the admin: how the platform does, as far as the person may see it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from deliveries import heartbeats, platform
from deliveries.catalogue import explain
from deliveries.heartbeats import Sign
from happ_webhooks.history.models import Workspace
from integrations.charts import LIMIT_MS, Chart, Series, lines, stacked_bars
from integrations.kept import kept

#: Pages that are opened or loaded again within this time show the same figures.
FIGURES_SECONDS, WAITING_SECONDS = 20, 3
CAPPED = f" (only the newest {platform.COUNTED:,} given-up events are counted)"
MINUTES_FROM_SECONDS = 120


@dataclass(frozen=True)
class Life:
    """A process and how it does: `state` has a pill, `said` the words."""

    name: str
    state: str
    said: str


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """The context of `admin/dashboard.html`; nothing is read that is not shown."""
    shown: dict[str, Any] = {}
    if request.user.has_perm("integrations.view_integration"):
        shown["lives"] = lives()
        shown["waiting"] = kept("admin_waiting", platform.waiting, WAITING_SECONDS)
        shown["failing"] = _failing(_figures())
    if request.user.has_perm("deliveries.view_deliveryattempt"):
        figures = _figures()
        shown |= {
            "figures": figures,
            "charts": [_results(figures), _answer_times(figures)],
            "errors": [(code, explain(code).title, count) for code, count in figures.errors],
        }
    return shown


def lives() -> list[Life]:
    """Beat first, then the workers by name."""
    found = heartbeats.signs()
    missing = [] if found.workers else [Life("workers", "silent", "None was seen for a quarter of an hour.")]
    return [_beat(found.beat), *missing, *(_life(sign, "last sign of life") for sign in found.workers)]


def _beat(sign: Sign | None) -> Life:
    return _life(sign, "last sweep") if sign else Life("beat", "silent", "No sweep was run yet.")


def _life(sign: Sign, what: str) -> Life:
    return Life(sign.name, sign.state, f"{what} {_ago(sign.seconds)}")


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s ago" if seconds < MINUTES_FROM_SECONDS else f"{seconds / 60:.0f} min ago"


def _figures() -> platform.Figures:
    return kept("admin_figures", lambda: platform.figures(timezone.now()), FIGURES_SECONDS)


def _failing(figures: platform.Figures) -> list[tuple[platform.Failing, str]]:
    """With the workspaces' names."""
    ids = [each.workspace_id for each in figures.failing]
    names = dict(Workspace.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [(each, names.get(each.workspace_id, each.workspace_id)) for each in figures.failing]


def _results(figures: platform.Figures) -> Chart:
    hours = figures.hours
    return stacked_bars(
        "results",
        "Tries and given-up events per hour" + (CAPPED if figures.capped else ""),
        "Bars for each of the last 24 hours, in UTC.",
        _labels(figures),
        [
            Series("accepted", "Accepted", "good", [hour.accepted for hour in hours]),
            Series("failed", "Failed tries", "warn", [hour.failed for hour in hours]),
            Series("dropped", "Dropped events", "bad", [hour.dropped for hour in hours]),
            Series("cancelled", "Cancelled events", "info", [hour.cancelled for hour in hours]),
        ],
    )


def _answer_times(figures: platform.Figures) -> Chart:
    return lines(
        "times",
        "Answer times per hour",
        "Two lines for each of the last 24 hours, in UTC, and the limit of 5 s.",
        _labels(figures),
        [
            Series("p50", "Half of the answers within", "good", [hour.p50_ms for hour in figures.hours]),
            Series("p95", "95 % of the answers within", "info", [hour.p95_ms for hour in figures.hours]),
        ],
        written=lambda value: f"{value} ms",
        limit=(LIMIT_MS, "limit 5 s"),
    )


def _labels(figures: platform.Figures) -> list[str]:
    return [f"{hour.start:%H:00}" for hour in figures.hours]
