"""The alerts, their pages and the dashboard hold together, and speak of figures that there are."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

PROMETHEUS = Path(settings.BASE_DIR) / "deploy" / "prometheus"
PAGES = Path(settings.BASE_DIR) / "docs" / "ops" / "alerts"
DASHBOARD = Path(settings.BASE_DIR) / "deploy" / "grafana" / "happ.json"
METRIC = re.compile(r"\bhapp_[a-z_]+")
PARTS = ["## What it means", "## What customers notice", "## First three commands", "## What to do"]

RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]


def named() -> dict[str, set[str]]:
    """The metrics that alerts, dashboard and pages speak of, by where."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return {
        "alerts": set(METRIC.findall(" ".join(rule["expr"] for rule in RULES))),
        "dashboard": set(METRIC.findall(" ".join(asked))),
        "pages": set(re.findall(r"`(happ_[a-z_]+[a-z])", " ".join(page.read_text() for page in PAGES.glob("*.md")))),
    }


def promtool(*words: str) -> str:
    found = shutil.which("promtool")
    assert found, "promtool is missing: ./run test installs it"
    done = subprocess.run([found, *words], cwd=PROMETHEUS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    names = [rule["alert"] for rule in RULES]
    assert sorted(names) == sorted(page.stem for page in PAGES.glob("*.md"))
    for rule in RULES:
        assert rule["annotations"]["runbook_url"] == f"docs/ops/alerts/{rule['alert']}.md"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_page_tells_the_severity_of_its_alert_and_what_to_do(rule: dict[str, Any]) -> None:
    title, _, severity, *_ = lines = (PAGES / f"{rule['alert']}.md").read_text().splitlines()
    assert title == f"# {rule['alert']}"
    assert severity == f"Severity: {rule['labels']['severity']}."
    assert [line for line in lines if line.startswith("## ")] == [*PARTS, "## When to stop worrying"]


def test_few_alerts_wake_somebody() -> None:
    assert {rule["alert"] for rule in RULES if rule["labels"]["severity"] != "ticket"} == {
        "HappDown",
        "HappDeliveriesOverdue",
        "HappNoWorker",
        "HappSecretsUnreadable",
        "HappManyEndpointsFailing",
    }


def test_the_rules_fire_and_clear_when_they_should() -> None:
    assert f"{len(RULES)} rules found" in promtool("check", "config", "prometheus.yml")
    promtool("test", "rules", "alerts_test.yml")
    tried = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    fired = {one["alertname"] for test in tried for one in test.get("alert_rule_test", ()) if one["exp_alerts"]}
    assert fired == {rule["alert"] for rule in RULES}
