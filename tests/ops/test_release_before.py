"""The release before works on today's schema: it serves while the new one starts, and again if that is taken back."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.demo.folder import CHECKOUT
from config.demo.ports import any_free
from config.demo.servers import secrets_for_tests
from tests.demo.processes import Demo, clean_environment
from tests.ops.cluster import Cluster, stopped_at_last
from tests.ops.shop import Shop
from tests.receiver import Receiver


def git(*arguments: str) -> str:
    done = subprocess.run(
        [shutil.which("git") or "git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def release_before() -> str:
    """The last tag before this commit; without one the last commit before the newest migration."""
    tag = git("describe", "--tags", "--abbrev=0", "HEAD^")
    newest = git("log", "-1", "--format=%H", "--diff-filter=A", "--", "*/migrations/0*.py")
    return tag or (git("rev-parse", "--verify", f"{newest}^") if newest else "")


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Path]:
    """A checkout of it."""
    commit = release_before()
    if not commit:
        pytest.skip("This is no checkout with its history, so the release before is not known.")
    place = tmp_path / "before"
    git("worktree", "add", "--detach", str(place), commit)
    yield place
    git("worktree", "remove", "--force", str(place))


def test_events_flow_through_upgrade_and_rollback_and_none_is_lost_or_doubled(before: Path, tmp_path: Path) -> None:
    database = Cluster(tmp_path / "database", any_free(), durable=True)
    shop = Shop({}, Receiver())
    with stopped_at_last(database):
        database.start()
        with serving(before, tmp_path, database, shop):
            shop.connect()
            said = shop.post(range(100))
            migrate(database)
            said += shop.post(range(100, 200))
        with serving(CHECKOUT, tmp_path, database, shop):
            said += shop.post(range(200, 300))
        with serving(before, tmp_path, database, shop):
            said += shop.post(range(300, 400))
            shop.wait_for(said)
        undelivered = database.rows("SELECT status FROM deliveries_delivery WHERE status <> 'delivered'")
    shop.receiver.close()
    assert undelivered == []
    assert shop.arrived() == dict.fromkeys([each["id"] for each in said], 1)
    assert len(said) == 400


@contextlib.contextmanager
def serving(checkout: Path, folder: Path, database: Cluster, shop: Shop) -> Iterator[None]:
    """A release on this database, until the block ends; SIGTERM lets what is on the wire finish."""
    product = Demo(folder / "product", checkout=checkout, DATABASE_URL=database.url)
    try:
        shop.facts = product.ready()
        yield
    finally:
        product.end()


def migrate(database: Cluster) -> None:
    """Today's code's release step, while the release before serves."""
    variables = clean_environment(**secrets_for_tests(), DATABASE_URL=database.url, REDIS_URL="redis://127.0.0.1:1/0")
    subprocess.run([sys.executable, "manage.py", "migrate", "--noinput"], cwd=CHECKOUT, env=variables, check=True)
