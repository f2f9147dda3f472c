"""The whole stage: the stack, the traffic on it, the ledger, and which endpoints are well."""

import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from config.demo.ports import HOST
from tests.faults.books import Books
from tests.faults.delays import delays
from tests.faults.feeder import Lane, Pace
from tests.faults.ledger import Accepted, Ledger, Window
from tests.faults.links import Links
from tests.faults.receiver import Mode
from tests.faults.small_disk import small_disk
from tests.faults.sql import DatabaseAway
from tests.faults.stack import WORKERS, Stack, Variation
from tests.faults.traffic import Traffic

SICK = (Mode.HANGING, Mode.HANGING, Mode.SLOW, Mode.FAILING, Mode.WOBBLY)
WELL_PACE = Pace(size=8, seconds=0.35, chats=12)
LATE, RECENT = 1.0, 6.0
SICK_PACE = Pace(size=1, seconds=0.5, chats=4)
READY_WITHIN = 30.0

AT_WORK = """
SELECT 1 FROM (SELECT session, at FROM faults_recording ORDER BY id DESC LIMIT 200) r
  JOIN pg_stat_activity a ON a.pid = r.session
 WHERE a.application_name = %(worker)s AND r.at > clock_timestamp() - %(within)s * interval '1 second' LIMIT 1
"""
IN_A_RECORDING = """
SELECT 1 FROM pg_stat_activity
 WHERE application_name = %(worker)s AND state = 'idle in transaction' AND now() - state_change > '0.2 s'
"""


@dataclass(frozen=True)
class Scale:
    """How much traffic: `well` workspaces at `pace` each, beside one workspace for each mode in `sick`."""

    well: int = 10
    pace: Pace = WELL_PACE
    sick: tuple[Mode, ...] = SICK

    @classmethod
    def of(cls, rate: float) -> "Scale":
        """The usual stage with that many events a second in all healthy workspaces."""
        return cls(pace=replace(WELL_PACE, seconds=WELL_PACE.size * cls.well / rate))


@dataclass
class Shop:
    """A workspace and its endpoint."""

    workspace: str
    url: str
    path: str
    mode: Mode


class Scene:
    """Everything a fault and a check may touch. `links` and `disk` are None where the machine does not allow them."""

    def __init__(self, stack: Stack, seed: int, scale: Scale, links: Links | None, disk: Path | None) -> None:
        self.stack, self.seed, self.scale, self.links, self.disk = stack, seed, scale, links, disk
        seeded = stack.start_servers(scale.well + len(scale.sick))
        if links:
            stack.usual["worker-2"] = behind(links, stack)
        self.token: str = seeded["token"]
        self.ledger = Ledger()
        self.books = Books(stack, self.ledger)
        self.traffic = Traffic(stack.web, self.token, self.ledger, seed)
        host = links.host("receiver") if links else HOST
        port = self.traffic.listen(host)
        modes = (*(Mode.WELL for _ in range(scale.well)), *scale.sick)
        paths = [f"/shop/{number}" for number in range(len(modes))]
        self.shops = [
            Shop(workspace, f"http://{host}:{port}{path}", path, mode)
            for workspace, path, mode in zip(seeded["workspaces"], paths, modes, strict=True)
        ]
        self.well = [shop.workspace for shop in self.shops if shop.mode is Mode.WELL]
        self.usual_wait = LATE
        self.windows: list[Window] = []
        self.sick = [shop for shop in self.shops if shop.mode is not Mode.WELL]

    def begin(self) -> None:
        """Starts the product, connects all workspaces while their endpoints are well, and lets healthy traffic in."""
        self.stack.start_product()
        for shop in self.shops:
            self.connect(shop)
        self.traffic.flow([self._lane(workspace, self.scale.pace) for workspace in self.well])

    def connect(self, shop: Shop) -> None:
        for _ in range(20):
            status = self.stack.api("PUT", shop.workspace, self.token, {"url": shop.url})
            if status == 200:
                return
            self.stack.wait(0.5)
        raise AssertionError(f"{shop.workspace} could not be connected: {status}")

    def sicken(self) -> None:
        """The sick endpoints fall ill, and their traffic begins."""
        for shop in self.sick:
            self.traffic.set_mode(shop.path, shop.mode)
        self.traffic.flow([self._lane(shop.workspace, SICK_PACE) for shop in self.sick])

    def revive(self) -> None:
        """Connects those again whose stream stopped: their endpoint is well for that moment."""
        sql = "SELECT workspace_id FROM deliveries_connection GROUP BY 1 HAVING bool_and(closed_at IS NOT NULL)"
        stopped = {workspace for (workspace,) in self.stack.rows(sql)}
        for shop in self.sick:
            if shop.workspace in stopped:
                self.traffic.set_mode(shop.path, Mode.WELL)
                self.connect(shop)
                self.traffic.set_mode(shop.path, shop.mode)

    def heal(self) -> None:
        """All endpoints are well again; a ping makes what waits for its next try due at once."""
        for shop in self.sick:
            self.traffic.set_mode(shop.path, Mode.WELL)
            self.stack.api("POST", shop.workspace, self.token, {}, "/ping")

    def _lane(self, workspace: str, pace: Pace) -> Lane:
        return Lane(workspace, pace, random.Random(f"{self.seed} {workspace}"))

    # How things stand.

    @contextlib.contextmanager
    def hitting(self, unnoticed: float = 0.0) -> Iterator[None]:
        """In this block couriers are hit, and go on for at most so many seconds before they notice.

        Only what stood unrecorded then may arrive twice: a quarter of a second where one of a hundred events arrives
        within half a one.
        """
        start = time.monotonic()
        try:
            yield
        finally:
            self.windows.append(Window(start, time.monotonic() + unnoticed, on_the_way=self.usual_wait / 4))

    def is_at_work(self, worker: str, within: float = 1.0) -> bool:
        """Whether a courier of that worker has recorded a moment ago."""
        with contextlib.suppress(DatabaseAway):
            return bool(self.stack.rows(AT_WORK, {"worker": worker, "within": within}))
        return False

    def stands_in_a_recording(self, worker: str) -> bool:
        """Whether a session of it has held its locks for a while without a word from its courier."""
        return bool(self.stack.rows(IN_A_RECORDING, {"worker": worker}))

    def unready(self) -> list[str]:
        """Which processes could be hit without any harm, since they do not work yet."""
        idle = [name for name in WORKERS if name in self.stack.product() and not self.is_at_work(name)]
        return sorted({*self.stack.unready(), *idle})

    def wait_until_ready(self) -> None:
        """Until every process of the product does its work, so that a fault hits somebody."""
        if not self.stack.wait_for(lambda: not self.unready(), READY_WITHIN):
            raise AssertionError(f"after {READY_WITHIN:.0f} s these do not work: {self.unready()}")

    def rate(self, seconds: float) -> float:
        """Arrivals a second at healthy endpoints, measured from now on."""
        before, began = self.arrived(), time.monotonic()
        self.stack.wait(seconds)
        return (self.arrived() - before) / (time.monotonic() - began)

    def arrived(self) -> int:
        return sum(self.ledger.arrivals[workspace] for workspace in self.well)

    def is_fed(self, since: float) -> bool:
        """Whether the ingest API has answered every healthy workspace since then, and none queues up for it."""
        lanes = [self.traffic.feeder.lanes[workspace] for workspace in self.well]
        return all(lane.answered_at > since and len(lane.waiting) <= 4 * lane.pace.size for lane in lanes)

    def is_caught_up(self, since: float) -> bool:
        """Whether no healthy endpoint waits for an event that is late, while events come in."""
        return self.is_fed(since) and not self.late()

    def late(self) -> list[Accepted]:
        """What was accepted longer ago than is usual, and has not arrived at its healthy endpoint."""
        return self.ledger.missing(time.monotonic() - self.usual_wait, self.well)

    def learn_usual_wait(self) -> None:
        """A second, or on a busy machine twice what one of a hundred recent events waited."""
        now = time.monotonic()
        recent = delays(self.ledger, self.well, [(now - RECENT, now - RECENT / 3)])
        self.usual_wait = max(LATE, 2 * recent.p99 / 1000) if recent.events else LATE


@contextlib.contextmanager
def _folder(logs: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="happ-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # The database runs as another user.
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            if logs is not None:
                logs.mkdir(parents=True, exist_ok=True)
                for log in folder.glob("*.log"):
                    shutil.copy(log, logs)


def behind(links: Links, stack: Stack) -> Variation:
    """How a worker starts in the namespace: it reaches database and broker by their cables."""
    database = stack.postgres.url.replace(HOST, links.host("database"))
    broker = stack.valkey.url.replace(HOST, links.host("broker"))
    return Variation(links.prefix, {"DATABASE_URL": database, "REDIS_URL": broker})


@contextlib.contextmanager
def scene(seed: int, scale: Scale, *, privileged: bool, logs: Path | None = None) -> Iterator[Scene]:
    """A stage that is gone afterwards. `privileged`: with network namespaces and a small disk, where allowed.

    The processes' logs are kept in the folder `logs`, if given.
    """
    with contextlib.ExitStack() as cleanup:
        folder = cleanup.enter_context(_folder(logs))
        disk = cleanup.enter_context(small_disk(folder / "disk")) if privileged else None
        links = cleanup.enter_context(Links.made()) if privileged else None
        stack = Stack(folder, disk or folder)
        cleanup.callback(stack.close)
        made = Scene(stack, seed, scale, links, disk)
        cleanup.callback(made.traffic.close)
        made.begin()
        yield made
