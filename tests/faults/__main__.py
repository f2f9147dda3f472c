"""The command `./run faults`: kills, freezes and cuts the real stack under traffic, and checks what was promised."""

import argparse
import secrets
import signal
import sys

from config.demo.folder import from_caller
from tests.faults import broker, clock, database, network, processes, report
from tests.faults.campaign import Campaign
from tests.faults.scene import Scale, scene

KINDS = (*processes.KINDS, *broker.KINDS, *database.KINDS, *network.KINDS, *clock.KINDS)


def main() -> int:
    options = arguments()
    # So that mounts, namespaces and processes are gone afterwards.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report.say(f"seed {options.seed}: repeat with ./run faults --seed {options.seed}")
    kinds = [kind for kind in KINDS if not options.only or any(word in kind.name for word in options.only)]
    with scene(options.seed, Scale.of(options.rate), privileged=True, logs=options.logs) as stage:
        campaign = Campaign(stage, options.seed)
        campaign.measure(8)
        stage.sicken()
        campaign.run(kinds, options.minutes * 60)
        campaign.finish()
        tables = [report.faults_table(campaign.tallies.values()), report.delays_table(campaign.measured_delays())]
    text = f"\nSeed {options.seed}.\n\n" + "\n\n".join(tables) + "\n"
    report.say(text)
    if options.markdown:
        options.markdown.write_text(text)
    faults = sum(tally.faults for tally in campaign.tallies.values())
    report.say(f"{faults} faults, {len(campaign.broken)} broken promises")
    for promise in campaign.broken:
        report.say(f"BROKEN {promise}")
    return 1 if campaign.broken else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=13.0, help="how long faults are injected (13)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="repeats the faults of a run")
    parser.add_argument("--rate", type=float, default=220.0, help="events a second at healthy endpoints (220)")
    parser.add_argument("--only", action="append", metavar="WORD", help="only kinds of faults with this word")
    parser.add_argument("--logs", type=from_caller, metavar="DIR", help="keep the logs of all processes there")
    parser.add_argument("--markdown", type=from_caller, metavar="FILE", help="write the tables there, too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
