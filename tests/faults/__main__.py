"""The command `./run faults`: kills, freezes and cuts the real stack under traffic, and checks what was promised."""

import argparse
import secrets
import signal
import sys
from collections.abc import Sequence

from config.demo.folder import from_caller
from tests.faults import broker, clock, database, network, processes, report, suites
from tests.faults.campaign import Campaign
from tests.faults.kinds import Kind
from tests.faults.scene import Scale, scene

KINDS = (*processes.KINDS, *broker.KINDS, *database.KINDS, *network.KINDS, *clock.KINDS)


def main() -> int:
    options = arguments(sys.argv[1:])
    # So that mounts, namespaces and processes are gone afterwards.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report.say(f"seed {options.seed}: repeat with ./run faults --seed {options.seed}")
    broken = inject(options) if options.minutes else []
    if not options.only:
        broken += suites.run(options.seed)[1]
    for promise in broken:
        report.say(f"BROKEN {promise}")
    report.say(f"{len(broken)} broken promises")
    return 1 if broken else 0


def inject(options: argparse.Namespace) -> list[str]:
    """The faults; returns a sentence for each promise that did not hold."""
    with scene(options.seed, Scale.of(options.rate), privileged=True, logs=options.logs) as stage:
        campaign = Campaign(stage, options.seed)
        try:
            campaign.measure(8)
            stage.sicken()
            campaign.run(options.kinds, options.minutes * 60)
            campaign.finish()
            campaign.compare_delays()
        finally:
            tell(campaign, options)
    return campaign.broken


def tell(campaign: Campaign, options: argparse.Namespace) -> None:
    """The tables, also of a run that was ended."""
    tables = [report.faults_table(campaign.tallies.values()), report.delays_table(campaign.measured_delays())]
    text = f"\nSeed {options.seed}.\n\n" + "\n\n".join(tables) + "\n"
    report.say(text)
    if options.markdown:
        options.markdown.write_text(text)
    faults = sum(tally.faults for tally in campaign.tallies.values())
    report.say(f"{faults} faults, {len(campaign.broken)} broken promises")


def arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=9.5, help="how long faults are injected (9.5; 0: not at all)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="repeats the faults of a run")
    parser.add_argument("--rate", type=float, default=220.0, help="events a second at healthy endpoints (220)")
    parser.add_argument(
        "--only", action="append", metavar="WORD", help="only kinds of faults with this word, and no other tests"
    )
    parser.add_argument("--logs", type=from_caller, metavar="DIR", help="keep the logs of all processes there")
    parser.add_argument("--markdown", type=from_caller, metavar="FILE", help="write the tables there, too")
    options = parser.parse_args(words)
    for word in options.only or []:
        if not named([word]):
            parser.error(
                f"no kind of fault has {word!r} in its name. There are: {'; '.join(kind.name for kind in KINDS)}"
            )
    options.kinds = named(options.only or [""])
    return options


def named(words: Sequence[str]) -> list[Kind]:
    """The kinds with any of these words in their names."""
    return [kind for kind in KINDS if any(word in kind.name for word in words)]


if __name__ == "__main__":
    sys.exit(main())
