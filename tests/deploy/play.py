"""The steps, in their order; each says what was measured."""

import sys
import time
from pathlib import Path

from tests.deploy import names, upkeep, watching
from tests.deploy.box import KEPT, Box, do
from tests.deploy.flow import Flow, receiving
from tests.deploy.operator import Installed, first_steps
from tests.processes import CHECKOUT

SHOPS = 10
RATE = 200
UNITS = ("happ-web", "happ-worker@1", "happ-worker@2", "happ-troubled@1", "happ-beat")
#: All that set-up makes, and when each process started.
MADE = "/etc/happ /etc/nginx /etc/systemd /etc/tmpfiles.d /etc/postgresql /opt/happ /usr/local/sbin"
STATE = (
    f"find {MADE} -type f -printf '%p %T@ %m %u\\n' | sort; systemctl show -P ActiveEnterTimestamp {' '.join(UNITS)}"
)


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def set_up(box: Box, broker: str) -> float:
    """Seconds it took."""
    began = time.monotonic()
    site = f"/root/{names.SITE}"
    box.run(
        *("/root/happ/deploy/set-up", names.SITE, "--certificate", f"{site}.pem", "--key", f"{site}.key"),
        *("--broker", broker, "--wheels", "/root/wheels"),
    )
    return time.monotonic() - began


def bring(box: Box, folder: Path) -> None:
    """What an operator copies to the host: a clone, a certificate and, since it is offline, the wheels."""
    home = box.root / "root"
    (home / "happ").mkdir()
    listed = "git ls-files --cached --others --exclude-standard -z | tar --null --files-from=- --create"
    do("sh", "-c", f"cd {CHECKOUT} && {listed} | tar --extract --no-same-owner --directory {home / 'happ'}")
    do("cp", "-r", KEPT / "wheels", *folder.iterdir(), home)


def trust(box: Box) -> None:
    """The receiver's certificate is signed by nobody known."""
    box.run("install", "-D", "-m", "644", "/root/ca.pem", "/etc/happ/ca.pem")
    with (box.root / "etc" / "happ" / "environment").open("a") as settings:
        settings.write("HAPP_CA_BUNDLE=/etc/happ/ca.pem\n")
    box.run("happ-roll")


def play(box: Box, folder: Path, broker: str, seconds: float) -> None:
    names.certified(folder)
    names.known(folder)
    bring(box, folder)
    box.boot()
    names.introduce(box)
    say(f"set up in {set_up(box, broker):.0f} s, with {broker}")
    trust(box)
    set_up(box, broker)
    before = box.run("sh", "-c", STATE)
    again = set_up(box, broker)
    assert box.run("sh", "-c", STATE) == before
    say(f"set up once more in {again:.0f} s: nothing changed")
    watching.watch(box)
    with receiving(folder) as traffic:
        installed, admin = first_steps(box, SHOPS)
        say(f"{SHOPS} shops connected; {RATE} events/s from now on")
        flow = Flow(traffic, installed, RATE)
        end = time.monotonic() + seconds
        rounds = 0
        while rounds == 0 or time.monotonic() < end:
            box.run("happ-roll")
            rounds += 1
        say(f"each of {len(UNITS)} processes restarted, {rounds} times")
        upkeep.upgrade(box, lambda: set_up(box, broker))
        say("a new release set up, and the one before started again")
        upkeep.rotate_encryption_key(box)
        upkeep.rotate_secret_key(box)
        assert admin.is_signed_in()
        say("both keys rotated, nobody signed out")
        say(f"all that time: {flow.account().check()}")
    alarmed(box)
    rebooted(box, folder, installed)


def alarmed(box: Box) -> None:
    accepted = 'sum(happ_accepted_events_total{state="queued"})'
    watching.until(lambda: (watching.value(accepted) or 0) > 0, watching.SCRAPED_WITHIN, "figures in Prometheus")
    say(f"Prometheus counts {watching.value(accepted):.0f} accepted; firing: {sorted(watching.firing())}")
    workers = ("happ-worker@1", "happ-worker@2")
    box.run("systemctl", "stop", *workers)
    fired = watching.until(lambda: "HappNoWorker" in watching.firing(), watching.FIRES_WITHIN, "alert")
    box.run("systemctl", "start", *workers)
    cleared = watching.until(lambda: "HappNoWorker" not in watching.firing(), watching.FIRES_WITHIN, "end of the alert")
    say(f"HappNoWorker fired {fired:.0f} s after the workers stopped, and ended {cleared:.0f} s after they started")


def rebooted(box: Box, folder: Path, installed: Installed) -> None:
    box.stop()
    began = time.monotonic()
    box.boot()
    names.introduce(box)
    with receiving(folder) as traffic:
        flow = Flow(traffic, installed, RATE, first=1_000_000)
        watching.until(lambda: traffic.receiver.ledger.first, 60, "event that arrives")
        took = time.monotonic() - began
        say(f"booted again: the first event arrived {took:.0f} s after; {flow.account().check()}")
